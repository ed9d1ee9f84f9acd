/** Hosts as the system tells and takes them. */
import { expect, test } from "bun:test";
import { literalHost, plainHost } from "../../src/address.ts";

test("an IPv4 client of an IPv6 socket goes by its own address", () => {
  expect(["::ffff:10.0.0.1", "::ffff:a00:1", "::1", "10.0.0.1", ""].map(plainHost)).toEqual([
    "10.0.0.1",
    "::ffff:a00:1",
    "::1",
    "10.0.0.1",
    "",
  ]);
});

test("'*' and nothing are every IPv4 address", () => {
  expect(["*", "", "::", "127.0.0.1"].map(literalHost)).toEqual(["0.0.0.0", "0.0.0.0", "::", "127.0.0.1"]);
});
