import { expect, test } from "bun:test";
import { tlsError } from "../../../../src/wire/tls/errors.ts";

test("errors are numbered and worded as OpenSSL 3.0 does it", () => {
  expect(tlsError("NO_SHARED_CIPHER")).toEqual({
    number: 0x0a0000c1,
    text: "error:0A0000C1:SSL routines::no shared cipher",
  });
  expect(tlsError("TLSV1_ALERT_UNKNOWN_CA")).toEqual({
    number: 0x0a000418,
    text: "error:0A000418:SSL routines::tlsv1 alert unknown ca",
  });
});

test("a reason that it does not have has no number of its own", () => {
  expect(tlsError("constructor").number).toBe(0x0a000000);
});
