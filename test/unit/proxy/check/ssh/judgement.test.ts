import { expect, test } from "bun:test";
import type { SshExpectation } from "../../../../../src/plan/ssh/ssh-check.ts";
import { misfit, needsOffer } from "../../../../../src/proxy/check/ssh/judgement.ts";
import { heard } from "./ssh-scene.ts";

const said = heard("SSH-2.0-OpenSSH_9.2p1 Debian", 1, "aes128-ctr");

const want = (what: SshExpectation["what"], pattern: string, negate = false): SshExpectation => ({
  what,
  pattern,
  negate,
});

test.each<[string, SshExpectation, string | null]>([
  ["the line", want("ident", "^SSH-2.0-OpenSSH_9"), null],
  ["another line", want("ident", "dropbear"), "expect ident 'dropbear': SSH-2.0-OpenSSH_9.2p1 Debian"],
  ["a line that must not be", want("ident", "Debian", true), "expect ! ident 'Debian': SSH-2.0-OpenSSH_9.2p1 Debian"],
  ["no such line", want("ident", "dropbear", true), null],
  ["a key exchange", want("kex", "^curve25519"), null],
  ["a pseudo-name", want("kex", "^kex-strict-s"), null],
  ["no such key exchange", want("kex", "mlkem"), "expect kex 'mlkem': the server does not list it"],
  ["a host key", want("hostkey", "ed25519"), null],
  [
    "a host key that must not be",
    want("hostkey", "rsa", true),
    "expect ! hostkey 'rsa': the server lists rsa-sha2-512",
  ],
  ["a MAC", want("mac", "^hmac-sha2"), null],
  ["a cipher of both directions", want("cipher", "aes128"), null],
  ["a cipher of one direction", want("cipher", "3des"), "expect cipher '3des': the server does not list it"],
  [
    "a cipher that must be in neither",
    want("cipher", "cbc$", true),
    "expect ! cipher 'cbc$': the server lists 3des-cbc",
  ],
])("%s", (_, expectation, wrong) => {
  expect(misfit([expectation], said)).toBe(wrong);
});

test("the first that is wrong is told", () => {
  const all = [want("ident", "OpenSSH"), want("kex", "mlkem"), want("mac", "md5")];
  expect(misfit(all, said)).toBe("expect kex 'mlkem': the server does not list it");
  expect(misfit([], said)).toBeNull();
});

test("lists that have not come are not judged, but asked for", () => {
  const all = [want("ident", "OpenSSH"), want("kex", "mlkem")];
  expect(misfit(all, { ...said, offer: null })).toBeNull();
  expect([needsOffer(all), needsOffer(all.slice(0, 1)), needsOffer([])]).toEqual([true, false, false]);
});
