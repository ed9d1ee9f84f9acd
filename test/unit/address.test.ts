/** Hosts as the system tells and takes them. */
import { expect, test } from "bun:test";
import { addressText, literalHost, plainHost } from "../../src/address.ts";

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

test("an address is a word as HAProxy writes it", () => {
  expect(addressText({ kind: "tcp", host: "::1", port: 22 })).toBe("[::1]:22");
  expect(addressText({ kind: "tcp", host: "192.0.2.1", port: 22 })).toBe("192.0.2.1:22");
  expect(addressText({ kind: "unix", path: "/s" })).toBe("/s");
  expect(addressText({ kind: "abstract", name: "n" })).toBe("abns@n");
});
