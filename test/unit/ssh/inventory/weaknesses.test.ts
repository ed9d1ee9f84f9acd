import { describe, expect, test } from "bun:test";
import { offeredExchange, weaknessesOf } from "../../../../src/ssh/inventory/weaknesses.ts";
import { modern, offerOf, old } from "./facts.ts";

const none = { sshRsa: false, sha1: false, cbc: false };

describe("who would be locked out", () => {
  test("nobody who offers something else as well", () => {
    expect(weaknessesOf(offerOf(modern))).toEqual(none);
  });

  test("who offers nothing else", () => {
    expect(weaknessesOf(offerOf(old))).toEqual({ sshRsa: true, sha1: true, cbc: true });
  });

  const rows: [string, Parameters<typeof offerOf>[0], object][] = [
    [
      "a certificate with such a signature is no way out",
      { hostKey: ["ssh-rsa", "ssh-rsa-cert-v01@openssh.com"] },
      { sshRsa: true, sha1: true },
    ],
    ["DSA is a way out of ssh-rsa, not of SHA-1", { hostKey: ["ssh-rsa", "ssh-dss"] }, { sha1: true }],
    [
      "words among the key exchanges are none",
      { keyExchange: ["diffie-hellman-group1-sha1", "ext-info-c", "kex-strict-c-v00@openssh.com"] },
      { sha1: true },
    ],
    ["GSSAPI with SHA-1", { keyExchange: ["gss-gex-sha1-toWM5Slw5Ew8Mqkay+al2g=="] }, { sha1: true }],
    ["a cipher with its own MAC needs none", { macs: ["hmac-sha1", "hmac-sha1-96-etm@openssh.com"] }, {}],
    ["without such a cipher it does", { ciphers: ["aes128-ctr"], macs: ["hmac-sha1-96"] }, { sha1: true }],
    ["MD5 is no SHA-1", { ciphers: ["aes128-ctr"], macs: ["hmac-sha1", "hmac-md5"] }, {}],
    ["SHA-2 is no SHA-1", { keyExchange: ["diffie-hellman-group14-sha256"], hostKey: ["rsa-sha2-256"] }, {}],
    ["all in CBC mode", { ciphers: ["aes256-cbc", "rijndael-cbc@lysator.liu.se"] }, { cbc: true }],
    ["empty lists say nothing", { keyExchange: [], hostKey: [], ciphers: [], macs: [] }, {}],
  ];
  test.each(rows)("%s", (_, lists, expected) => {
    expect(weaknessesOf(offerOf(lists))).toEqual({ ...none, ...expected });
  });

  test("one direction is enough", () => {
    expect(weaknessesOf({ ...offerOf(modern), ciphersToClient: ["3des-cbc"] })).toEqual({ ...none, cbc: true });
  });
});

test("the best that is offered for a key exchange", () => {
  expect(offeredExchange(["sntrup761x25519-sha512", "mlkem768x25519-sha256"])).toBe("mlkem");
  expect(offeredExchange(["curve25519-sha256", "sntrup761x25519-sha512@openssh.com"])).toBe("otherPostQuantum");
  expect(offeredExchange(["x25519-kyber-512r3-sha256-d00@amazon.com"])).toBe("otherPostQuantum");
  expect(offeredExchange(["curve25519-sha256"])).toBe("classical");
});
