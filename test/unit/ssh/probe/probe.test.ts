/** A probe of servers that do what they should, and of others. */
import { describe, expect, test } from "bun:test";
import { formatSshDisconnect } from "../../../../src/wire/ssh/disconnect.ts";
import { SshFieldReader, stringField } from "../../../../src/wire/ssh/kex/fields.ts";
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";
import { headerFor, ownHeader } from "../../../../src/ssh/probe/own-header.ts";
import { type ProbeOptions, SshProbe } from "../../../../src/ssh/probe/probe.ts";
import { isSound, type SshProbed } from "../../../../src/ssh/probe/probed.ts";
import { connectDefaults } from "../../../contract/stage.ts";
import { transport } from "../../../transport.ts";
import { bytes, joined } from "../../wire/ssh/bytes.ts";
import { ecdsaKey, ed25519Key, rsaKey } from "../../wire/ssh/kex/server-side.ts";
import { ordinaryLists, rawServer, type Script, type ScriptedServer, scriptedServer } from "./scripted-server.ts";

const ed25519 = ed25519Key();
const keys = new Map([["ssh-ed25519", ed25519]]);

function probeOf({ port }: ScriptedServer, options: Partial<ProbeOptions> = {}): SshProbe {
  return new SshProbe({
    transport,
    connect: { ...connectDefaults, address: { kind: "tcp", host: "127.0.0.1", port } },
    software: "fairlead_1",
    header: null,
    timeoutMs: 10_000,
    ...options,
  });
}

/** What a probe of such a server finds, and what the server has seen of it. */
async function probed(script: Script, options: Partial<ProbeOptions> = {}) {
  await using server = await scriptedServer(script);
  const found = await probeOf(server, options).run();
  return { found, visits: server.visits };
}

/** Why a probe of a server that only sends these bytes fails. */
async function failureAfter(sent: Uint8Array, end: boolean, timeoutMs = 10_000): Promise<string | null> {
  await using server = await rawServer((socket) => {
    socket.write(sent);
    if (end) socket.end();
    socket.resume();
  });
  return (await probeOf(server, { timeoutMs }).run()).failure;
}

/** Algorithm, signature and failure of each key. */
const told = ({ keys }: SshProbed) => keys.map(({ algorithm, signature, failure }) => [algorithm, signature, failure]);

describe("an ordinary server", () => {
  test("shows its key, and is told that we go", async () => {
    const { found, visits } = await probed({ keys });
    expect(found).toMatchObject({
      identification: { line: "SSH-2.0-Scripted_1.0", software: "Scripted", version: "1.0" },
      preamble: [],
      offer: { keyExchange: ["curve25519-sha256", "kex-strict-s-v00@openssh.com"] },
      keyExchange: "curve25519-sha256",
      choice: { keyExchange: "curve25519-sha256", hostKey: "ssh-ed25519", isStrict: true },
      postQuantum: [],
      isStrict: true,
      isTerrapin: false,
      unknownKeys: [],
      failure: null,
    });
    expect(told(found)).toEqual([["ssh-ed25519", "valid", null]]);
    expect(found.keys[0]?.key?.blob).toEqual(ed25519.blob);
    expect(isSound(found)).toBe(true);
    for (const ms of [...Object.values(found.times), found.keys[0]?.ms ?? -1]) expect(ms).toBeGreaterThanOrEqual(0);
    expect(visits.map(({ line, payloads }) => [line, payloads.map(([number]) => number)])).toEqual([
      ["SSH-2.0-fairlead_1", [20, 30, 1]],
    ]);
    expect(Buffer.from(visits[0]?.payloads.at(-1) ?? []).toString("latin1")).toContain("probed by fairlead");
  });

  test("is asked once for each key that it lists, and for nothing else", async () => {
    const rsa = rsaKey();
    const all = new Map([
      ["ssh-ed25519", ed25519],
      ["ecdsa-sha2-nistp384", ecdsaKey(384)],
      ["rsa-sha2-512", rsa],
    ]);
    const hostKey = "rsa-sha2-512,rsa-sha2-256,ssh-rsa,x509v3-sign-rsa,ecdsa-sha2-nistp384,ssh-ed25519";
    const { found, visits } = await probed({ keys: all, lists: { ...ordinaryLists, hostKey } });
    expect(told(found)).toEqual([...all.keys()].map((name) => [name, "valid", null]));
    expect(found.unknownKeys).toEqual(["x509v3-sign-rsa"]);
    const asked = visits.map(({ payloads: [kexInit = new Uint8Array(0)] }) => {
      const fields = new SshFieldReader(kexInit, 17);
      return [fields.text(), fields.text()];
    });
    expect(asked).toEqual([...all.keys()].map((name) => ["curve25519-sha256", name]));
  });

  test("by ML-KEM where it has that", async () => {
    const kex = "curve25519-sha256,mlkem768x25519-sha256";
    const { found } = await probed({ keys, lists: { ...ordinaryLists, kex } });
    expect([found.keyExchange, found.postQuantum]).toEqual(["mlkem768x25519-sha256", ["mlkem768x25519-sha256"]]);
    expect(told(found)).toEqual([["ssh-ed25519", "valid", null]]);
  });

  test("may have a greeting, and say other things in between", async () => {
    const ignore = joined(Uint8Array.of(2), stringField("x".repeat(30_000)));
    const { found } = await probed({
      keys,
      before: bytes("welcome\r\nto this host\n"),
      beforeKexInit: formatSshPacket(ignore),
      beforeReply: [ignore, Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    });
    expect(found.preamble).toEqual(["welcome", "to this host"]);
    expect(told(found)).toEqual([["ssh-ed25519", "valid", null]]);
  });

  test("may have guessed wrongly", async () => {
    const lists = { ...ordinaryLists, kex: "sntrup761x25519-sha512,curve25519-sha256", follows: true };
    const { found } = await probed({ keys, lists, beforeReply: [Uint8Array.of(31, 1, 2, 3)] });
    expect(told(found)).toEqual([["ssh-ed25519", "valid", null]]);
    const right = await probed({ keys, lists: { ...ordinaryLists, follows: true } });
    expect(told(right.found)).toEqual([["ssh-ed25519", "valid", null]]);
  });

  test("may know no cipher of ours", async () => {
    const lists = {
      ...ordinaryLists,
      ciphers: "own@example.com,other@example.com",
      macs: "own-mac",
      compression: "lz4",
    };
    const { found, visits } = await probed({ keys, lists });
    expect(told(found)).toEqual([["ssh-ed25519", "valid", null]]);
    const kexInit = Buffer.from(visits[0]?.payloads[0] ?? []).toString("latin1");
    expect([/own@example/, /own-mac/, /lz4/, /other@/].map((one) => one.test(kexInit))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("gets a header first where it is to", async () => {
    const { found, visits } = await probed({ keys }, { header: ownHeader });
    expect(isSound(found)).toBe(true);
    expect(visits[0]?.header).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+$/);
  });
});

/** One bit of a reply, of the byte there or so far from its end. */
function flip(at: number): (reply: Uint8Array) => Uint8Array {
  return (reply) => {
    const bent = reply.slice();
    const index = at < 0 ? bent.length + at : at;
    bent[index] = (bent[index] ?? 0) ^ 1;
    return bent;
  };
}

describe("a server that does not hold to it", () => {
  test("has signed something else", async () => {
    const { found, visits } = await probed({ keys, bend: flip(-1) });
    expect(told(found)).toEqual([["ssh-ed25519", "invalid", null]]);
    expect(isSound(found)).toBe(false);
    expect(visits[0]?.payloads.at(-1)?.[0]).toBe(1);
  });

  test("shows a key that is not the one which signed", async () => {
    const { found } = await probed({ keys, bend: flip(30) });
    expect(found.keys[0]?.signature).not.toBe("valid");
  });

  test("sends no key, or another kind than agreed to", async () => {
    const short = await probed({ keys, bend: (reply) => reply.slice(0, 40) });
    expect(told(short.found)).toEqual([["ssh-ed25519", "unknown", "the reply is cut short"]]);
    const unknown = await probed({ keys: new Map([["ssh-ed25519", { ...ed25519, blob: stringField("ssh-new") }]]) });
    expect(told(unknown.found)).toEqual([["ssh-ed25519", "unknown", "what the server sends as its host key is none"]]);
    const other = await probed({ keys: new Map([["ssh-ed25519", ecdsaKey(256)]]) });
    expect(told(other.found)).toEqual([["ssh-ed25519", "invalid", null]]);
  });

  test("sends a point that makes the secret nothing", async () => {
    const { found } = await probed({
      keys,
      bend: (reply) => {
        const fields = new SshFieldReader(reply, 1);
        const [key, theirs, signature] = [fields.string(), fields.string(), fields.string()];
        return joined(Uint8Array.of(31), ...[key, new Uint8Array(theirs.length), signature].map(stringField));
      },
    });
    expect(told(found)).toEqual([["ssh-ed25519", "unknown", "the server's public value is not valid"]]);
  });

  test("says nothing more when it is asked for its key: time is up, for that key", async () => {
    const { found } = await probed({ keys, bend: () => null }, { timeoutMs: 300 });
    expect(told(found)).toEqual([["ssh-ed25519", "unknown", "time is up, and the server has not sent a message"]]);
    expect([found.failure, isSound(found)]).toEqual([null, false]);
  });

  test("goes away when it is asked for one of its keys", async () => {
    const lists = { ...ordinaryLists, hostKey: "ssh-ed25519,ecdsa-sha2-nistp256" };
    const { found } = await probed({ keys, lists });
    expect(told(found)[0]).toEqual(["ssh-ed25519", "valid", null]);
    expect(told(found)[1]?.[2]).toMatch(/^the server (?:resets|closes) the connection instead of sending a message/);
  });

  test("has no key exchange or no key that we know: nothing is asked", async () => {
    const kex = await probed({ keys, lists: { ...ordinaryLists, kex: "sntrup761x25519-sha512,ext-info-s" } });
    expect(kex.found.failure).toBe(
      "no key exchange of the server's can be done here, so its keys stay unread; it lists sntrup761x25519-sha512",
    );
    const key = await probed({ keys, lists: { ...ordinaryLists, hostKey: "x509v3-ssh-rsa" } });
    expect(key.found.failure).toBe("the server lists no host keys that we know");
    for (const { visits } of [kex, key]) expect(visits[0]?.payloads.map(([number]) => number)).toEqual([1]);
  });

  test("floods", async () => {
    const packet = formatSshPacket(joined(Uint8Array.of(2), stringField("x".repeat(30_000))));
    const { found } = await probed({ keys, beforeKexInit: joined(...Array<Uint8Array>(20).fill(packet)) });
    expect(found.failure).toBe("the server sends more than 262144 bytes");
    expect(await failureAfter(bytes("x\n".repeat(20_000)), false)).toBe(
      "no identification in the server's first 8192 bytes",
    );
    expect(await failureAfter(bytes("x".repeat(20_000)), false)).toBe(
      "no identification in the server's first 8192 bytes",
    );
  });
});

describe("what a server says in place of SSH", () => {
  const line = bytes("SSH-2.0-x\r\n");
  const rows: readonly (readonly [what: string, sent: Uint8Array, failure: string])[] = [
    ["nothing", bytes(""), "the server closes the connection instead of sending its identification"],
    ["a greeting", bytes("220 ftp\x1b[2J\n"), "the server closes the connection instead of sending its identification"],
    [
      "half a line",
      bytes("SSH-2.0-\x07"),
      "the server closes the connection instead of sending its identification after SSH-2.0-\\x07",
    ],
    ["SSH 1", bytes("SSH-1.5-old\n"), "the server speaks SSH 1.5 alone"],
    ["an empty identification", bytes("SSH-\n"), "the server's identification says nothing: SSH-"],
    [
      "a penalty",
      bytes("Not allowed at this time\r\n"),
      'the server refuses this address for now ("Not allowed at this time"): sshd\'s PerSourcePenalties',
    ],
    [
      "that it is full",
      bytes("Exceeded MaxStartups\r\n"),
      'the server has no room for more clients ("Exceeded MaxStartups")',
    ],
    [
      "that it does not understand",
      joined(line, bytes("Invalid SSH identification string.\r\n")),
      "the server could not read what it was sent first: does it expect a PROXY header, or expect none?",
    ],
    ["no packets", joined(line, bytes("garbage that is none\n")), "the server sends no packets of SSH"],
    ["another message", joined(line, formatSshPacket(Uint8Array.of(21))), "the server's first message is no KEXINIT"],
    [
      "KEXINIT cut short",
      joined(line, formatSshPacket(new Uint8Array(30).fill(20))),
      "the server's first message is no KEXINIT",
    ],
    [
      "a farewell",
      joined(line, formatSshDisconnect(12, "too\nmany")),
      "the server disconnects (reason 12): too\\x0amany",
    ],
    [
      "half a packet",
      joined(line, formatSshPacket(new Uint8Array(99)).slice(0, 50)),
      "the server closes the connection instead of sending the rest of a message after",
    ],
  ];
  for (const [what, sent, failure] of rows)
    test(what, async () => expect(await failureAfter(sent, true)).toStartWith(failure));

  test("silence is waited for as long as is said", async () => {
    const at = performance.now();
    expect(await failureAfter(bytes(""), false, 200)).toBe(
      "time is up, and the server has not sent its identification",
    );
    expect(performance.now() - at).toBeGreaterThan(190);
  });
});

test("who has said its name is named, whatever it says behind it", async () => {
  const sent = bytes("SSH-2.0-x_1\r\nInvalid SSH identification string.\r\n");
  await using server = await rawServer((socket) => void socket.end(sent));
  expect(await probeOf(server).run()).toMatchObject({ identification: { line: "SSH-2.0-x_1" }, offer: null });
});

test("nobody is there", async () => {
  const server = await rawServer(() => {});
  await server[Symbol.asyncDispose]();
  const found = await probeOf(server).run();
  expect([found.failure, found.times.connectMs, isSound(found)]).toEqual(["Connection refused", -1, false]);
});

test("one that is given up ends at once", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = await rawServer(() => resolve());
  const probe = probeOf(server);
  const running = probe.run();
  await promise;
  probe.cancel();
  expect((await running).failure).toBe("the probe was given up");
  const late = probeOf(server);
  late.cancel();
  expect((await late.run()).failure).toBe("the probe was given up");
});

async function late(): Promise<() => void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return () => {};
}

describe("turns", () => {
  test("are waited for before each connection, and one is over before the next is asked for", async () => {
    const lists = { ...ordinaryLists, hostKey: "rsa-sha2-512,ssh-ed25519" };
    await using server = await scriptedServer({ lists, keys: new Map([...keys, ["rsa-sha2-512", rsaKey()]]) });
    const said: string[] = [];
    const found = await probeOf(server, {
      timeoutMs: 5000,
      turn: async () => {
        said.push(`turn at ${server.visits.length}`);
        return () => void said.push(`over at ${server.visits.length}`);
      },
    }).run();
    expect(isSound(found)).toBe(true);
    expect(said).toEqual(["turn at 0", "over at 1", "turn at 1", "over at 2"]);
  });

  test("end with a probe that fails, and their time is not the connection's", async () => {
    let over = 0;
    const refused = await probeOf({ port: 1 } as ScriptedServer, { turn: async () => () => void (over += 1) }).run();
    expect([refused.failure === null, over]).toEqual([false, 1]);
    await using server = await scriptedServer({ keys });
    expect((await probeOf(server, { timeoutMs: 250, turn: late }).run()).failure).toBeNull();
  });
});

const address = (port: number) => ({ kind: "tcp", host: "192.0.2.1", port }) as const;
/** Of a v2 header: version and command, family and protocol, length. */
const head = (header: Uint8Array | undefined): number[] => [...(header ?? [])].slice(12, 16);

test("a header is as the server wants it: of its version, for itself", () => {
  const plan = { version: 2, options: [], tlvs: [] } as const;
  const ends = { local: address(1), remote: address(2) };
  expect(headerFor(null, false)).toBeNull();
  expect(headerFor({ ...plan, version: 1 }, false)?.(ends)).toEqual(ownHeader(ends));
  // LOCAL without addresses; PROXY with those of TCP over IPv4.
  expect(head(headerFor(plan, false)?.(ends))).toEqual([0x20, 0, 0, 0]);
  expect(head(headerFor(plan, true)?.(ends))).toEqual([0x21, 0x11, 0, 12]);
  expect(headerFor({ ...plan, options: ["crc32c"] }, false)?.(ends).length).toBe(23);
});
