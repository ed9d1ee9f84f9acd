/** Pins against what servers have. */
import { expect, test } from "bun:test";
import { judgePins } from "../../../../src/ssh/hostkeys/pins.ts";

const ed = (fingerprint: string, isVerified = true) => ({
  name: "ssh-ed25519",
  type: "ED25519",
  bits: 256,
  fingerprint,
  isVerified,
});
const rsa = (fingerprint: string) => ({ ...ed(fingerprint), name: "ssh-rsa", type: "RSA" });
const certified = (fingerprint: string) => ({ ...ed(fingerprint), name: "ssh-ed25519 certificate" });

type Keys = readonly ReturnType<typeof ed>[];

/** `kinds`: what pins are known to be for, from servers. */
function judged(
  pins: string,
  keys: Keys,
  { isWhole = true, kinds = {} as Readonly<{ [K in "a" | "b"]?: string }> } = {},
) {
  const known = new Map<string, string>(Object.entries(kinds));
  for (const { fingerprint, name } of keys) known.set(fingerprint, name.replace(" certificate", ""));
  return judgePins([...pins], keys, isWhole, (fingerprint) => known.get(fingerprint) ?? null);
}

const fine = { objection: null };

test("one of them is enough, and keys of other kinds do not matter", () => {
  expect(judged("a", [ed("a")])).toEqual(fine);
  expect(judged("ab", [ed("b"), rsa("z")])).toEqual(fine);
  expect(judged("a", [ed("a"), rsa("z")], { isWhole: false })).toEqual(fine);
});

test("none of them", () => {
  expect(judged("a", [ed("x")])).toEqual({ objection: "its host key is not pinned: x (ED25519)" });
  expect(judged("a", [ed("x"), rsa("y")])).toEqual({ objection: "its host keys are not pinned: x (ED25519), y (RSA)" });
  expect(judged("a", [])).toEqual({ objection: "it has proved to have none of the pinned host keys" });
  const many = Array.from({ length: 6 }, (_, at) => rsa(`k${at}`));
  expect(judged("a", many)).toEqual({
    objection: "its host keys are not pinned: k0 (RSA), k1 (RSA), k2 (RSA), k3 (RSA), 2 more",
  });
});

test("another key of a kind that a pin is for", () => {
  const kinds = { a: "ssh-ed25519", b: "ssh-rsa" };
  expect(judged("ab", [ed("a"), rsa("z")], { kinds })).toEqual({
    objection: "its RSA host key z is not the pinned one",
  });
  expect(judged("a", [ed("a"), certified("z")])).toEqual({ objection: "its ED25519 host key z is not the pinned one" });
  expect(judged("a", [ed("x")], { kinds, isWhole: false })).toEqual({
    objection: "its ED25519 host key x is not the pinned one",
  });
});

test("what was not read may be the pinned one", () => {
  expect(judged("a", [rsa("x")], { isWhole: false })).toBe("unknown");
  expect(judged("a", [], { isWhole: false })).toBe("unknown");
});

test("a key that nobody could verify is no pinned one", () => {
  expect(judged("a", [ed("a", false)])).toEqual({ objection: "its host key is not pinned: a (ED25519)" });
});
