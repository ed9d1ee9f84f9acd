/**
 * Bursts of sessions at a server that refuses at random whoever comes while many log in: with `ssh-maxstartups` all of them wait, and get in.
 * SOAK=1 sends 200 clones at once, and tells how many fail without; and has every client log in at every server.
 */
import { expect } from "bun:test";
import type { Socket } from "node:net";
import { join } from "node:path";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import { freePort, freePorts, must, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { dbclientCommand, opensshCommand, plinkCommand, python } from "./ssh-software/clients.ts";
import { makeKeys, type SshKeys } from "./ssh-software/keys.ts";
import { servers } from "./ssh-software/servers.ts";
import { echoServer, open, readBytes } from "./sockets.ts";
import { type Sshd, startSshd, user } from "./sshd.ts";

const isSoak = process.env["SOAK"] === "1";
const needs = ["git", "ssh", "sshd", "fairlead"] as const;

/** Packets that show their lengths, and that do not. */
const ciphers = [
  ["-c", "aes128-gcm@openssh.com"],
  ["-c", "chacha20-poly1305@openssh.com"],
  ["-c", "aes128-ctr", "-m", "hmac-sha2-256"],
  ["-c", "aes128-ctr", "-m", "hmac-sha2-256-etm@openssh.com"],
];

/** How many of so many clones at once fail, and what they print. */
async function burst(sshd: Sshd, port: number, repository: string, folder: string, count: number): Promise<string[]> {
  const url = `ssh://${user}@127.0.0.1:${port}${repository}`;
  const clone = async (_: unknown, at: number): Promise<string | null> => {
    const client = [
      ...sshd.client.filter((word) => word !== "-c" && !word.includes("gcm")),
      ...(ciphers[at % ciphers.length] ?? []),
    ];
    const ssh = client.map((word) => `'${word}'`).join(" ");
    const { code, stderr } = await run(["git", "clone", "-q", url, `${folder}/${port}-${at}`], {
      env: { GIT_SSH_COMMAND: ssh },
      timeoutMs: 180_000,
    });
    return code === 0 ? null : stderr;
  };
  const ended = await Promise.all(Array.from({ length: count }, clone));
  return ended.filter((one) => one !== null);
}

async function repositoryIn(folder: string): Promise<string> {
  await must(["git", "init", "-q", "-b", "main", `${folder}/work`]);
  await must(["git", "-C", `${folder}/work`, "commit", "-q", "--allow-empty", "-m", "first"]);
  await must(["git", "clone", "-q", "--bare", `${folder}/work`, `${folder}/repository.git`]);
  return `${folder}/repository.git`;
}

const [size, maxStartups, limit, slowSeconds] = isSoak ? [200, "10:30:100", 10, 0.3] : [24, "3:100:3", 3, 0.05];

testWith(
  [...needs],
  `${size} clones at once get in where sshd refuses many of them from ${limit} logins on`,
  async () => {
    using folder = scratch();
    await using sshd = await startSshd({ lines: [`MaxStartups ${maxStartups}`], slowSeconds });
    const repository = await repositoryIn(folder.path);
    const [bare = 0, limited = 0] = await freePorts(2);
    await using forwarder = await startForwarder(`
listen bare
    bind 127.0.0.1:${bare}
    retries 0
    server one 127.0.0.1:${sshd.port}
listen limited
    bind 127.0.0.1:${limited}
    retries 0
    timeout queue 3m
    ssh-maxstartups ${limit}
    server one 127.0.0.1:${sshd.port}
`);
    const from = performance.now();
    const failed = await burst(sshd, limited, repository, folder.path, size);
    const took = performance.now() - from;
    const without = await burst(sshd, bare, repository, folder.path, size);
    if (isSoak) {
      process.stderr.write(
        `\n${size} clones, MaxStartups ${maxStartups}: ${failed.length} fail with ssh-maxstartups ${limit} (${Math.round(took)} ms), ${without.length} without\n`,
      );
    }
    expect(failed).toEqual([]);
    expect(without.length).toBeGreaterThan(0);
    await forwarder.expectQuiet();
  },
  600_000,
);

/** A figure of the metrics. */
async function figure(forwarder: Forwarder, name: string): Promise<number> {
  const { body } = await forwarder.page("/metrics");
  const line = body.split("\n").find((one) => one.startsWith(name));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
}

/** What logs in and stays: words that follow the key and the address. */
const stay = "sleep 30";

const script = (name: string): string => join(import.meta.dir, "ssh-software", name);

/** Clients that log in and stay. */
const staying: Readonly<Record<string, (keys: SshKeys, port: number) => string[]>> = {
  ...Object.fromEntries(
    ciphers.map((words) => [
      words.join(" "),
      (keys: SshKeys, port: number) => [...opensshCommand(keys, words), "-p", String(port), `${user}@127.0.0.1`, stay],
    ]),
  ),
  dbclient: (keys, port) => [...dbclientCommand(keys), "-p", String(port), `${user}@127.0.0.1`, stay],
  plink: (keys, port) => [...plinkCommand(keys), "-P", String(port), `${user}@127.0.0.1`, stay],
  paramiko: (keys, port) => [python, script("paramiko-client.py"), keys.file("client"), String(port), user, stay],
  asyncssh: (keys, port) => [python, script("asyncssh-client.py"), keys.file("client"), String(port), user, stay],
};

const [gcm = "", chacha = "", ctr = "", etm = ""] = ciphers.map((words) => words.join(" "));

/** By server; what is missing agrees on nothing, or shows no lengths at asyncssh, which writes twice what may come as one piece. */
const all: Readonly<Record<string, readonly string[]>> = {
  openssh: Object.keys(staying),
  dropbear: [chacha, ctr, "dbclient", "plink", "paramiko", "asyncssh"],
  asyncssh: [gcm, etm],
  ssh2: [gcm, ctr, etm, "dbclient", "plink", "paramiko", "asyncssh"],
};

const tried: Readonly<Record<string, readonly string[]>> = isSoak
  ? all
  : { openssh: [chacha, ctr], dropbear: ["dbclient"], asyncssh: [gcm] };

/** Where its success came as one piece with what follows that shows in a later try. */
const tries = 4;

/** Why a client that stays at a server through a port still holds a slot there; null: it does not. */
async function stays(forwarder: Forwarder, command: readonly string[]): Promise<string | null> {
  const total = await figure(forwarder, "fairlead_ssh_startups_total");
  await using running = start(command);
  await waitUntil("it begins", async () => (await figure(forwarder, "fairlead_ssh_startups_total")) > total);
  const isOver = async (): Promise<boolean> => (await figure(forwarder, "fairlead_ssh_startups_current")) === 0;
  const isHeld = await waitUntil("it has logged in", isOver, 5000).then(
    () => false,
    () => true,
  );
  const hasGone = (await forwarder.sessions()) !== 1;
  running.kill("SIGKILL");
  await waitUntil("it has gone", async () => (await forwarder.sessions()) === 0);
  return hasGone ? running.stderr.text : isHeld ? "held" : null;
}

testWith(
  [...needs, "dropbear", "dbclient", "plink", "puttygen", "dropbearconvert", "unshare", "root", python],
  "a session that has logged in holds no slot, whoever serves it",
  async () => {
    using keys = await makeKeys();
    const held: string[] = [];
    for (const [name, clients] of Object.entries(tried)) {
      const serving = servers[name];
      if (serving === undefined) throw new Error(`no ${name}`);
      await using server = await serving.start(keys);
      const port = await freePort();
      await using forwarder = await startForwarder(`
listen l
    bind 127.0.0.1:${port}
    ssh-maxstartups 1
    ssh-login-grace 1m
    server one 127.0.0.1:${server.port}
`);
      for (const client of clients) {
        let why: string | null = "not tried";
        for (let at = 0; at < tries && why !== null; at += 1)
          why = await stays(forwarder, staying[client]?.(keys, port) ?? []);
        if (why !== null) held.push(`${client} at ${name}: ${why}`);
      }
    }
    expect(held).toEqual([]);
  },
  600_000,
);

testWith([...needs], "who waits in vain reads why, and the log tells where it waited", async () => {
  await using server = await echoServer();
  using folder = scratch();
  const port = await freePort();
  await using forwarder = await startForwarder(`
listen l
    bind 127.0.0.1:${port}
    timeout queue 50ms
    server one 127.0.0.1:${server.port} ssh-maxstartups 1 ssh-login-grace 1m
`);
  const first = await open(port);
  await waitUntil("it has the server", async () => (await figure(forwarder, "fairlead_ssh_startups_current")) === 1);
  const ssh = "ssh -F /dev/null -o BatchMode=yes";
  const url = `ssh://git@127.0.0.1:${port}/repo.git`;
  const { stderr } = await run(["git", "clone", "-q", url, folder.file("clone")], { env: { GIT_SSH_COMMAND: ssh } });
  expect(stderr.replaceAll("\r", "")).toStartWith(
    `Received disconnect from 127.0.0.1 port ${port}:12: Too many sessions wait for a server already. Please try again later.\n`,
  );
  await forwarder.line(/ l\/<NOSRV> \d+\/-1\/\d+ 0 sQ .* 0\/1$/);
  const told = (): number => forwarder.process.stdout.text.split(" sQ ").length - 1;
  await waitUntil(
    "it is counted once",
    async () => (await figure(forwarder, "fairlead_ssh_startups_refused_total")) === told(),
  );
  first.destroy();
  await forwarder.expectQuiet();
});

testWith(
  ["fairlead", "curl"],
  "the source that a PROXY header names is the one that counts, and its grace is the longest it does",
  async () => {
    await using server = await echoServer();
    const port = await freePort();
    await using forwarder = await startForwarder(`
listen l
    bind 127.0.0.1:${port} accept-proxy
    ssh-maxstartups 0 per-source 1
    ssh-login-grace 1s
    server one 127.0.0.1:${server.port}
`);
    const come = async (source: string): Promise<Socket> => {
      const socket = await open(port);
      socket.write(`PROXY TCP4 ${source} 192.0.2.99 1 22\r\nhello`);
      return socket;
    };
    const answered: string[] = [];
    const sockets: Socket[] = [];
    for (const source of ["192.0.2.1", "192.0.2.1", "192.0.2.2"]) {
      const socket = await come(source);
      sockets.push(socket);
      void readBytes(socket, 5).then(() => answered.push(`${source} ${sockets.indexOf(socket)}`));
      if (sockets.length === 2)
        await waitUntil(
          "one waits",
          async () =>
            (await figure(forwarder, "haproxy_server_current_queue")) +
              (await figure(forwarder, "haproxy_backend_current_queue")) ===
            1,
        );
    }
    await waitUntil("two are answered", () => answered.length === 2);
    expect(answered.toSorted()).toEqual(["192.0.2.1 0", "192.0.2.2 2"]);
    await waitUntil("the third is", () => answered.length === 3);
    expect(answered.at(-1)).toBe("192.0.2.1 1");
    for (const socket of sockets) socket.destroy();
    await forwarder.expectQuiet();
  },
);
