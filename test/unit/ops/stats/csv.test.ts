/** The three forms of `show stat` say the same of a row, each so that what a server said cannot break out of its field. */
import { expect, test } from "bun:test";
import { statsCsv, statsJson, statsTyped } from "../../../../src/ops/stats/csv.ts";
import { statsRows, type StatsRow } from "../../../../src/ops/stats/rows.ts";
import { backendStats, frontendStats, scriptedProxy, serverStats } from "../scripted-proxy.ts";

function serverRow(info: string | null): StatsRow {
  const { check } = serverStats();
  const last = { status: "L7STS", code: 500, info, durationMs: 3 };
  const servers = [serverStats({ check: check === null ? null : { ...check, last } })];
  const { proxy } = scriptedProxy({ frontends: [], backends: [backendStats(servers)] });
  for (const row of statsRows(proxy)) if (row.kind === "S") return row;
  throw new Error("there is one");
}

const names = statsCsv.head.slice(2).trimEnd().split(",");

test("a line of CSV has a field for each column, and a comma behind each", () => {
  const line = statsCsv.row(serverRow(null), true);
  expect(line.trimEnd().split(",").length).toBe(names.length);
  expect(line).toStartWith("be,s1,");
  expect(line).toEndWith(",\n");
});

test("the columns of HAProxy's modules stand behind a dash", () => {
  const at = names.indexOf("-");
  expect(names.slice(at)).toEqual(["-", "ssl_sess", "ssl_reused_sess", "ssl_failed_handshake", ""]);
  expect(statsCsv.row(serverRow(null), true).trimEnd().split(",").slice(at)).toEqual(["-", "9", "3", "2", ""]);
});

test("a field that holds a comma, a quote or a line end is quoted, on one line", () => {
  const line = statsCsv.row(serverRow('no, "really"\r\nnot'), true);
  expect(line).toContain(',"no, ""really"" not",');
  expect(line.split("\n").length).toBe(2);
});

test("typed lines and JSON name column and type, and leave out what there is not", () => {
  const row = serverRow("gone\nagain");
  const typed = statsTyped.row(row, true).trimEnd().split("\n");
  const position = names.indexOf("svname");
  expect(typed).toContain(`S.${row.proxyId}.${row.objectId}.${position}.svname.1:KNS:str:s1`);
  expect(typed.length).toBeLessThan(names.length);
  const fields = JSON.parse(`[${statsJson.row(row, true)}]`)[0] as {
    field: { name: string };
    value: { value: unknown };
  }[];
  expect(fields.length).toBe(typed.length);
  expect(fields.find((one) => one.field.name === "svname")?.value.value).toBe("s1");
  expect(statsJson.row(row, false)).toStartWith(",[");
});

test("what was compressed, of frontends and backends, and 0 in mode tcp", () => {
  const compression = { bytesIn: 9, bytesOut: 5, bytesPassed: 2, answers: 1 };
  const http = { requestsTotal: 0, requestRate: { current: 0, limit: 0, max: 0 }, responses: [], intercepted: 0 };
  const stats = { ...http, connects: 0, reuses: 0, idle: 0, idleFresh: 0, compression };
  const columns = ["comp_in", "comp_out", "comp_byp", "comp_rsp"] as const;
  const shown = (proxy: ReturnType<typeof scriptedProxy>["proxy"]) =>
    Array.from(statsRows(proxy), (row) => `${row.kind} ${columns.map((column) => row.value(column) ?? "").join(" ")}`);
  const of = {
    frontends: [frontendStats({ http: stats })],
    backends: [backendStats([serverStats()], { http: stats })],
  };
  expect(shown(scriptedProxy(of).proxy)).toEqual(["F 9 5 2 1", "S    ", "B 9 5 2 1"]);
  expect(shown(scriptedProxy().proxy)).toEqual(["F 0 0 0 0", "S    ", "B 0 0 0 0"]);
});
