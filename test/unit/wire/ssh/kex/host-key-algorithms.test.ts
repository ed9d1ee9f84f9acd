/** Which host keys are asked for, and which signatures hold. */
import { describe, expect, test } from "bun:test";
import { joinBytes, SshFieldReader, stringField } from "../../../../../src/wire/ssh/kex/fields.ts";
import { type HostKey, parseHostKey } from "../../../../../src/wire/ssh/kex/host-key.ts";
import {
  algorithmsToAsk,
  type HostKeyAlgorithm,
  verifyHostKey,
} from "../../../../../src/wire/ssh/kex/host-key-algorithms.ts";
import { ecdsaKey, ed25519Key, rsaKey, type ServerKey } from "./server-side.ts";

function algorithm(name: string): HostKeyAlgorithm {
  const [one] = algorithmsToAsk([name]).known;
  if (one === undefined) throw new Error(name);
  return one;
}

function parsed({ blob }: ServerKey): HostKey {
  const key = parseHostKey(blob);
  if (key === null) throw new Error("no key");
  return key;
}

const text = new TextEncoder().encode("a hash");

test("one algorithm a key is asked for, the best that is listed; unknown names are told", () => {
  const { known, unknown } = algorithmsToAsk([
    "ssh-rsa",
    "rsa-sha2-256",
    "x509v3-ssh-rsa",
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp256",
    "ssh-ed25519",
    "ssh-ed25519",
    "x509v3-ssh-rsa",
  ]);
  expect(known.map(({ name }) => name)).toEqual([
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-256",
    "ssh-ed25519-cert-v01@openssh.com",
  ]);
  expect(unknown).toEqual(["x509v3-ssh-rsa"]);
});

describe("what the server has signed is", () => {
  const [rsa, other] = [rsaKey(), rsaKey(1024)];
  const keys: readonly (readonly [string, ServerKey, ServerKey])[] = [
    ["ssh-ed25519", ed25519Key(), ed25519Key()],
    ["ecdsa-sha2-nistp256", ecdsaKey(256), ecdsaKey(256)],
    ["ecdsa-sha2-nistp384", ecdsaKey(384), ecdsaKey(384)],
    ["ecdsa-sha2-nistp521", ecdsaKey(521), ecdsaKey(521)],
    ["rsa-sha2-512", rsa, other],
    ["rsa-sha2-256", rsa, other],
    ["ssh-rsa", rsa, other],
  ];
  for (const [name, key, impostor] of keys)
    test(name, () => {
      const verdict = (signature: Uint8Array, of = text) => verifyHostKey(algorithm(name), parsed(key), signature, of);
      // Numbers of all lengths: those of ECDSA have leading zeros at times.
      for (let round = 0; round < 6; round++) expect(verdict(key.sign(name, text))).toBe("valid");
      const good = key.sign(name, text);
      expect(verdict(good, text.slice(1))).toBe("invalid");
      expect(verdict(impostor.sign(name, text))).toBe("invalid");
      expect(verdict(key.sign("ssh-other", text))).toBe("invalid");
      expect(verdict(joinBytes(good, Uint8Array.of(0)))).toBe("invalid");
      const blob = new SshFieldReader(good);
      blob.string();
      for (const bad of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(5000).fill(255)])
        expect(verdict(joinBytes(stringField(name), stringField(bad)))).not.toBe("valid");
      for (let at = 0; at < good.length; at += 3) {
        const changed = good.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(verdict(changed)).not.toBe("valid");
      }
    });
});

test("a key of another kind than agreed to, or none of a certificate, is not taken", () => {
  const [ed25519, rsa] = [ed25519Key(), rsaKey(1024)];
  const signature = ed25519.sign("ssh-ed25519", text);
  expect(verifyHostKey(algorithm("rsa-sha2-512"), parsed(ed25519), signature, text)).toBe("invalid");
  expect(verifyHostKey(algorithm("ssh-ed25519-cert-v01@openssh.com"), parsed(ed25519), signature, text)).toBe(
    "invalid",
  );
  // What was agreed to counts: an older digest of the same key is a step back.
  expect(verifyHostKey(algorithm("rsa-sha2-512"), parsed(rsa), rsa.sign("ssh-rsa", text), text)).toBe("invalid");
});

test("where the runtime cannot tell it does not say so", () => {
  const key = { ...parsed(ed25519Key()), publicKey: null };
  expect(verifyHostKey(algorithm("ssh-ed25519"), key, ed25519Key().sign("ssh-ed25519", text), text)).toBe("unknown");
});
