import { expect, test } from "bun:test";
import { dynamicCookie } from "../../../../src/proxy/backend/dynamic-cookie.ts";

test("the cookie is HAProxy's for the same key, address and port", () => {
  expect(dynamicCookie("hello", { kind: "tcp", host: "127.0.0.1", port: 58_327 })).toBe("1f473d0891940e17");
  expect(dynamicCookie("hello", { kind: "tcp", host: "127.0.0.1", port: 58_328 })).not.toBe("1f473d0891940e17");
  expect(dynamicCookie("other", { kind: "tcp", host: "127.0.0.1", port: 58_327 })).not.toBe("1f473d0891940e17");
  expect(dynamicCookie("hello", { kind: "unix", path: "/s" })).toBeNull();
});
