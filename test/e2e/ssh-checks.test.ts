/** `option ssh-check` with real servers and made-up ones: what they log of it, what they are asked, and what becomes of them. */
import { describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { formatSshDisconnect } from "../../src/wire/ssh/disconnect.ts";
import { kexInitPacket } from "../unit/proxy/check/ssh/ssh-scene.ts";
import { certificate } from "../certificates.ts";
import { type Forwarder, type ForwarderOptions, startForwarder } from "./forwarder.ts";
import { commandPath, freePort, freePorts, run, scratch, testWith, waitingTestWith, waitUntil } from "./harness.ts";
import { command, open, readAll, serve, type TestServer } from "./sockets.ts";
import { makeKeys } from "./ssh-software/keys.ts";
import { servers as serversOfSsh, type SshServer } from "./ssh-software/servers.ts";
import { startSshd } from "./sshd.ts";

const isSoak = process.env["SOAK"] === "1";
const isPortable = process.env["FORWARDER"]?.endsWith(".mjs") === true;
// Other runtimes take their time to start: one after the other.
const declare = isPortable ? testWith : waitingTestWith;
const line = "SSH-2.0-made_up_1.0";
const farewells = ["checked by fairlead", "seen"].map((words) => Buffer.from(formatSshDisconnect(11, words)));

interface Watched extends AsyncDisposable {
  readonly forwarder: Forwarder;
  /** One server's columns of `show stat`. */
  row(backend: string): Promise<Readonly<Record<string, string>>>;
  ask(text: string): Promise<string>;
  /** Resolves once that server's columns are so. */
  until(backend: string, wanted: Readonly<Record<string, string>>): Promise<void>;
}

async function watch(sections: string, options: ForwarderOptions = {}): Promise<Watched> {
  const folder = scratch();
  const socket = folder.file("admin");
  const global = `    stats socket ${socket} level admin\n${options.global ?? ""}`;
  const forwarder = await startForwarder(sections, { ...options, global });
  const ask = (text: string): Promise<string> => command(socket, `${text}\n`);
  async function row(backend: string): Promise<Record<string, string>> {
    const [heads = "", ...rows] = (await ask("show stat")).split("\n");
    const names = heads.slice(2).split(",");
    const found = rows.map((one) => one.split(",")).find(([proxy, name]) => proxy === backend && name === "s");
    // A star says that a check is under way.
    return Object.fromEntries(names.map((name, at) => [name, (found?.[at] ?? "").replace(/^\* /, "")]));
  }
  return {
    forwarder,
    row,
    ask,
    until: (backend, wanted) =>
      waitUntil(`${backend} is ${JSON.stringify(wanted)}`, async () => {
        const columns = await row(backend);
        if (Object.entries(wanted).every(([name, value]) => columns[name] === value)) return true;
        throw new Error(JSON.stringify(columns));
      }).then(() => undefined),
    async [Symbol.asyncDispose]() {
      await forwarder[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Greets, says the rest to whoever has identified itself, and closes behind a DISCONNECT, as sshd does. */
async function madeUp(say: () => { readonly greeting: string; readonly rest?: string; readonly afterMs?: number }) {
  const server = await serve((socket) => {
    const { greeting, rest = kexInitPacket(), afterMs = 0 } = say();
    let got = Buffer.alloc(0);
    setTimeout(() => socket.write(greeting, "latin1"), afterMs);
    socket.on("data", (data: Buffer) => {
      if (got.length === 0) setTimeout(() => socket.write(rest, "latin1"), afterMs);
      got = Buffer.concat([got, data]);
      if (farewells.some((one) => got.includes(one))) socket.end();
    });
    socket.on("end", () => socket.end());
  });
  return server;
}

/** A client that learns what a server offers and goes, as a check does. */
async function visit(port: number): Promise<void> {
  const socket = await open(port);
  const ended = readAll(socket);
  socket.write("SSH-2.0-visitor\r\n");
  socket.write(formatSshDisconnect(11, "seen"));
  await ended;
  socket.destroy();
}

async function sshdVersion(): Promise<string> {
  return (
    /OpenSSH_\S+?(?=[,\s])/.exec((await run([commandPath("sshd"), "-V"])).stderr)?.[0] ?? "an OpenSSH of some version"
  );
}

const levels = ["INFO", "VERBOSE", "ERROR"] as const;

/** What OpenSSH 9.2 and 10.0 log of whoever identifies itself and leaves with a DISCONNECT. */
function leaving(level: (typeof levels)[number], words: string): string[] {
  if (level === "ERROR") return [];
  const goodbye = [
    `Received disconnect from 127.0.0.1:11: ${words} [preauth]`,
    "Disconnected from 127.0.0.1 [preauth]",
  ];
  return level === "INFO" ? goodbye : ['Connection from 127.0.0.1 on 127.0.0.1 rdomain ""', ...goodbye];
}

/** The log without what differs each time, and without penalties that are not enforced (OpenSSH from 9.8 on, VERBOSE). */
function linesOf(log: string): string[] {
  const lines = log.split("\n").filter((one) => one !== "" && !one.startsWith("srclimit_penalise:"));
  return lines.map((one) => one.replaceAll(/ port \d+/g, "").trimEnd());
}

const quietNeeds = ["fairlead", "sshd"];

declare(quietNeeds, "sshd logs no line of a check but a probe's farewell, and none at level ERROR", async () => {
  console.log(`sshd of ${await sshdVersion()}`);
  await using info = await startSshd({ logLevel: "INFO" });
  await using verbose = await startSshd({ logLevel: "VERBOSE" });
  await using error = await startSshd({ logLevel: "ERROR" });
  const servers = { INFO: info, VERBOSE: verbose, ERROR: error };
  const ports = await freePorts(3);
  const sections = levels.map(
    (level, at) => `listen ${level}
    bind 127.0.0.1:${ports[at]}
    option ssh-check
    timeout check 10s
    server s 127.0.0.1:${servers[level].port} check inter ${level === "ERROR" ? "50ms" : "1s"} fall 2
`,
  );
  await using watched = await watch(sections.join(""));
  for (const level of levels) await watched.until(level, { status: "UP", check_status: "L7OK" });
  // Plain connects follow each second, twenty each where nothing at all may be logged; and what clients are told takes no time.
  let visits = 0;
  await waitUntil("checks by what clients are told", async () => {
    await Promise.all(ports.map((port) => visit(port)));
    visits += 1;
    const rows = await Promise.all(levels.map((level) => watched.row(level)));
    return rows.every((row) => row["check_duration"] === "0");
  });
  for (const level of levels.slice(0, 2)) {
    await waitUntil(`the log of probes and ${visits} visits at ${level}`, () => {
      // One probe, and more where connects are seen, or time is short.
      const probes = Math.max(1, servers[level].log().split("checked by fairlead").length - 1);
      const all = [...Array<string>(probes).fill("checked by fairlead"), ...Array<string>(visits).fill("seen")];
      const wanted = all.flatMap((words) => leaving(level, words)).toSorted();
      expect(linesOf(servers[level].log()).toSorted()).toEqual(wanted);
      return true;
    });
    expect((await watched.row(level))["last_chk"]).toMatch(/^SSH-2\.0-OpenSSH_/);
  }
  await info[Symbol.asyncDispose]();
  await watched.until("INFO", { status: "DOWN", check_status: "L4CON", last_chk: "Connection refused" });
  expect(servers.ERROR.log()).toBe("");
});

if (isSoak)
  declare(
    quietNeeds,
    "ten minutes of checks once a second leave no line at level ERROR",
    async () => {
      console.log(`sshd of ${await sshdVersion()}`);
      await using sshd = await startSshd({ logLevel: "ERROR" });
      await using watched = await watch(`backend b
    option ssh-check
    timeout check 10s
    server s 127.0.0.1:${sshd.port} check inter 1s
`);
      for (let minute = 0; minute < 10; minute++) {
        await Bun.sleep(60_000);
        const { check_status: last, chkdown } = await watched.row("b");
        expect([last, chkdown]).toEqual(["L7OK", "0"]);
        expect(sshd.log()).toBe("");
      }
    },
    700_000,
  );

declare(quietNeeds, "reloads in the middle of probes leave no line at level ERROR, and servers stay up", async () => {
  await using sshd = await startSshd({ logLevel: "ERROR" });
  const options = { global: "    spread-checks 0\n" };
  await using watched = await watch(
    `backend b\n    option ssh-check\n    server s 127.0.0.1:${sshd.port} check inter 1000ms fall 1 rise 1\n`,
    options,
  );
  const { forwarder, until } = watched;
  const text = readFileSync(forwarder.file, "utf8");
  for (let reload = 0; reload < 8; reload++) {
    // Another interval is another check, whose predecessor is given up.
    writeFileSync(forwarder.file, text.replace("1000ms", `${1001 + reload}ms`));
    forwarder.process.kill("SIGUSR2");
    await Bun.sleep(60 + 15 * reload);
  }
  writeFileSync(forwarder.file, text.replace("option ssh-check", "option ssh-check\n    ssh-check expect ! ident ."));
  forwarder.process.kill("SIGUSR2");
  await until("b", { status: "DOWN", check_status: "L7STS" });
  writeFileSync(forwarder.file, text);
  forwarder.process.kill("SIGUSR2");
  await until("b", { status: "UP", check_status: "L7OK" });
  expect(sshd.log()).toBe("");
});

/** As sshd does: a second for each, which pass with time. */
async function penalisingServer() {
  let until = 0;
  let most = 0;
  let isRefusing = false;
  const server = await madeUp(() => {
    if (isRefusing) return { greeting: "Not allowed at this time\r\n", rest: "" };
    const now = performance.now();
    until = Math.max(now, until) + 1000;
    most = Math.max(most, until - now);
    return { greeting: `${line}\r\n` };
  });
  return { server, most: () => most, refuse: () => (isRefusing = true) };
}

const checkedOften = ({ port }: TestServer, words: string): string =>
  `backend b\n    option log-health-checks\n    option ssh-check\n    timeout check 5s\n${words}    server s 127.0.0.1:${port} check inter 20ms rise 100 fall 100\n`;

describe("a server that penalises whoever does not log in", () => {
  declare(["fairlead"], "never has a reason to, however often it is to be checked", async () => {
    const { server, most } = await penalisingServer();
    await using _ = server;
    // It falls all the time, so each check would probe it.
    await using watched = await watch(checkedOften(server, "    ssh-check expect ! ident .\n"));
    await waitUntil("three visits", () => server.connections.length >= 3);
    expect(most()).toBeLessThan(1100);
    expect(await watched.row("b")).toMatchObject({ check_status: "L7STS" });
  });

  declare(["fairlead"], "is not dead, but told to refuse us", async () => {
    const { server, refuse } = await penalisingServer();
    await using _ = server;
    refuse();
    await using watched = await watch(checkedOften(server, ""));
    await watched.until("b", { check_status: "L7OKC" });
    await Bun.sleep(200);
    const row = await watched.row("b");
    expect(row).toMatchObject({ check_status: "L7OKC", chkfail: "0", check_health: "100" });
    expect([row["status"], row["last_chk"]]).toEqual([
      expect.stringMatching(/^UP/),
      "Not allowed at this time: the server penalises this address (PerSourcePenalties)",
    ]);
    const told = watched.forwarder.process.stdout.text.match(/^Health check.*$/gm);
    expect(told).toEqual([
      expect.stringMatching(/^Health check for server b\/s conditionally succeeded, .*: "Not allowed/),
    ]);
  });
});

declare(
  ["fairlead"],
  "a slow server counts for half its weight until it is not slow, by probes and by clients",
  async () => {
    let afterMs = 1200;
    await using server = await madeUp(() => ({ greeting: `${line}\r\n`, afterMs }));
    const port = await freePort();
    await using watched = await watch(`listen l
    bind 127.0.0.1:${port}
    option ssh-check
    ssh-check slow 1s
    server s 127.0.0.1:${server.port} weight 10 check inter 2s
`);
    const { until, forwarder } = watched;
    await until("l", { status: "UP", weight: "5", throttle: "50" });
    expect((await watched.row("l"))["last_chk"]).toMatch(/^SSH-2\.0-made_up_1\.0 \(slow: \d{4} ms\)$/);
    expect((await forwarder.page("/status")).body).toContain(" ms to identify itself");
    afterMs = 0;
    await waitUntil("visits show that it is quick", async () => {
      await visit(port);
      return (await watched.row("l"))["throttle"] === "";
    });
    await until("l", { weight: "10", throttle: "", last_chk: line });
    const told = forwarder.process.stdout.text.match(/^Server l\/s .*slow.*$/gm);
    expect(told).toEqual([
      expect.stringMatching(
        /^Server l\/s is slow: it takes \d{4} ms to identify itself \(ssh-check slow 1000 ms\), and half its weight counts\.$/,
      ),
      expect.stringMatching(/^Server l\/s is not slow any more: it takes \d+ ms to identify itself\.$/),
    ]);
  },
);

declare([...quietNeeds, "openssl"], "checks go where and how lines say, and are told in HAProxy's words", async () => {
  await using sshd = await startSshd({ logLevel: "VERBOSE" });
  await using mail = await serve((socket) => void socket.end("220 mail\r\n"));
  await using deaf = await serve((socket) => void socket.on("end", () => socket.end()).resume());
  const [tls, proxied, closed] = (await freePorts(3)) as [number, number, number];
  const pem = certificate({ subject: "/CN=ssh.test" }).bothFile;
  const to = `127.0.0.1:${sshd.port}`;
  const backends: readonly (readonly [
    name: string,
    server: string,
    wanted: readonly [string, string, string],
    lines?: string,
  ])[] = [
    ["plain", `${to} check`, ["UP", "L7OK", "SSH-2.0-OpenSSH"]],
    ["tls", `127.0.0.1:${tls} check check-ssl verify none`, ["UP", "L7OK", "SSH-2.0-OpenSSH"]],
    ["clear", `127.0.0.1:${tls} check`, ["DOWN", "L7RSP", "no SSH identification"]],
    ["wrong-tls", `${to} check check-ssl verify none`, ["DOWN", "L6RSP", "SSL handshake failure"]],
    ["header", `127.0.0.1:${proxied} check check-send-proxy`, ["UP", "L7OK", "SSH-2.0-OpenSSH"]],
    ["header2", `127.0.0.1:${proxied} send-proxy-v2 check`, ["UP", "L7OK", "SSH-2.0-OpenSSH"]],
    ["no-header", `127.0.0.1:${proxied} check`, ["DOWN", "SOCKERR", "Connection reset by peer"]],
    ["one-too-many", `${to} check check-send-proxy`, ["DOWN", "L7RSP", "PROXY header is missing or one too many"]],
    ["port", `127.0.0.1:${closed} check port ${sshd.port}`, ["UP", "L7OK", "SSH-2.0-OpenSSH"]],
    ["addr", `192.0.2.1:${sshd.port} check addr 127.0.0.1`, ["UP", "L7OK", "SSH-2.0-OpenSSH"]],
    ["source", `${to} source 127.0.0.77 check`, ["UP", "L7OK", "SSH-2.0-OpenSSH"]],
    ["tracking", `127.0.0.1:${closed} track closed/s`, ["DOWN", "", ""]],
    ["closed", `127.0.0.1:${closed} check`, ["DOWN", "L4CON", "Connection refused"]],
    ["mail", `127.0.0.1:${mail.port} check`, ["DOWN", "L7RSP", "no SSH identification: 220 mail"]],
    [
      "deaf",
      `127.0.0.1:${deaf.port} check`,
      ["DOWN", "L7TOUT", "waiting for its SSH identification"],
      "timeout check 100ms",
    ],
    [
      "cipher",
      `${to} check`,
      ["DOWN", "L7STS", "expect ! cipher '^aes': the server lists aes"],
      "ssh-check expect ! cipher ^aes",
    ],
    ["good", `${to} check`, ["UP", "L7OK", "SSH-2.0-OpenSSH"], "ssh-check expect mac ^hmac-sha2"],
  ];
  const sections = backends.map(
    ([name, server, , lines]) => `backend ${name}
    option ssh-check
    ${lines ?? ""}
    server s ${server} inter 300ms rise 1
`,
  );
  await using watched = await watch(`listen front-tls
    bind 127.0.0.1:${tls} ssl crt ${pem}
    server s ${to}
listen front-proxy
    bind 127.0.0.1:${proxied} accept-proxy
    server s ${to}
${sections.join("")}`);
  for (const [name, , [status, check, said]] of backends) {
    await waitUntil(`${name} is ${status}`, async () => {
      const row = await watched.row(name);
      const found = [row["status"]?.replace(/ .*/, ""), row["check_status"], row["last_chk"]];
      expect(found).toEqual([status, check, expect.stringContaining(said)]);
      return true;
    });
  }
  expect(sshd.log()).toContain("Connection from 127.0.0.77 ");
  // An operator's word holds until the next check, and longer where there is none.
  await watched.ask("disable health good/s");
  await watched.ask("set server good/s health down");
  await watched.until("good", { status: "DOWN" });
  await watched.ask("enable health good/s");
  await watched.until("good", { status: "UP" });
});

const others = ["dropbear", "tinysshd", "asyncssh", "ssh2"] as const;

declare(
  ["fairlead", ...others.flatMap((name) => serversOfSsh[name]?.needs ?? [])],
  "servers of other software pass, and take a farewell for one",
  async () => {
    using keys = await makeKeys();
    await using stack = new AsyncDisposableStack();
    const started = await Promise.all(
      others.map(async (name) => [name, stack.use((await serversOfSsh[name]?.start(keys)) as SshServer)] as const),
    );
    const sections = started.map(
      ([name, { port }]) => `backend ${name}\n    option ssh-check\n    server s 127.0.0.1:${port} check\n`,
    );
    await using watched = await watch(sections.join(""));
    for (const [name] of started) await watched.until(name, { status: "UP", check_status: "L7OK", check_health: "4" });
    const logs = new Map(started.map(([name, server]) => [name, server]));
    await waitUntil("dropbear has read it", () => logs.get("dropbear")?.log().includes("Disconnect received") === true);
  },
);

// Other runtimes cannot change the root folder.
if (!isPortable)
  declare(["fairlead", "root"], "a worker without rights in an empty folder checks as well", async () => {
    await using server = await madeUp(() => ({ greeting: `${line}\r\n` }));
    using jail = scratch();
    const global = `    user nobody\n    group nogroup\n    chroot ${jail.path}\n`;
    await using watched = await watch(
      `backend b\n    option ssh-check\n    server s 127.0.0.1:${server.port} check\n`,
      {
        global,
        arguments: ["-W"],
      },
    );
    await watched.until("b", { status: "UP", check_status: "L7OK", last_chk: line });
  });
