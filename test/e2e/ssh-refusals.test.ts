/** What users of plain `git` and `ssh` read where they are refused, whatever serves them; and who is held up, or kept out. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { certificate } from "../certificates.ts";
import { type ForwarderOptions, startForwarder } from "./forwarder.ts";
import { freePort, isNoEpoll, run, scratch, start, testWith, waitingTestWith, waitUntil } from "./harness.ts";
import { echoServer, open, readAll } from "./sockets.ts";
import { sshThrough, startSshd } from "./sshd.ts";

const needs = ["ssh", "git", "curl", "fairlead"] as const;

/** No user's settings, and nobody to ask. */
const plainSsh = "ssh -F /dev/null -o BatchMode=yes";

/** What git prints when it is told why. */
function refused(port: number, code: number, text: string): string {
  return `Received disconnect from 127.0.0.1 port ${port}:${code}: ${text}
Disconnected from 127.0.0.1 port ${port}
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
`;
}

/** The same through a command, where ssh has no address to name. */
function refusedBehind(code: number, text: string): string {
  return refused(0, code, text).replaceAll("127.0.0.1 port 0", "UNKNOWN port 65535");
}

/** What `git clone` prints. */
async function clone(port: number, folder: string, ssh = plainSsh): Promise<string> {
  const url = `ssh://git@127.0.0.1:${port}/repo.git`;
  const ran = await run(["git", "clone", "-q", url, `${folder}/${port}`], { env: { GIT_SSH_COMMAND: ssh } });
  expect(ran.code).toBe(128);
  return ran.stderr.replaceAll("\r", "");
}

interface Refusal {
  readonly what: string;
  /** Of its frontend, `PORT` being where `held` listens and `FREE` where nobody does. */
  readonly front?: string;
  readonly back?: string;
  readonly code: number;
  readonly text: string;
  readonly letters: string;
}

const refusals: readonly Refusal[] = [
  {
    what: "no-server",
    code: 7,
    text: "No server is available at the moment. Please try again later.",
    letters: "no-server_b/<NOSRV> -1/-1/\\d+ 0 SC",
  },
  {
    what: "drained",
    back: "server one 127.0.0.1:PORT weight 0",
    code: 7,
    text: "No server is available at the moment. Please try again later.",
    letters: "drained_b/<NOSRV> -1/-1/\\d+ 0 SC",
  },
  {
    what: "connect",
    back: "server one 127.0.0.1:FREE",
    code: 7,
    text: "The server cannot be reached at the moment. Please try again later.",
    letters: "connect_b/one \\d+/-1/\\d+ 0 SC",
  },
  {
    what: "queue",
    back: "timeout queue 200ms\n    server one 127.0.0.1:PORT maxconn 1",
    code: 12,
    text: "Too many sessions wait for a server already. Please try again later.",
    letters: "queue_b/<NOSRV> \\d+/-1/\\d+ 0 sQ",
  },
  {
    what: "rule",
    front: "tcp-request content reject if { src 127.0.0.0/8 }",
    code: 11,
    text: "Not allowed: a rule of this service refuses your connection.",
    letters: "rule/<NOSRV> -1/-1/\\d+ 0 PR",
  },
  {
    what: "own-rule",
    front: `tcp-request content ssh-reject "Banned for a day: %[src]" code 2`,
    code: 2,
    text: "Banned for a day: 127.0.0.1",
    letters: "own-rule/<NOSRV> -1/-1/\\d+ 0 PR",
  },
  {
    what: "error",
    front: `ssh-error "%b has no server (%ts)"`,
    back: `ssh-error "not this"`,
    code: 7,
    text: "error_b has no server (SC)",
    letters: "error_b/<NOSRV> -1/-1/\\d+ 0 SC",
  },
];

const ways: readonly { readonly name: string; readonly options: ForwarderOptions }[] = [
  { name: isNoEpoll ? "Bun's sockets" : "splice", options: {} },
  ...(isNoEpoll
    ? []
    : [
        { name: "epoll", options: { global: "    nosplice\n" } },
        { name: "noepoll", options: { global: "    noepoll\n" } },
      ]),
];

for (const { name, options } of ways) {
  testWith([...needs], `${name}: git prints why it is refused`, async () => {
    // Has its one session for as long as it runs.
    await using held = await echoServer();
    using folder = scratch();
    const free = await freePort();
    const rows = await Promise.all(refusals.map(async (one) => ({ ...one, port: await freePort() })));
    const sections = rows.map(({ what, front = "", back = "", port }) => {
      const text = `frontend ${what}
    bind 127.0.0.1:${port}
    option sshlog
    retries 0
    ${front}
    default_backend ${what}_b
backend ${what}_b
    retries 0
    ${back}
`;
      return text.replaceAll("PORT", String(held.port)).replaceAll("FREE", String(free));
    });
    const [silent, session] = [await freePort(), await freePort()];
    sections.push(`listen silent\n    bind 127.0.0.1:${silent}\n    option ssh\n    no ssh-error\n`);
    sections.push(`listen session\n    bind 127.0.0.1:${session}\n    tcp-request session ssh-reject "no session"\n`);
    await using forwarder = await startForwarder(sections.join(""), options);
    const first = await open(rows.find(({ what }) => what === "queue")?.port ?? 0);
    await waitUntil("it has the server", async () => (await forwarder.sessions()) === 1);
    const printed = await Promise.all(rows.map(({ port }) => clone(port, folder.path)));
    expect(printed).toEqual(rows.map(({ port, code, text }) => refused(port, code, text)));
    for (const { letters } of rows) await forwarder.line(new RegExp(` ${letters} `));
    // By the time that it has waited for a server it has told who it is; where its bytes are read then, its line tells, too.
    const readsThen = !isNoEpoll && name !== "noepoll";
    if (readsThen) await forwarder.line(/ queue_b\/<NOSRV> .* "SSH-2\.0-OpenSSH_[^"]+" "" /);
    expect(await clone(session, folder.path)).toBe(refused(session, 11, "no session"));
    expect(await clone(silent, folder.path)).toStartWith("kex_exchange_identification: ");
    first.destroy();
    await forwarder.expectQuiet();
  });

  testWith([...needs, "socat", "openssl"], `${name}: also behind a PROXY header, and over TLS`, async () => {
    using folder = scratch();
    const [proxied, secured] = [await freePort(), await freePort()];
    const { bothFile } = certificate({ subject: "/CN=ssh.test", names: "DNS:ssh.test" });
    await using forwarder = await startForwarder(
      `listen proxied
    bind 127.0.0.1:${proxied} accept-proxy
    ssh-error "not for %[src]"
listen secured
    bind 127.0.0.1:${secured} ssl crt ${bothFile}
    ssh-error "no server over %[ssl_fc_protocol]"
`,
      options,
    );
    const through = (words: string): Promise<string> => {
      // OpenSSH puts `exec` before a ProxyCommand.
      writeFileSync(folder.file("way"), words);
      return clone(proxied, folder.path, `${plainSsh} -o ProxyCommand="sh ${folder.file("way")}"`);
    };
    const header = "printf 'PROXY TCP4 192.0.2.7 127.0.0.1 1 22\\r\\n'";
    expect(await through(`{ ${header}; exec cat; } | socat -t 5 STDIO TCP:127.0.0.1:${proxied}`)).toBe(
      refusedBehind(7, "not for 192.0.2.7"),
    );
    expect(await through(`openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:${secured} 2>/dev/null`)).toBe(
      refusedBehind(7, "no server over TLSv1.3"),
    );
    await forwarder.expectQuiet();
  });
}

testWith([...needs, "sshd"], "only SSH is let through, and ssh is", async () => {
  await using sshd = await startSshd();
  const port = await freePort();
  await using forwarder = await startForwarder(`listen ssh
    bind 127.0.0.1:${port}
    option ssh-require
    server one 127.0.0.1:${sshd.port}
`);
  const foreign = await open(port);
  foreign.write("GET / HTTP/1.1\r\n\r\n");
  expect((await readAll(foreign)).bytes.toString()).toBe("");
  await forwarder.line(/ ssh ssh\/(?:one|<NOSRV>) \S+ 0 PR /);
  expect(await sshThrough(sshd, "127.0.0.1", port, "echo through")).toBe("through\n");
  // Nor has it seen anybody else.
  expect(sshd.log()).not.toMatch(/Bad protocol|banner exchange/);
  await forwarder.expectQuiet();
});

waitingTestWith([...needs], "who is held up sees lines and never an identification, until a stop", async () => {
  const [port, content] = [await freePort(), await freePort()];
  await using forwarder = await startForwarder(`listen pit
    bind 127.0.0.1:${port}
    tcp-request connection ssh-tarpit
listen content
    bind 127.0.0.1:${content}
    tcp-request content ssh-tarpit
`);
  await using client = start(wordySsh(port));
  await using other = start(wordySsh(content));
  for (const one of [client, other])
    await one.stderr.find(/kex_exchange_identification: banner line 0: [0-9a-f]{3,30}\r?$/);
  await forwarder.line(/ content content\/<NOSRV> -1\/-1\/\d+ 0 PR /);
  expect(await forwarder.sessions()).toBe(0);
  other.kill("SIGKILL");
  forwarder.process.kill("SIGUSR1");
  expect([await client.exited, await forwarder.process.exited]).toEqual([255, 0]);
  expect(client.stderr.text).not.toContain("Remote protocol version");
});

/** One that says all it sees. */
function wordySsh(port: number): string[] {
  return `${plainSsh} -v -p ${port} 127.0.0.1`.split(" ");
}

/** A client that says who it is, keeps its side open, and tells what it got once the other side has finished. */
function lingerer(port: number): { readonly got: Promise<string>; readonly leave: () => void } {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.write("SSH-2.0-lingerer\r\n");
  let text = "";
  const got = new Promise<string>((resolve) => {
    socket.on("data", (bytes) => (text += bytes.toString("latin1")));
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
    socket.on("end", () => resolve(text));
  });
  return { got, leave: () => void socket.destroy() };
}

waitingTestWith([...needs], "of 600 refused at once 512 are told", async () => {
  const port = await freePort();
  await using forwarder = await startForwarder(
    `listen none\n    bind 127.0.0.1:${port} backlog 1024\n    ssh-error "come later"\n`,
  );
  const all = Array.from({ length: 600 }, () => lingerer(port));
  const got = await Promise.all(all.map((one) => one.got));
  expect(got.filter((one) => one.includes("come later")).length).toBe(512);
  expect(got.filter((one) => one === "").length).toBe(88);
  expect(await forwarder.sessions()).toBe(0);
  for (const one of all) one.leave();
  await forwarder.expectQuiet();
});

waitingTestWith(
  [...needs],
  "a reload leaves those who read in peace, and a soft stop waits for them no longer than they may take",
  async () => {
    const port = await freePort();
    await using forwarder = await startForwarder(`listen none\n    bind 127.0.0.1:${port}\n    option ssh\n`);
    const one = lingerer(port);
    expect(await one.got).toContain("No server is available");
    forwarder.process.kill("SIGUSR2");
    await forwarder.process.stderr.find(/Loading success/);
    const before = performance.now();
    forwarder.process.kill("SIGUSR1");
    expect(await forwarder.process.exited).toBe(0);
    expect(performance.now() - before).toBeWithin(1000, 10_000);
    one.leave();
  },
);
