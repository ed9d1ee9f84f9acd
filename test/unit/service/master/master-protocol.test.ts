import { expect, test } from "bun:test";
import { listenKey, readWorkerMessage } from "../../../../src/service/master/master-protocol.ts";
import { bindPlan } from "../../proxy/plans.ts";

test.each([
  { kind: "hello", version: 2 },
  { kind: "load" },
  { kind: "bind", ask: 1, key: "k" },
  { kind: "release", ask: 1, socket: 2 },
  { kind: "commands", ask: 1, level: "admin" },
  { kind: "resolve", ask: 1, host: "x", family: 6 },
  { kind: "serving" },
])("%j is taken", (message) => {
  expect(readWorkerMessage(message)).toEqual(message as never);
});

test.each([
  null,
  "serving",
  { kind: "exec" },
  { kind: "serving", more: 1 },
  { kind: "bind", ask: -1, key: "k" },
  { kind: "bind", ask: 1.5, key: "k" },
  { kind: "bind", ask: 1, key: "k".repeat(65_537) },
  { kind: "commands", ask: 1, level: "root" },
  { kind: "resolve", ask: 1, host: "x", family: 5 },
])("%j is not", (message) => {
  expect(readWorkerMessage(message)).toBeNull();
});

test("the rights of a command socket's file make no other socket, those of a client's do", () => {
  const address = { kind: "unix", path: "/socket" } as const;
  const [one, other] = [bindPlan({ address, mode: 0o600 }), bindPlan({ address, mode: 0o660 })];
  expect(listenKey(one, true)).toBe(listenKey(other, true));
  expect(listenKey(one, false)).not.toBe(listenKey(other, false));
  expect(listenKey(one, true)).not.toBe(listenKey(one, false));
});
