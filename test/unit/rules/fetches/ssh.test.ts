/** What is told of SSH, and when it is waited for. */
import { describe, expect, test } from "bun:test";
import type { SampleContext } from "../../../../src/rules/context.ts";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { fetches } from "../../../../src/rules/fetches/fetches.ts";
import { compileLogFormat } from "../../../../src/rules/format/log-format.ts";
import { sshLogFormat } from "../../../../src/rules/format/log-alias.ts";
import { Sniffing } from "../../../../src/rules/sniffing.ts";
import { cast } from "../../../../src/rules/value/sample.ts";
import type { SshChoice, SshFacts, SshIdentification, SshOffer } from "../../../../src/ssh-facts.ts";
import { ownLogFormat } from "../../../../src/config/expressions/log-format.ts";
import { scopeOf } from "../../config/reading.ts";
import { expression, payload, record, session, tables } from "../session.ts";

/** Those of what is read in passing: `ssh.penalty` is its source's. */
const names = [...fetches.keys()].filter((name) => name.startsWith("ssh.") && name !== "ssh.penalty");
const clientNames = ["ssh.client.ident", "ssh.client.software", "ssh.client.version"];

function told(name: string, given: Partial<SampleContext>): string | undefined {
  const sample = compileExpression(expression(name), tables([]))(session(given));
  return sample === undefined || sample === "wait" ? sample : String(cast(sample, "str")?.value);
}

function toldAll(given: Partial<SampleContext>): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, told(name, given)]));
}

function line(software: string, version: string): SshIdentification {
  return { line: `SSH-2.0-${software}_${version}`, protocol: "2.0", software, version, comments: null };
}

const offer = (name: string): SshOffer => ({
  keyExchange: [],
  hostKey: [],
  ciphersToServer: [],
  ciphersToClient: [],
  macsToServer: [],
  macsToClient: [],
  compressionToServer: [],
  compressionToClient: [],
  firstFollows: false,
  hassh: `${name} hash`,
  hasshText: `${name} text`,
});

const choice: SshChoice = {
  keyExchange: "kex",
  hostKey: "key",
  cipherToServer: "c1",
  cipherToClient: "c2",
  macToServer: "m1",
  macToClient: "m2",
  compressionToServer: "z1",
  compressionToClient: "",
  isPostQuantum: true,
  postQuantumOffered: "both",
  isStrict: true,
  isTerrapin: false,
};

const nobody = { identification: null, offer: null };
const unknown: SshFacts = {
  client: nobody,
  server: nobody,
  choice: null,
  timeToIdentMs: -1,
  foreign: null,
  isDone: false,
};
const all: SshFacts = {
  client: { identification: line("OpenSSH", "9.2p1"), offer: offer("client") },
  server: { identification: line("dropbear", "2022.83"), offer: offer("server") },
  choice,
  timeToIdentMs: 12,
  foreign: null,
  isDone: true,
};

test("all that is known is told", () => {
  expect(toldAll({ ssh: all })).toEqual({
    "ssh.client.ident": "SSH-2.0-OpenSSH_9.2p1",
    "ssh.client.software": "OpenSSH",
    "ssh.client.version": "9.2p1",
    "ssh.client.hassh": "client hash",
    "ssh.client.hassh_string": "client text",
    "ssh.server.ident": "SSH-2.0-dropbear_2022.83",
    "ssh.server.software": "dropbear",
    "ssh.server.version": "2022.83",
    "ssh.server.hassh": "server hash",
    "ssh.server.hassh_string": "server text",
    "ssh.kex": "kex",
    "ssh.hostkey_alg": "key",
    "ssh.cipher.c2s": "c1",
    "ssh.cipher.s2c": "c2",
    "ssh.mac.c2s": "m1",
    "ssh.mac.s2c": "m2",
    "ssh.compression.c2s": "z1",
    "ssh.compression.s2c": undefined,
    "ssh.pq": "yes",
    "ssh.pq.offered": "both",
    "ssh.strict_kex": "1",
    "ssh.terrapin": "0",
    "ssh.time_to_ident": "12",
  });
});

const nothing = Object.fromEntries(names.map((name) => [name, undefined]));
const waiting = Object.fromEntries(names.map((name) => [name, "wait"]));

describe("what is not known", () => {
  test("is nothing where nobody reads along", () => expect(toldAll({})).toEqual(nothing));
  test("is nothing where no more is waited for", () => expect(toldAll({ ssh: unknown })).toEqual(nothing));

  test("is waited for while rules hold the server's bytes back, until no more can come", () => {
    const response = payload("");
    expect(toldAll({ ssh: unknown, response })).toEqual(waiting);
    expect(toldAll({ ssh: unknown, response: payload("", true) })).toEqual(nothing);
    expect(toldAll({ ssh: { ...unknown, isDone: true }, response })).toEqual(nothing);
    expect(toldAll({ ssh: { ...unknown, foreign: "server" }, response })).toEqual(nothing);
  });

  test("of a server that took no time is no time", () => {
    expect(told("ssh.time_to_ident", { ssh: { ...all, timeToIdentMs: 0 } })).toBe("0");
  });
});

const client = (text: string, isFinal = false) =>
  clientNames.map((name) => told(name, { request: payload(text, isFinal) }));

describe("before bytes are relayed", () => {
  test("a client's line is read from what has come", () => {
    expect(client("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nmore")).toEqual([
      "SSH-2.0-OpenSSH_9.2p1 Debian-2",
      "OpenSSH",
      "9.2p1",
    ]);
    expect(client("SSH-2.0-Go\n")).toEqual(["SSH-2.0-Go", "Go", undefined]);
  });

  test("it is waited for until it is whole, or cannot be one, or no more comes", () => {
    for (const text of ["", "S", "SSH-", "SSH-2.0-OpenSSH", "SSH-2.0-OpenSSH\r"])
      expect(client(text)).toEqual(["wait", "wait", "wait"]);
    for (const text of ["GET / HTTP/1.1\r\n", "\x16\x03\x01\x02", "SSH-\r\n", "SSH2-x\n"])
      expect(client(text)).toEqual([undefined, undefined, undefined]);
    expect(client("SSH-2.0-OpenSSH", true)).toEqual([undefined, undefined, undefined]);
  });

  test("it is the same however it comes", () => {
    const text = "SSH-2.0-OpenSSH_9.2p1\r\nx";
    for (let size = 1; size < text.length; size++) {
      const sniffing = new Sniffing();
      const seen: (string | undefined)[] = [];
      for (let have = size; have < text.length + size; have += size)
        seen.push(told("ssh.client.ident", { request: { ...payload(text.slice(0, have)), sniffing } }));
      expect(seen.at(-1)).toBe("SSH-2.0-OpenSSH_9.2p1");
      expect([...new Set(seen)].toSorted()).toEqual(
        [...new Set(seen)].includes("wait") ? ["SSH-2.0-OpenSSH_9.2p1", "wait"] : ["SSH-2.0-OpenSSH_9.2p1"],
      );
    }
  });

  test("who ends no line is given up in the end, at the price of its bytes", () => {
    const sniffing = new Sniffing();
    const bytes = new Uint8Array(20_000).fill(0x61);
    bytes.set(new TextEncoder().encode("SSH-2.0-"));
    const evaluate = compileExpression(expression("ssh.client.ident"), tables([]));
    let waited = 0;
    for (let have = 1; have <= bytes.length; have++) {
      const request = { bytes: bytes.subarray(0, have), final: false, sniffing };
      if (evaluate(session({ request })) === "wait") waited = have;
    }
    expect(waited).toBeLessThan(8192);
  });

  test("of a server nothing is known, and nothing waited for", () => {
    const rest = names.filter((name) => !clientNames.includes(name));
    expect(rest.map((name) => told(name, { request: payload("SSH-2.0-x\n") }))).toEqual(rest.map(() => undefined));
  });
});

describe("the line of option sshlog", () => {
  const write = compileLogFormat(ownLogFormat(sshLogFormat, scopeOf("frontend")), tables([]));
  const start = write(record(), session()).split(' ""', 1)[0] ?? "";
  const rest = (ssh: SshFacts | null) => write(record(), session({ ssh })).slice(start.length);

  test("has tcplog's and what SSH says", () => {
    expect(rest(all)).toBe(
      ' "SSH-2.0-OpenSSH_9.2p1" "SSH-2.0-dropbear_2022.83" "kex" "key" "c1" "m1" yes/1/0 12 client hash',
    );
    expect(rest(null)).toBe(' "" "" "" "" "" "" -/-/- - -');
  });

  test("no side ends a field, or the line", () => {
    const evil = { ...line("a", "b"), line: 'SSH-2.0-x" "y\n\x1b[2J' };
    const ssh = { ...all, client: { identification: evil, offer: null } };
    expect(rest(ssh)).toStartWith(' "SSH-2.0-x#22 #22y#0A#1B[2J" "SSH-2.0-dropbear_2022.83" ');
  });
});
