/** Errors by number, by name, and by what a runtime throws. */
import { constants } from "node:os";
import { expect, test } from "bun:test";
import {
  codeError,
  connectError,
  deadlineError,
  errnoOf,
  systemError,
  thrownError,
} from "../../../src/net/system-error.ts";
import { TransportError } from "../../../src/net/transport.ts";

const { EADDRINUSE, ECONNREFUSED, EINVAL } = constants.errno;

test("a number has its name and libc's text, and one that is not known says so", () => {
  const { code, message, stage } = systemError(EADDRINUSE);
  expect([code, message, stage]).toEqual(["EADDRINUSE", "Address already in use", "handshake"]);
  expect(systemError(EADDRINUSE, "bind").message).toBe("bind: Address already in use");
  expect(systemError(99_999).code).toBe("errno 99999");
  expect(connectError(ECONNREFUSED, "connect").stage).toBe("connect");
});

test("a code has its text, our own limit its mark, and what nobody knows is told as it is", () => {
  const late = deadlineError();
  expect([late.code, late.message, late.deadline]).toEqual(["ETIMEDOUT", "Connection timed out", true]);
  expect([codeError("ETIMEDOUT").deadline, codeError("ECANCELED").message]).toEqual([false, "Operation canceled"]);
  expect(codeError("EWHATEVER").message).toBe("EWHATEVER");
});

test("what was thrown is told by its code, ours goes on as it is", () => {
  const own = new TransportError("EPROTO", "mine");
  expect(thrownError(own, "EINVAL")).toBe(own);
  expect(thrownError({ code: "EADDRINUSE" }, "EINVAL").message).toBe("Address already in use");
  expect([thrownError(new Error("what?"), "EINVAL").code, thrownError({ code: 5 }, "EIO").code]).toEqual([
    "EINVAL",
    "EIO",
  ]);
});

test("a code has its number back, anything else is EINVAL", () => {
  const errors = [{ code: "EADDRINUSE" }, { code: "constructor" }, { code: 98 }, {}];
  expect(errors.map(errnoOf)).toEqual([EADDRINUSE, EINVAL, EINVAL, EINVAL]);
});
