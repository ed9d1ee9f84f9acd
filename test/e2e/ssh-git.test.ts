/** What git prints where it is refused, held up or turned away for maintenance, on every way that a session may go. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { certificate } from "../certificates.ts";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import { freePorts, run, scratch, testWith, waitUntil } from "./harness.ts";
import { command, open } from "./sockets.ts";
import { startSshd, type Sshd, user } from "./sshd.ts";

/** A way to be refused, and what is read of it: code and text of the disconnect, or null where nothing is told. */
interface Case {
  readonly name: string;
  /** Lines of the section that listens. */
  readonly lines: string;
  readonly read: string | null;
}

const noServer = "7: No server is available at the moment. Please try again later.";
const byRule = "11: Not allowed: a rule of this service refuses your connection.";

/** `SSHD` and `GONE` stand for ports: of a server, and of nobody. */
const cases: readonly Case[] = [
  { name: "down", lines: "server one 127.0.0.1:SSHD disabled", read: noServer },
  { name: "empty", lines: "", read: noServer },
  { name: "drained", lines: "server one 127.0.0.1:SSHD", read: noServer },
  {
    name: "unreachable",
    lines: "retries 0\n    server one 127.0.0.1:GONE send-proxy",
    read: "7: The server cannot be reached at the moment. Please try again later.",
  },
  {
    name: "queued",
    lines: "timeout queue 200ms\n    server one 127.0.0.1:SSHD maxconn 1",
    read: "12: Too many sessions wait for a server already. Please try again later.",
  },
  { name: "content", lines: "tcp-request content reject\n    server one 127.0.0.1:SSHD", read: byRule },
  { name: "session", lines: "tcp-request session reject\n    server one 127.0.0.1:SSHD", read: byRule },
  {
    name: "by-software",
    lines: `tcp-request inspect-delay 5s
    tcp-request content ssh-reject "%[ssh.client.software] may not come here" code 12 if { ssh.client.software OpenSSH }
    server one 127.0.0.1:SSHD`,
    read: "12: OpenSSH may not come here",
  },
  {
    name: "banned",
    lines: `tcp-request session ssh-reject "Banned: ask %[str(admin@example.com)]"\n    server one 127.0.0.1:SSHD`,
    read: "11: Banned: ask admin@example.com",
  },
  {
    name: "told",
    lines: `ssh-error "%f is closed, %[str(100)]%%"\n    server one 127.0.0.1:SSHD disabled`,
    read: "7: told is closed, 100%",
  },
  { name: "maintained", lines: "server one 127.0.0.1:SSHD", read: '7: back at "14:00"; see the wiki' },
  { name: "silent", lines: "no ssh-error\n    server one 127.0.0.1:SSHD disabled", read: null },
  {
    name: "tarpitted",
    lines: "timeout tarpit 500ms\n    tcp-request content ssh-tarpit\n    server one 127.0.0.1:SSHD",
    read: null,
  },
];

/** How sessions come: by a forwarder in front, which knows nothing of SSH. */
interface Way {
  readonly how: string;
  /** What its server's address and options are, and what the section listens on: `PATH` and `PORT` are its own. */
  readonly front: string;
  readonly bind: string;
}

const { bothFile } = certificate({ subject: "/CN=localhost" });

const ways: readonly Way[] = [
  {
    how: "over TLS behind PROXY",
    front: "127.0.0.1:PORT ssl verify none send-proxy-v2",
    bind: `127.0.0.1:PORT ssl crt ${bothFile} accept-proxy`,
  },
  ...(process.env["SOAK"] === "1"
    ? [{ how: "through unix sockets", front: "unix@PATH send-proxy", bind: "unix@PATH accept-proxy" }]
    : []),
];

async function configuration(way: Way, sshd: Sshd, ports: readonly number[], folder: string): Promise<string> {
  const [inner, [gone = 0]] = [await freePorts(cases.length), await freePorts(1)];
  const sections = cases.map(({ name, lines }, index) => {
    const own = (words: string): string =>
      words.replaceAll("PORT", String(inner[index])).replaceAll("PATH", `${folder}/${name}.sock`);
    return `listen front-${name}
    bind 127.0.0.1:${ports[index]}
    server next ${own(way.front)}
listen ${name}
    bind ${own(way.bind)}
    option ssh
    ${lines}
`;
  });
  return sections.join("").replaceAll("SSHD", String(sshd.port)).replaceAll("GONE", String(gone));
}

/** OpenSSH's own words, which are not kept from the user as the tests' other clients keep them. */
function loud(sshd: Sshd): string {
  return sshd.client.map((word) => word.replace("LogLevel=ERROR", "LogLevel=INFO")).join(" ");
}

const closed = "Connection closed by remote host";

/** What `git clone` prints, without the port and the folder. */
async function clone(sshd: Sshd, port: number, folder: string): Promise<string> {
  const url = `ssh://${user}@127.0.0.1:${port}/repository.git`;
  const ran = await run(["git", "clone", url, folder], { env: { GIT_SSH_COMMAND: loud(sshd) }, timeoutMs: 30_000 });
  expect(ran.code).toBe(128);
  const text = ran.stderr.replaceAll(`port ${port}`, "port N").replace(folder, "FOLDER").replaceAll("\r", "");
  // Whoever is told nothing may see a reset: what it has sent is not read.
  return text
    .replace("read: Connection reset by peer", closed)
    .replace("Connection reset by 1", "Connection closed by 1");
}

const giveUp = `fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
`;

function printed(read: string | null): string {
  const told =
    read === null
      ? `kex_exchange_identification: ${closed}\nConnection closed by 127.0.0.1 port N\n`
      : `Received disconnect from 127.0.0.1 port N:${read}\nDisconnected from 127.0.0.1 port N\n`;
  return `Cloning into 'FOLDER'...\n${told}${giveUp}`;
}

/** A session that keeps the only place at a server. */
async function occupy(forwarder: Forwarder, port: number): Promise<Disposable> {
  const held = await open(port);
  await waitUntil("the place is taken", async () =>
    / ?haproxy_server_current_sessions\{proxy="queued",server="one"\} 1/.test((await forwarder.page("/metrics")).body),
  );
  return { [Symbol.dispose]: () => held.destroy() };
}

for (const way of ways) {
  testWith(
    ["fairlead", "sshd", "ssh", "git", "curl", "openssl"],
    `${way.how}: git prints why it is refused`,
    async () => {
      await using sshd = await startSshd();
      using folder = scratch();
      const admin = folder.file("admin");
      const ports = await freePorts(cases.length);
      const text = await configuration(way, sshd, ports, folder.path);
      await using forwarder = await startForwarder(text, { global: `    stats socket ${admin} level admin\n` });
      await command(admin, "set server drained/one state drain\n");
      await command(admin, 'set maintenance maintained on "back at \\"14:00\\"\\; see the wiki"\n');
      {
        using _place = await occupy(forwarder, ports[cases.findIndex(({ name }) => name === "queued")] ?? 0);
        const got = await Promise.all(
          cases.map(async ({ name }, index) => [name, await clone(sshd, ports[index] ?? 0, folder.file(name))]),
        );
        expect(Object.fromEntries(got)).toEqual(
          Object.fromEntries(cases.map(({ name, read }) => [name, printed(read)])),
        );
      }
      await forwarder.expectQuiet();
    },
  );
}

function loads({ process }: Forwarder): number {
  return process.stderr.all.filter((line) => line.includes("Loading success")).length;
}

testWith(["fairlead", "ssh", "git", "curl"], "git is told why while the file is read again and again", async () => {
  const [port = 0] = await freePorts(1);
  await using forwarder = await startForwarder(`listen told\n    bind 127.0.0.1:${port}\n    ssh-error "come back"\n`);
  const ssh = "ssh -F /dev/null -o BatchMode=yes";
  const ask = () => run(["git", "ls-remote", `ssh://127.0.0.1:${port}/x`], { env: { GIT_SSH_COMMAND: ssh } });
  const got: Awaited<ReturnType<typeof ask>>[] = [];
  const progress = { reloads: 0 };
  const users = Array.from({ length: 3 }, async () => {
    while (progress.reloads < 3 && got.length < 100) got.push(await ask());
  });
  for (; progress.reloads < 3; progress.reloads++) {
    writeFileSync(forwarder.file, `${readFileSync(forwarder.file, "utf8")}# ${progress.reloads}\n`);
    forwarder.process.kill("SIGUSR2");
    await waitUntil("it is read", () => loads(forwarder) === progress.reloads + 1);
  }
  await Promise.all(users);
  expect(got.length).toBeGreaterThan(3);
  for (const { stderr } of got) expect(stderr).toContain(`port ${port}:7: come back\r\n`);
  await forwarder.expectQuiet();
});
