/** Protocols that a hello offers. */
import { expect, test } from "bun:test";
import { alpnNames, http1Names } from "../../../../src/config/tls/alpn.ts";

test("a list's names in its order; empty ones are none", () => {
  expect(alpnNames("h2,http/1.1", "alpn", null)).toEqual(["h2", "http/1.1"]);
  expect(alpnNames("a,,b,", "alpn", null)).toEqual(["a", "b"]);
  expect(alpnNames(",", "alpn", null)).toEqual([]);
});

test("a name has 255 bytes at most", () => {
  expect(alpnNames("a".repeat(255), "alpn", null)).toHaveLength(1);
  const name = "a".repeat(256);
  expect(() => alpnNames(`b,${name}`, "alpn", null)).toThrow(`'alpn' : ALPN protocol name too long : '${name}'`);
});

test("HTTP/1 is what is left where HTTP is spoken", () => {
  expect(http1Names(["h2", "http/1.1", "http/1.0"])).toEqual(["http/1.1", "http/1.0"]);
  expect(http1Names(["h2"])).toBeNull();
  expect(http1Names([])).toEqual([]);
});
