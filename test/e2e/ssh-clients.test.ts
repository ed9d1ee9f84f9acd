/** What is told of SSH, held against what every client and server at hand says of its own connection. */
import { expect } from "bun:test";
import { startForwarder } from "./forwarder.ts";
import { freePorts, testWith, waitUntil } from "./harness.ts";
import { clients, python, type Reached, type SshClient } from "./ssh-software/clients.ts";
import { makeKeys, type SshKeys } from "./ssh-software/keys.ts";
import { record, type Recorder } from "./ssh-software/recorder.ts";
import { judge, type Line, parseSamples, sampleFormat } from "./ssh-software/samples.ts";
import { servers, type SshServer, type SshServing } from "./ssh-software/servers.ts";
import type { Told } from "./ssh-software/told.ts";

/** Pairs that agree on nothing, or no further than on algorithms, and why. All others must talk. */
const strangers: ReadonlyMap<string, string> = new Map([
  ["paramiko tinysshd", "tinysshd has chacha20-poly1305 alone, which paramiko 2.12 does not speak"],
  ["libssh2 tinysshd", "tinysshd has chacha20-poly1305 alone, which libssh2 1.10 does not speak"],
  ["ssh2 tinysshd", "tinysshd has chacha20-poly1305 alone, which ssh2 speaks with a native module only"],
  [
    "plink tinysshd",
    "plink finds that open to Terrapin and asks its user, whom it has none of; it may do so before its own KEXINIT has left",
  ],
  [
    "asyncssh tinysshd",
    "tinysshd 20230101 leaves some of its sessions without an answer, with nothing between them, too",
  ],
]);

/** Every client once and every server once; the soak has all pairs. */
const covering = [
  "openssh openssh",
  "openssh tinysshd",
  "openssh-cbc openssh-verbose",
  "dbclient openssh-verbose",
  "ssh2 openssh-verbose",
  "plink asyncssh",
  "libssh2 asyncssh",
  "paramiko dropbear",
  "asyncssh ssh2",
];

const all = Object.keys(servers).flatMap((server) => Object.keys(clients).map((client) => `${client} ${server}`));

interface Pair {
  readonly name: string;
  readonly client: SshClient;
  readonly serving: SshServing;
  readonly server: SshServer;
  readonly wire: Recorder;
  /** Rules use what is read of it. */
  readonly isRuled: boolean;
}

/** One session, from every side. */
interface Session {
  readonly pair: Pair;
  readonly reached: Reached;
  /** The server's log of it. */
  readonly served: string;
}

function find<Value>(table: Readonly<Record<string, Value>>, name: string): Value {
  const found = table[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function needsOf(pairs: readonly string[]): string[] {
  const needs = pairs.flatMap((name) => {
    const [client = "", server = ""] = name.split(" ");
    return [...find(clients, client).needs, ...find(servers, server).needs];
  });
  return [...new Set([...needs, "ssh-keygen", "puttygen", "dropbearconvert", python, "fairlead", "curl"])];
}

/** A server's pairs, one after the other, so that its log can be told apart. */
async function visit(pairs: readonly Pair[], keys: SshKeys, ports: ReadonlyMap<string, number>): Promise<Session[]> {
  const sessions: Session[] = [];
  for (const pair of pairs) {
    const from = pair.server.log().length;
    const reached = await pair.client.reach(
      keys,
      Number(ports.get(pair.name)),
      strangers.has(pair.name) ? 10_000 : 30_000,
    );
    const served = (): string => pair.server.log().slice(from);
    const { agreed } = pair.serving;
    if (agreed !== null && !strangers.has(pair.name)) {
      await waitUntil(`${pair.name} to agree, but the client says:\n${reached.log}`, () => agreed.test(served()), 3000);
    }
    sessions.push({ pair, reached, served: served() });
  }
  return sessions;
}

/** The same for each pair's first bytes. */
async function judgeAll(pairs: readonly Pair[]): Promise<Map<string, Line>> {
  const found = await judge(
    pairs.map(({ wire }) => wire.recorded[0] ?? { client: Buffer.alloc(0), server: Buffer.alloc(0) }),
  );
  return new Map(pairs.map(({ name }, index) => [name, found[index] ?? {}]));
}

/** What an end's own log says, in the names of the samples. */
function inSamples(told: Told, isClient: boolean): Line {
  const [local, remote] = isClient ? ["client.ident", "server.ident"] : ["server.ident", "client.ident"];
  const strict = told.isStrict === undefined ? undefined : told.isStrict ? "1" : "0";
  const pairs: [string, string | undefined][] = [
    ["kex", told.kex],
    ["hostkey_alg", told.hostkey],
    ["cipher.c2s", told.cipherToServer],
    ["cipher.s2c", told.cipherToClient],
    ["mac.c2s", told.macToServer],
    ["mac.s2c", told.macToClient],
    ["compression.c2s", told.compressionToServer],
    ["compression.s2c", told.compressionToClient],
    ["strict_kex", strict],
    ["terrapin", told.isTerrapin === undefined ? undefined : told.isTerrapin ? "1" : "0"],
    [local ?? "", told.localIdent],
    [remote ?? "", told.remoteIdent],
  ];
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Only what the other line has as well. */
function sameNames(line: Line, other: Line): Line {
  return Object.fromEntries(Object.keys(other).map((name) => [name, line[name] ?? "(absent)"]));
}

function expectAgreement({ pair, reached, served }: Session, line: Line, judged: Line): void {
  const { name, client, serving } = pair;
  const byClient = inSamples(client.told(reached.log), true);
  const byServer = inSamples(serving.told(served), false);
  expect({ name, ...sameNames(line, judged) }).toEqual({ name, ...judged });
  // plink may be gone before it has offered anything.
  if (judged["kex"] === undefined && strangers.has(name)) return;
  expect({ name, says: "client", ...sameNames(line, byClient) }).toEqual({ name, says: "client", ...byClient });
  expect({ name, says: "server", ...sameNames(line, byServer) }).toEqual({ name, says: "server", ...byServer });
  for (const side of ["client", "server"]) {
    const [software, version] = splitIdent(judged[`${side}.ident`] ?? "");
    expect({ name, software: line[`${side}.software`], version: line[`${side}.version`] }).toEqual({
      name,
      software,
      version,
    });
  }
  expect(line["time_to_ident"]).toMatch(/^\d+$/);
  const inRules = { software: line["ruled.software"], kex: line["ruled.kex"] };
  const known = pair.isRuled ? { software: line["client.software"], kex: line["kex"] } : { software: "-", kex: "-" };
  expect({ name, ...inRules }).toEqual({ name, ...known });
}

/** `OpenSSH` and `9.2p1`, as each of these software's own names are to be told. */
function splitIdent(ident: string): readonly [string, string] {
  const known: readonly (readonly [RegExp, string])[] = [
    [/^SSH-2\.0-OpenSSH_(\S+)/, "OpenSSH"],
    [/^SSH-2\.0-dropbear_(\S+)/, "dropbear"],
    [/^SSH-2\.0-PuTTY_Release_(\S+)/, "PuTTY"],
    [/^SSH-2\.0-paramiko_(\S+)/, "paramiko"],
    [/^SSH-2\.0-AsyncSSH_(\S+)/, "AsyncSSH"],
    [/^SSH-2\.0-libssh2_(\S+)/, "libssh2"],
    [/^SSH-2\.0-ssh2js(\S+)/, "ssh2js"],
    [/^SSH-2\.0-tinyssh_(\S+)/, "tinyssh"],
  ];
  for (const [pattern, software] of known) {
    const version = pattern.exec(ident)?.[1];
    if (version !== undefined) return [software, version];
  }
  throw new Error(`not among what is known: ${ident}`);
}

/** Servers that these pairs need, and a recorder in front of one for each pair. */
async function makePairs(wanted: readonly string[], keys: SshKeys, stack: AsyncDisposableStack): Promise<Pair[]> {
  const kinds = [...new Set(wanted.map((name) => name.split(" ")[1] ?? ""))];
  const running = new Map<string, SshServer>();
  await Promise.all(
    kinds.map(async (kind) => void running.set(kind, stack.use(await find(servers, kind).start(keys)))),
  );
  return Promise.all(
    wanted.map(async (name, index) => {
      const [client = "", kind = ""] = name.split(" ");
      const server = running.get(kind);
      if (server === undefined) throw new Error(`${kind} does not run`);
      const wire = stack.use(await record(server.port));
      return {
        name,
        client: find(clients, client),
        serving: find(servers, kind),
        server,
        wire,
        isRuled: index % 2 === 0,
      };
    }),
  );
}

/**
 * Rules that use what is read as soon as it can be known. Each would wait for longer than a client may take: whoever had to wait for
 * what it waits for, a client for its server's line first of all, would not get through.
 */
const rules = `    tcp-request inspect-delay 1m
    tcp-request content set-var(sess.software) ssh.client.software
    tcp-response inspect-delay 1m
    tcp-response content set-var(sess.kex) ssh.kex
    tcp-response content reject if { ssh.kex diffie-hellman-group1-sha1 }
`;

/** A listener for each pair, whose log lines have every sample. Every other one has rules. */
async function configuration(pairs: readonly Pair[], ports: ReadonlyMap<string, number>): Promise<string> {
  const listeners = pairs.map(
    ({ name, wire, isRuled }) => `listen ${listener(name)}
    bind 127.0.0.1:${ports.get(name)}
    log-format "%f ${sampleFormat} ruled.software={%[var(sess.software)]} ruled.kex={%[var(sess.kex)]}"
${isRuled ? rules : ""}    server one 127.0.0.1:${wire.port}
`,
  );
  return `global
    log stdout len 65535 format raw local0
defaults
    log global
    option ssh
    timeout connect 5s
    timeout client 1m
    timeout server 1m
${listeners.join("")}`;
}

function listener(name: string): string {
  return name.replace(" ", "..");
}

async function throughAll(wanted: readonly string[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(await makeKeys());
  const pairs = await makePairs(wanted, keys, stack);
  const free = await freePorts(pairs.length);
  const ports = new Map(pairs.map(({ name }, index) => [name, free[index] ?? 0]));
  await using forwarder = await startForwarder(await configuration(pairs, ports), { whole: true });

  const byServer = Map.groupBy(pairs, ({ server }) => server);
  const sessions = (await Promise.all([...byServer.values()].map((some) => visit(some, keys, ports)))).flat();
  for (const { pair, reached } of sessions) {
    if (strangers.has(pair.name)) continue;
    const output = pair.client.isSftp === true ? expect.stringContaining(" .ssh\n") : "through\n";
    expect({ name: pair.name, output: reached.output }).toEqual({ name: pair.name, output });
  }
  const judged = await judgeAll(pairs);
  for (const session of sessions) {
    const { name } = session.pair;
    const line = await forwarder.line(new RegExp(`^${listener(name)} `));
    expectAgreement(session, parseSamples(line), judged.get(name) ?? {});
  }
  await forwarder.expectQuiet();
}

testWith(needsOf(covering), "every client and every server: what is told is what they say themselves", () =>
  throughAll(covering),
);

if (process.env["SOAK"] === "1") {
  testWith(
    needsOf(all),
    "each client with each server: what is told is what they say themselves",
    () => throughAll(all),
    300_000,
  );
}
