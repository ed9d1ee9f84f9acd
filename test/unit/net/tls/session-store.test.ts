import { expect, test } from "bun:test";
import { SessionStore } from "../../../../src/net/tls/session-store.ts";

test("the last session of each key is kept, for so many keys and no more", () => {
  const store = new SessionStore();
  store.keep("first", Buffer.from("a"));
  store.keep("second", Buffer.from("b"));
  store.keep("first", Buffer.from("c"));
  expect([store.of("first")?.toString(), store.of("second")?.toString(), store.of("third")]).toEqual(["c", "b", null]);
  for (let index = 0; index < 1023; index++) store.keep(`${index}`, Buffer.from("x"));
  expect([store.of("second"), store.of("first")?.toString()]).toEqual([null, "c"]);
  store.keep("last", Buffer.from("x"));
  expect(store.of("first")).toBeNull();
});
