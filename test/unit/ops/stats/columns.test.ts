import { expect, test } from "bun:test";
import { columns, firstOwnColumn, tagNames } from "../../../../src/ops/stats/columns.ts";

test("columns stand where tools look for them, each once", () => {
  const names = columns.map(({ name }) => name);
  expect(new Set<string>(names).size).toBe(names.length);
  const at = (name: string): number => names.findIndex((one) => one === name);
  // Of HAProxy 2.6's `show stat`.
  expect(["pxname", "svname", "status", "weight", "check_status", "addr", "mode", "agg_check_status"].map(at)).toEqual([
    0, 1, 17, 18, 36, 73, 75, 102,
  ]);
  expect(columns.every(({ tags, type }) => tags.length === 3 && /^(str|u32|s32|u64)$/.test(type))).toBe(true);
});

test("tags are spelled out, and what is unknown is said to be", () => {
  expect(tagNames("MCP")).toEqual({ origin: "Metric", nature: "Counter", scope: "Process" });
  expect(tagNames("CaS")).toEqual({ origin: "Config", nature: "Avg", scope: "Service" });
  expect(tagNames("x")).toEqual({ origin: "Unknown", nature: "Unknown", scope: "Unknown" });
});

test("what HAProxy's module for TLS tells follows behind all that", () => {
  expect(columns.slice(firstOwnColumn - 1).map(({ name }) => name)).toEqual([
    "agg_check_status",
    "ssl_sess",
    "ssl_reused_sess",
    "ssl_failed_handshake",
  ]);
  expect(firstOwnColumn).toBe(103);
});
