/** What both choose, rule by rule of RFC 4253 section 7.1. */
import { describe, expect, test } from "bun:test";
import { kexInitListsAt, readKexInit } from "../../../../src/wire/ssh/kexinit.ts";
import { negotiate } from "../../../../src/wire/ssh/negotiation.ts";
import { type Lists, dropbear, kexInitPayload, openSsh7, openSsh10 } from "./bytes.ts";

function offer(from: "client" | "server", lists: Lists) {
  const payload = kexInitPayload(lists);
  const found = readKexInit(from, payload, kexInitListsAt, payload.length);
  if (found === null) throw new Error("no KEXINIT");
  return found;
}

const plain: Lists = { kex: "k1", hostKey: "ssh-ed25519", ciphers: "aes128-ctr", macs: "m1", compression: "none" };

function choose(client: Partial<Lists>, server: Partial<Lists>) {
  return negotiate(offer("client", { ...plain, ...client }), offer("server", { ...plain, ...server }));
}

test("two of 2025", () => {
  expect(choose(openSsh10.client, openSsh10.server)).toEqual({
    keyExchange: "mlkem768x25519-sha256",
    hostKey: "ssh-ed25519",
    cipherToServer: "chacha20-poly1305@openssh.com",
    cipherToClient: "chacha20-poly1305@openssh.com",
    macToServer: "implicit",
    macToClient: "implicit",
    compressionToServer: "none",
    compressionToClient: "none",
    isPostQuantum: true,
    postQuantumOffered: "both",
    isStrict: true,
    isTerrapin: false,
  });
});

test("dropbear's client with a server of before 2019", () => {
  expect(choose(dropbear, openSsh7.server)).toMatchObject({
    keyExchange: "curve25519-sha256",
    hostKey: "ssh-ed25519",
    compressionToServer: "zlib@openssh.com",
    isPostQuantum: false,
    postQuantumOffered: "none",
    isTerrapin: true,
  });
});

const lists = (text: string): Partial<Lists> => ({
  kex: text,
  hostKey: text,
  ciphers: text,
  macs: text,
  compression: text,
});

test("the client's order decides, and a guess that follows changes nothing", () => {
  const both = { client: "a,b,c", server: "c,b" };
  for (const follows of [false, true])
    expect(choose({ ...lists(both.client), follows }, { ...lists(both.server), follows })).toMatchObject({
      keyExchange: "b",
      hostKey: "b",
      cipherToServer: "b",
      macToClient: "b",
      compressionToClient: "b",
    });
});

test("each direction for itself", () => {
  const toClient = { ciphers: "aes256-gcm@openssh.com", macs: "m2", compression: "zlib" };
  expect(choose({ toClient }, { toClient })).toMatchObject({
    cipherToServer: "aes128-ctr",
    cipherToClient: "aes256-gcm@openssh.com",
    macToServer: "m1",
    macToClient: "implicit",
    compressionToServer: "none",
    compressionToClient: "zlib",
  });
});

test("none in common", () => {
  expect(choose({ kex: "x", ciphers: "y", macs: "", compression: "z" }, {})).toMatchObject({
    keyExchange: "",
    hostKey: "",
    cipherToServer: "",
    macToServer: "",
    compressionToServer: "",
    isPostQuantum: false,
  });
});

describe("key exchange and host key", () => {
  test("without a host key in common there is no key exchange", () => {
    expect(choose({ hostKey: "ssh-rsa" }, {})).toMatchObject({ keyExchange: "", hostKey: "" });
  });

  test("no key of its own is enough for GSSAPI alone", () => {
    const kex = "k1,gss-group14-sha256-toWM5Slw5Ew8Mqkay+al2g==";
    const vouched = { keyExchange: kex.slice(3), hostKey: "null" };
    expect(choose({ kex, hostKey: "null" }, { kex, hostKey: "null" })).toMatchObject(vouched);
    expect(choose({ kex, hostKey: "null,x" }, { kex, hostKey: "null,x" })).toMatchObject({
      keyExchange: "k1",
      hostKey: "x",
    });
  });

  test("pseudo-names are not chosen", () => {
    const pseudo = "ext-info-c,ext-info-s,kex-strict-c-v00@openssh.com,kex-strict-s,kexguess2@matt.ucc.asn.au";
    expect(choose({ kex: `${pseudo},k1` }, { kex: `${pseudo},k1` }).keyExchange).toBe("k1");
    expect(choose({ kex: pseudo }, { kex: pseudo }).keyExchange).toBe("");
  });
});

test.each([
  ["mlkem768x25519-sha256", true],
  ["mlkem1024nistp384-sha384", true],
  ["mlkem512-sha256", true],
  ["sntrup761x25519-sha512@openssh.com", true],
  ["x25519-kyber-512r3-sha256-d00@amazon.com", true],
  ["curve25519-sha256", false],
] as const)("post-quantum: %s", (kex, isPostQuantum) => {
  const by = (yes: string): string => (isPostQuantum ? yes : "none");
  expect(choose({ kex }, { kex })).toMatchObject({ isPostQuantum, postQuantumOffered: by("both") });
  expect(choose({ kex: `k1,${kex}` }, {})).toMatchObject({ isPostQuantum: false, postQuantumOffered: by("client") });
  expect(choose({}, { kex: `k1,${kex}` })).toMatchObject({ isPostQuantum: false, postQuantumOffered: by("server") });
});

test.each([
  ["kex-strict-c-v00@openssh.com", "kex-strict-s-v00@openssh.com", true],
  ["kex-strict-c", "kex-strict-s", true],
  ["kex-strict-c", "kex-strict-s-v00@openssh.com", false],
  ["kex-strict-c-v00@openssh.com", "kex-strict-c-v00@openssh.com", false],
  ["kex-strict-c-v00@openssh.com", "x", false],
  ["x", "kex-strict-s-v00@openssh.com", false],
])("strict: %s and %s: %p", (client, server, isStrict) => {
  expect(choose({ kex: `k1,${client}` }, { kex: `k1,${server}` }).isStrict).toBe(isStrict);
});

test.each([
  ["chacha20-poly1305@openssh.com", "hmac-sha2-256", true],
  ["aes128-cbc", "hmac-sha2-256-etm@openssh.com", true],
  ["rijndael-cbc@lysator.liu.se", "hmac-sha2-256-etm@openssh.com", true],
  ["aes128-cbc", "hmac-sha2-256", false],
  ["aes128-ctr", "hmac-sha2-256-etm@openssh.com", false],
  ["aes128-gcm@openssh.com", "hmac-sha2-256-etm@openssh.com", false],
])("Terrapin: %s with %s: %p", (ciphers, macs, isTerrapin) => {
  expect(choose({ ciphers, macs }, { ciphers, macs }).isTerrapin).toBe(isTerrapin);
  const toClient = { ciphers, macs, compression: "none" };
  expect(choose({ toClient }, { toClient }).isTerrapin).toBe(isTerrapin);
  const kex = "k1,kex-strict-c,kex-strict-s";
  expect(choose({ kex, ciphers, macs }, { kex, ciphers, macs }).isTerrapin).toBe(false);
  // What is merely offered does not count.
  expect(choose({ ciphers: `aes128-ctr,${ciphers}` }, { ciphers: `aes128-ctr,${ciphers}` }).isTerrapin).toBe(false);
});

test.each(["AEAD_AES_128_GCM", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-gcm"])(
  "%s brings its own MAC",
  (ciphers) => {
    expect(choose({ ciphers, macs: "m1" }, { ciphers, macs: "m2" }).macToServer).toBe("implicit");
  },
);

const long = (letter: string): string[] => [...Array.from({ length: 30_000 }, (_, index) => letter + index), "z"];

test("long lists take no long", () => {
  const start = performance.now();
  const client = { ...offer("client", plain), keyExchange: long("a"), hasshText: "", hassh: "" };
  const server = { ...offer("server", plain), keyExchange: long("b"), hasshText: "", hassh: "" };
  expect(negotiate(client, server).keyExchange).toBe("z");
  // Seconds, if each were compared with each.
  expect(performance.now() - start).toBeLessThan(1000);
});
