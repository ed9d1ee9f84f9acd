/** Sources that scan are kept out, and nobody else is: with ssh, sshd and ssh-keyscan, whatever moves the bytes. */
import { expect } from "bun:test";
import { connect, type Socket } from "node:net";
import { type ForwarderOptions, residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, isNoEpoll, must, run, scratch, testWith, waitUntil } from "./harness.ts";
import { command, readAll, readBytes, serve } from "./sockets.ts";
import { clients, python } from "./ssh-software/clients.ts";
import { makeKeys } from "./ssh-software/keys.ts";
import { servers, type SshServing } from "./ssh-software/servers.ts";
import { type Sshd, startSshd, user } from "./sshd.ts";

const ways: readonly { readonly name: string; readonly options: ForwarderOptions }[] = [
  { name: isNoEpoll ? "Bun's sockets" : "splice", options: {} },
  ...(isNoEpoll
    ? []
    : [
        { name: "epoll", options: { global: "    nosplice\n" } },
        { name: "noepoll", options: { global: "    noepoll\n" } },
      ]),
];

/** From an address of loopback's own. */
function ssh(sshd: Sshd, from: string, port: number, ...more: string[]): ReturnType<typeof run> {
  return run([...sshd.client, ...more, "-b", from, "-p", String(port), `${user}@127.0.0.1`, "echo in"]);
}

function openFrom(from: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from, allowHalfOpen: true }, () => resolve(socket));
    socket.on("error", reject);
  });
}

/** A source's line, without the time. */
function penaltyOf(shown: string, source: string): string | null {
  const found = new RegExp(`^in ${source.replaceAll(".", "\\.")}/32 [\\d.]+ (.*)$`, "m").exec(shown);
  return found?.[1] ?? null;
}

for (const { name, options } of ways) {
  testWith(["ssh", "ssh-keyscan", "fairlead", "curl"], `${name}: scanners are kept out, logins never`, async () => {
    await using sshd = await startSshd();
    using folder = scratch();
    const admin = folder.file("admin");
    await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.file("other")]);
    const port = await freePort();
    await using forwarder = await startForwarder(
      `frontend in
    bind 127.0.0.1:${port}
    ssh-penalties noauth 1s invalid 1m min 2500ms max 5m exempt 127.0.0.9
    log-format "penalty=%[ssh.penalty] %ci %ts"
    default_backend b
backend b
    server one 127.0.0.1:${sshd.port}
`,
      { ...options, global: `${options.global ?? ""}    stats socket ${admin} level admin\n` },
    );
    const shown = (): Promise<string> => command(admin, "show ssh penalties\n");

    // Who logs in, who holds another key, and who leaves the time to somebody else.
    const logins = await Promise.all(Array.from({ length: 6 }, () => ssh(sshd, "127.0.0.2", port)));
    expect(logins.map(({ stdout }) => stdout)).toEqual(logins.map(() => "in\n"));
    const other = sshd.client.map((word, at) => (sshd.client[at - 1] === "-i" ? folder.file("other") : word));
    const wrong = await Promise.all(
      Array.from({ length: 6 }, () => ssh({ ...sshd, client: other }, "127.0.0.3", port)),
    );
    for (const { code, stderr } of wrong) expect([code, stderr]).toEqual([255, expect.stringContaining("denied")]);
    expect(await shown()).toBe("# frontend source seconds enforced noauth invalid proxy refused\n\n");

    // Who asks for host keys leaves before there are keys, several times.
    await run(["ssh-keyscan", "-p", String(port), "127.0.0.1"]);
    await waitUntil("it is kept out", async () =>
      /^yes [3-9] 0 0 0$/.test(penaltyOf(await shown(), "127.0.0.1") ?? ""),
    );
    await forwarder.line(
      /Frontend in: 127\.0\.0\.1\/32 has a penalty of \d s \(noauth [3-5]\) and is refused until it has passed\.$/,
    );
    const refused = await ssh(sshd, "127.0.0.1", port);
    expect(refused.stderr).toContain(
      ":12: Too many connections from your address have ended without a login. Please try again later.",
    );
    expect(penaltyOf(await shown(), "127.0.0.1")).toMatch(/^yes [3-9] 0 0 1$/);
    expect((await ssh(sshd, "127.0.0.2", port)).stdout).toBe("in\n");

    // Another protocol; one that is exempt; one that only looks.
    for (const from of ["127.0.0.5", "127.0.0.9"]) {
      const client = await openFrom(from, port);
      client.end("GET / HTTP/1.0\r\n\r\n");
      await readAll(client);
    }
    for (let left = 3; left > 0; left--) (await openFrom("127.0.0.6", port)).destroy();
    await waitUntil("all have theirs", async () => {
      const text = await shown();
      return penaltyOf(text, "127.0.0.5") === "yes 0 1 0 0" && penaltyOf(text, "127.0.0.6") === "yes 3 0 0 0";
    });
    expect(await shown()).not.toContain("127.0.0.9");
    expect((await forwarder.page("/metrics")).body).toMatch(
      /^fairlead_ssh_penalties_given_total\{proxy="in",fault="invalid"\} 1$/m,
    );
    const status = JSON.parse((await forwarder.page("/status")).body) as { sshPenalties: readonly object[] };
    expect(status.sshPenalties).toMatchObject([{ frontend: "in", enforced: 3, refused: 1, unnoted: 0 }]);

    expect(await command(admin, "clear ssh penalties 127.0.0.0/30\n")).toBe("\n");
    expect((await ssh(sshd, "127.0.0.1", port)).stdout).toBe("in\n");
    expect(penaltyOf(await shown(), "127.0.0.5")).toBe("yes 0 1 0 0");
    expect(forwarder.process.stdout.text).toMatch(/penalty=0 127\.0\.0\.2 --/);
    expect(forwarder.process.stdout.text).toMatch(/penalty=[12]\d{3} 127\.0\.0\.1 /);
    await forwarder.expectQuiet();
  });
}

const isSoak = process.env["SOAK"] === "1";
/** Every client logs in to every server, where there is time; tinysshd has nothing in common with some. */
const served = isSoak ? Object.keys(servers).filter((name) => name !== "tinysshd") : ["openssh"];
const needed = [...Object.values(clients), ...served.map((name) => servers[name])].flatMap((one) => one?.needs ?? []);

testWith(
  [...new Set([...needed, "ssh-keygen", "puttygen", "dropbearconvert", python, "fairlead", "curl"])],
  "no software that logs in has anything held against it",
  async () => {
    using keys = await makeKeys();
    // asyncssh, paramiko and PuTTY take the most of it, and are for the soak.
    const some = Object.entries(clients).filter(([name]) => isSoak || /^(?:openssh|dbclient|ssh2)/.test(name));
    for (const name of served) {
      await using server = await (servers[name] as SshServing).start(keys);
      const port = await freePort();
      await using forwarder = await startForwarder(
        `listen in\n    bind 127.0.0.1:${port}\n    ssh-penalties\n    server one 127.0.0.1:${server.port}\n`,
      );
      const reached = await Promise.all(
        some.map(async ([client, { reach }]) => [client, await reach(keys, port, 20_000)] as const),
      );
      for (const [client, { output, log }] of reached) {
        expect([name, client, output === "" ? log : "in"]).toEqual([name, client, "in"]);
      }
      await forwarder.expectQuiet();
      const { body } = await forwarder.page("/status");
      const [figures] = (JSON.parse(body) as { sshPenalties: readonly { given: object }[] }).sshPenalties;
      expect([name, figures?.given]).toEqual([name, { noauth: 0, invalid: 0, proxy: 0 }]);
    }
  },
  240_000,
);

/** A PROXY header of version 1. */
function headed(source: string): string {
  return `PROXY TCP4 ${source} 192.0.2.1 40000 22\r\n`;
}

/** A header of version 2 that says LOCAL: its sender speaks for itself. */
const local = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex");

/** Says all of it, and leaves when the server, or we, have. */
async function say(port: number, from: string, ...words: readonly (string | Buffer)[]): Promise<string> {
  const client = await openFrom(from, port);
  client.write(Buffer.concat(words.map((one) => Buffer.from(one))));
  const { bytes } = await readAll(client);
  client.destroy();
  return bytes.toString("latin1");
}

testWith(["fairlead", "curl"], "behind PROXY headers sources are kept out, and forwarders are not", async () => {
  // Says its line, and ends with whatever comes.
  await using server = await serve((socket) => {
    socket.once("data", () => socket.end("SSH-2.0-Server\r\n"));
  });
  using folder = scratch();
  const admin = folder.file("admin");
  const port = await freePort();
  await using forwarder = await startForwarder(
    `frontend in
    bind 127.0.0.1:${port} accept-proxy
    ssh-penalties invalid 20s proxy 8s
    default_backend b
backend b
    server one 127.0.0.1:${server.port}
`,
    { global: `    stats socket ${admin} level admin\n` },
  );
  const shown = (): Promise<string> => command(admin, "show ssh penalties\n");
  const http = "GET / HTTP/1.0\r\n\r\n";

  // The source is kept out, whoever brings it; other sources of the same forwarder are not.
  await say(port, "127.0.0.8", headed("203.0.113.5"), http);
  const refused = await say(port, "127.0.0.7", headed("203.0.113.5"), "SSH-2.0-Client\r\n");
  expect(refused).toContain("Too many connections from your address");
  expect(await say(port, "127.0.0.8", headed("203.0.113.6"), "SSH-2.0-Client\r\n")).toBe("SSH-2.0-Server\r\n");
  expect(penaltyOf(await shown(), "203.0.113.5")).toBe("yes 0 1 0 1");

  // Who sends no header is kept out before it could; not who has sent one of late, nor who only looks.
  for (let left = 2; left > 0; left--) {
    expect(await say(port, "127.0.0.6", "SSH-2.0-Client\r\n")).toBe("");
    expect(await say(port, "127.0.0.8", "SSH-2.0-Client\r\n")).toBe("");
    const looking = await openFrom("127.0.0.5", port);
    looking.end();
    await readAll(looking);
  }
  expect(await say(port, "127.0.0.6", headed("203.0.113.7"), "SSH-2.0-Client\r\n")).toBe("");
  expect(await say(port, "127.0.0.8", headed("203.0.113.7"), "SSH-2.0-Client\r\n")).toBe("SSH-2.0-Server\r\n");
  // Its checks are nobody's scan.
  for (let left = 3; left > 0; left--) await say(port, "127.0.0.8", local, http);
  expect(await say(port, "127.0.0.8", local, "SSH-2.0-Client\r\n")).toBe("SSH-2.0-Server\r\n");
  // All that is known outlives a reload.
  const ended = (): number => forwarder.process.stderr.text.split("Loading success").length;
  const reloads = ended();
  forwarder.process.kill("SIGUSR2");
  await waitUntil("the end of the reload", () => ended() > reloads);
  expect(await say(port, "127.0.0.8", headed("203.0.113.5"), "SSH-2.0-Client\r\n")).toContain("Too many connections");
  const text = await shown();
  expect(penaltyOf(text, "127.0.0.6")).toBe("yes 0 0 2 1");
  expect(text).not.toMatch(/127\.0\.0\.[58]/);
  await forwarder.expectQuiet();
});

function scanner(at: number): string {
  return `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
}

/** As many as a botnet has, where there is time. */
const scanners = isSoak ? 10_000 : 240;

testWith(
  ["fairlead", "curl"],
  "however many sources scan, those who do not are served, in bounded room and time",
  async () => {
    await using server = await serve((socket) => {
      socket.once("data", () => socket.end("SSH-2.0-Server\r\n"));
    });
    using folder = scratch();
    const admin = folder.file("admin");
    const port = await freePort();
    const size = scanners / 4;
    await using forwarder = await startForwarder(
      `frontend in
    bind 127.0.0.1:${port} accept-proxy
    ssh-penalties invalid 1m min 90s size ${size}
    no log
    default_backend b
backend b
    server one 127.0.0.1:${server.port}
`,
      { global: `    stats socket ${admin} level admin\n` },
    );
    /** Three sessions of a scanner's; and one of somebody else's in between, who reads what the server says. */
    const scan = async (at: number): Promise<void> => {
      for (let left = 3; left > 0; left--) await say(port, "127.0.0.8", headed(scanner(at)), "GET / HTTP/1.0\r\n\r\n");
      const innocent = await openFrom("127.0.0.8", port);
      innocent.write(`${headed(`192.168.${at & 255}.${at >> 8}`)}SSH-2.0-Client\r\n`);
      expect((await readBytes(innocent, 16)).toString()).toBe("SSH-2.0-Server\r\n");
      innocent.destroy();
    };
    for (let at = 0; at < 100; at++) await scan(at);
    const before = residentBytes(forwarder.pid);
    let next = 100;
    const begunAt = performance.now();
    const worker = async (): Promise<void> => {
      while (next < scanners) await scan(next++);
    };
    await Promise.all(Array.from({ length: 40 }, worker));
    const perSession = (performance.now() - begunAt) / (4 * (scanners - 100));
    const status = JSON.parse((await forwarder.page("/status")).body) as {
      sshPenalties: readonly { sources: number; refused: number; enforced: number }[];
    };
    // The last to come in have not all come twice.
    const [figures] = status.sshPenalties;
    expect(figures?.sources).toBe(size);
    expect(figures?.enforced).toBeGreaterThan(size / 2);
    expect(perSession).toBeLessThan(20);
    expect(residentBytes(forwarder.pid) - before).toBeLessThan(128 * 1024 * 1024);
    const lines = forwarder.process.stdout.text.split("\n").filter((line) => line.includes("has a penalty of"));
    expect(lines.length).toBeLessThanOrEqual(20);
    await command(admin, "clear ssh penalties\n");
    expect(await command(admin, "show ssh penalties json\n")).toBe("[]\n\n");
    await forwarder.expectQuiet();
    console.log(
      `${scanners} scanners: ${perSession.toFixed(2)} ms a session, ${Math.round((residentBytes(forwarder.pid) - before) / 1024)} KiB more, ${status.sshPenalties[0]?.refused} refused`,
    );
  },
  240_000,
);
