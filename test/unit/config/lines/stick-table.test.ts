/** `stick-table` lines. */
import { expect, test } from "bun:test";
import { planOf, saidOf } from "../reading.ts";

const back = (words: string): string => `backend b\n server s 127.0.0.1:6\n stick-table ${words}\n`;
const none = { name: "b", keyLength: 4, expireMs: 0, nopurge: false, stores: [] };

test.each([
  ["type ip size 1k", { ...none, type: "ip", size: 1024 }],
  [
    "type ipv6 size 5 expire 3s nopurge",
    { ...none, type: "ipv6", keyLength: 16, size: 5, expireMs: 3000, nopurge: true },
  ],
  ["type string size 5", { ...none, type: "string", keyLength: 32, size: 5 }],
  ["type binary len 9 size 5 srvkey name", { ...none, type: "binary", keyLength: 9, size: 5 }],
])("%s", (words, stickTable) => expect(planOf(back(words)).backends[0]?.stickTable).toEqual(stickTable as never));

test("what is stored", () => {
  const words = "type ip size 5 store conn_cnt,conn_rate(3s),gpc(2) store gpc_rate(3,1m)";
  expect(planOf(back(words)).backends[0]?.stickTable?.stores).toEqual([
    { name: "conn_cnt", periodMs: 0, count: 1 },
    { name: "conn_rate", periodMs: 3000, count: 1 },
    { name: "gpc", periodMs: 0, count: 2 },
    { name: "gpc_rate", periodMs: 60_000, count: 3 },
  ]);
});

test.each([
  ["type ip", "missing size."],
  ["size 5", "missing type."],
  ["type x size 5", "unknown type 'x'."],
  ["type string len 0 size 5", "unknown type '0'."],
  ["type ip size 5x", "unexpected character 'x' in argument of 'size'."],
  ["type ip size", "missing argument after 'size'."],
  ["type ip size 5 expire 3x", "unexpected character 'x' in argument of 'expire'."],
  ["type ip size 5 expire 30d", "timer overflow in argument of 'expire'."],
  ["type ip size 5 store x", "unknown store option 'x'."],
  ["type ip size 5 store conn_rate", "missing argument to store option 'conn_rate'."],
  ["type ip size 5 store conn_rate(0)", "error when processing store option 'conn_rate'."],
  ["type ip size 5 store conn_rate(1s", "missing closing parenthesis after store option 'conn_rate'."],
  ["type ip size 5 store conn_cnt(1)", "unexpected argument to store option 'conn_cnt'."],
  ["type ip size 5 store gpc(101)", "array size is out of allowed range (1-100) for store option 'gpc'."],
  [
    "type ip size 5 store gpc(2),gpc0",
    "simultaneous usage of 'gpc' and 'gpc[0/1]' in a same table is not permitted as 'gpc' overrides 'gpc[0/1]'.",
  ],
  ["type ip size 5 more", "unknown argument 'more'."],
])("%s", (words, message) => {
  expect(saidOf(back(words))).toContain(`alert: parsing [case.cfg:7] : stick-table: ${message}`);
});

test("what is stored twice is stored once, with a warning", () => {
  const text = back("type ip size 5 store gpc0,gpc0");
  expect(planOf(text).backends[0]?.stickTable?.stores).toHaveLength(1);
  expect(saidOf(text)).toContain(
    "warning: parsing [case.cfg:7]: stick-table: store option 'gpc0' already enabled, ignored.",
  );
});
