/** What `up` and `no-maint` leave out: servers, and nothing else. */
import { describe, expect, test } from "bun:test";
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

describe("a server that something besides its checks speaks against", () => {
  const objection = { status: "L7RSP", code: null, info: "its host key is not pinned", durationMs: 3 };
  const row = (own: Parameters<typeof serverStats>[0]): string[] => {
    const one = serverStats({ state: "DOWN", objection, ...own });
    const { proxy } = scriptedProxy({ frontends: [], backends: [backendStats([one], {})] });
    const [head = "", line = ""] = [
      ...statRows(proxy, statsCsv, { hidesDown: false, hidesMaintenance: false, isWanted: () => true }),
    ]
      .join("")
      .split("\n");
    const cells = line.split(",");
    return ["status", "check_status", "check_duration", "check_desc", "last_chk"].map(
      (name) => cells[head.split(",").indexOf(name)] ?? "",
    );
  };
  const told = ["L7RSP", "3", "Layer7 invalid response", "its host key is not pinned"];

  test("is down, whatever its check says, or without one", () => {
    expect(row({})).toEqual(["DOWN", ...told]);
    expect(row({ check: null })).toEqual(["DOWN", ...told]);
  });

  test("is on its way up by its check all the same", () => {
    const { check } = serverStats();
    expect(row({ check: check && { ...check, health: 1 } })[0]).toBe("DOWN 1/2");
  });

  test("tells of it not in maintenance, nor when it is over", () => {
    expect(row({ state: "MAINT", check: null })).toEqual(["MAINT", "", "", "", ""]);
    expect(row({ state: "UP", objection: null })).toEqual(["UP", "L4OK", "0", "Layer4 check passed", ""]);
  });
});
