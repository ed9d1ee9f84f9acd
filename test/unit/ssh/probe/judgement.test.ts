/** What a server's lists say of it. */
import { describe, expect, test } from "bun:test";
import type { SshOffer } from "../../../../src/ssh-facts.ts";
import {
  currentChoice,
  currentClientLacks,
  hasStrictKex,
  isOpenToTerrapin,
  offerFor,
  postQuantumMethods,
} from "../../../../src/ssh/probe/judgement.ts";
import { ordinaryOffer } from "../../../../src/wire/ssh/kex/client-offer.ts";
import { kexInitListsAt, readKexInit } from "../../../../src/wire/ssh/kexinit.ts";
import { kexInitPayload, type Lists } from "../../wire/ssh/bytes.ts";

const modern: Lists = {
  kex: "mlkem768x25519-sha256,curve25519-sha256,kex-strict-s-v00@openssh.com",
  hostKey: "rsa-sha2-512,ssh-ed25519",
  ciphers: "aes256-ctr,chacha20-poly1305@openssh.com",
  macs: "hmac-sha2-256,hmac-sha2-256-etm@openssh.com",
  compression: "none",
};

function server(lists: Partial<Lists>): SshOffer {
  const payload = kexInitPayload({ ...modern, ...lists });
  const offer = readKexInit("server", payload, kexInitListsAt, payload.length);
  if (offer === null) throw new Error("no offer");
  return offer;
}

test("a current client chooses the best of it, or nothing", () => {
  expect(currentChoice(server({}))).toMatchObject({
    keyExchange: "mlkem768x25519-sha256",
    hostKey: "ssh-ed25519",
    cipherToServer: "chacha20-poly1305@openssh.com",
    macToServer: "implicit",
    isPostQuantum: true,
    isStrict: true,
    isTerrapin: false,
  });
  const old = server({ kex: "diffie-hellman-group14-sha1", hostKey: "ssh-rsa", ciphers: "aes128-cbc" });
  expect(currentChoice(old)).toMatchObject({ keyExchange: "", hostKey: "", cipherToServer: "" });
  expect(currentClientLacks(old)).toEqual(["key exchange", "host key", "cipher"]);
  expect(currentClientLacks(server({ macs: "own" }))).toEqual([]);
  expect(currentClientLacks(server({ ciphers: "aes128-ctr", macs: "own", compression: "lz4" }))).toEqual([
    "MAC",
    "compression",
  ]);
});

test("what withstands a quantum computer, and strictness", () => {
  expect(postQuantumMethods(server({}))).toEqual(["mlkem768x25519-sha256"]);
  expect(["kex-strict-s", "kex-strict-c-v00@openssh.com"].map((kex) => hasStrictKex(server({ kex })))).toEqual([
    true,
    false,
  ]);
});

describe("Terrapin", () => {
  const loose = { kex: "curve25519-sha256" };
  for (const [what, lists, isOpen] of [
    ["strict", {}, false],
    ["ChaCha20", loose, true],
    ["CTR with an encrypt-then-MAC", { ...loose, ciphers: "aes128-ctr" }, false],
    ["CBC with an encrypt-then-MAC", { ...loose, ciphers: "aes128-cbc" }, true],
    ["CBC without", { ...loose, ciphers: "aes128-cbc", macs: "hmac-sha2-256" }, false],
    [
      "in one direction",
      {
        ...loose,
        ciphers: "aes128-ctr",
        toClient: { ciphers: "aes128-cbc", macs: "hmac-sha1-etm@openssh.com", compression: "none" },
      },
      true,
    ],
  ] as const)
    test(what, () => expect(isOpenToTerrapin(server(lists))).toBe(isOpen));
});

test("a server's own first stands for what it has none of ours of", () => {
  const toClient = { ciphers: "x2,x3", macs: "hmac-sha1", compression: "none" };
  const offer = offerFor(server({ ciphers: "x1", macs: "", toClient }), "k", "h");
  expect(offer).toEqual({
    keyExchange: ["k"],
    hostKey: ["h"],
    ciphers: [...ordinaryOffer.ciphers, "x1", "x2"],
    macs: ordinaryOffer.macs,
    compression: ordinaryOffer.compression,
  });
});
