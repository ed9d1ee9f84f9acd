/** What `up` and `no-maint` leave out: servers, and nothing else. */
import { expect, test } from "bun:test";
import { statsCsv } from "../../../../src/ops/stats/csv.ts";
import { statRows } from "../../../../src/ops/stats/stat-rows.ts";
import { backendStats, scriptedProxy, serverStats } from "../scripted-proxy.ts";

const servers = (["UP", "DOWN", "MAINT"] as const).map((state, at) => serverStats({ name: state, id: at + 1, state }));

test.each([
  [false, false, ["UP", "DOWN", "MAINT", "BACKEND"]],
  [true, false, ["UP", "BACKEND"]],
  [false, true, ["UP", "DOWN", "BACKEND"]],
])("up %p, no-maint %p", (hidesDown, hidesMaintenance, names) => {
  const { proxy } = scriptedProxy({ frontends: [], backends: [backendStats(servers, { state: "DOWN" })] });
  const text = [...statRows(proxy, statsCsv, { hidesDown, hidesMaintenance, isWanted: () => true })].join("");
  const lines = text.split("\n").slice(1, -1);
  expect(lines.map((line) => line.split(",")[1])).toEqual(names);
});

test("nothing of what is not wanted", () => {
  const { proxy } = scriptedProxy();
  const choice = { hidesDown: false, hidesMaintenance: false, isWanted: () => false };
  expect([...statRows(proxy, statsCsv, choice)].join("")).toBe(statsCsv.head);
});
