import { expect, test } from "bun:test";
import { TlsFailure, TlsOptionError } from "../../../../src/net/tls/secure.ts";

test("an error says which part of the options it is about, and in which place", () => {
  const { name, part, index, message } = new TlsOptionError("crl", "not a list", 2);
  expect({ name, part, index, message }).toEqual({
    name: "TlsOptionError",
    part: "crl",
    index: 2,
    message: "not a list",
  });
});

test("a failure says how far it came", () => {
  const { name, kind, facts } = new TlsFailure("plain", "no TLS");
  expect({ name, kind, facts }).toEqual({ name: "TlsFailure", kind: "plain", facts: null });
});
