/** `set maintenance` and `show maintenance`, and how statistics, pages, metrics and the log tell of it. */
import { describe, expect, test } from "bun:test";
import { type Status, statusRows, statusText } from "../../../../src/ops/health/status-document.ts";
import { maintenanceMessage } from "../../../../src/ops/log/messages.ts";
import { statsCsv } from "../../../../src/ops/stats/csv.ts";
import { metricsRows } from "../../../../src/ops/stats/metrics.ts";
import { statRows } from "../../../../src/ops/stats/stat-rows.ts";
import { backendStats, frontendStats, metricsSource, scriptedProxy, serverStats } from "../scripted-proxy.ts";
import { answerCommand } from "../../../../src/ops/admin/commands.ts";
import type { AdminSession } from "../../../../src/ops/admin/command.ts";
import { adminSources } from "../admin-sources.ts";

const since = Date.UTC(2026, 10, 29, 9, 30);
const maintenance = { since, text: 'back at "14:00"', refused: 3 };
const maintained = {
  frontends: [frontendStats({ maintenance })],
  backends: [backendStats([serverStats()], { maintenance })],
  maintenances: [["fe", maintenance] as [string, typeof maintenance]],
};

function adminStage(own: Parameters<typeof scriptedProxy>[0] = {}) {
  const { proxy, asked } = scriptedProxy(own);
  const sources = adminSources(own);
  const session: AdminSession = {
    level: "admin",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    origin: "unix@/x",
    closing: false,
  };
  const from = { ...sources, info: { ...sources.info, proxy } };
  return { asked, session, ask: (text: string) => [...answerCommand(text, from, session)].join("") };
}

const everything = { hidesDown: false, hidesMaintenance: false, isWanted: () => true };

describe("set maintenance", () => {
  const usage = "'set maintenance' expects a proxy, 'on' or 'off', and behind 'on' the text that users read.\n";
  const octal = "Clients of OpenSSH show what is not ASCII as octal numbers.\n";
  const by = "by command on unix@/x";
  const rows: readonly (readonly [string, string, readonly unknown[] | null])[] = [
    ["set maintenance fe on back at 14:00", "", ["fe", "back at 14:00", by]],
    ['set maintenance fe on "back at 14:00"', "", ["fe", "back at 14:00", by]],
    ["set maintenance fe on back\\ \\ soon\\; \\\\o/", "", ["fe", "back  soon; \\o/", by]],
    ["set maintenance fe on", "", ["fe", "", by]],
    ["set maintenance fe on zurück", octal, ["fe", "zurück", by]],
    ["set maintenance fe off", "", ["fe", null, by]],
    ["set maintenance be off", "It is not in maintenance.\n", ["be", null, by]],
    ["set maintenance fe off now", "'off' takes no text.\n", null],
    ["set maintenance fe maybe", usage, null],
    ["set maintenance", usage, null],
    ["set maintenance fe on a\u001b[31mb", "The text must not hold control characters.\n", null],
    ['set maintenance fe on "back', "The text lacks its closing quote: write '\\;' for a ';' in it.\n", null],
    ["set maintenance fe on a\u0085b", "The text must not hold control characters.\n", null],
    [`set maintenance fe on ${"x".repeat(400)}`, "", ["fe", "x".repeat(400), by]],
    [`set maintenance fe on ${"x".repeat(401)}`, "The text has 401 bytes, and may have 400.\n", null],
    [`set maintenance fe on ${"ü".repeat(201)}`, "The text has 402 bytes, and may have 400.\n", null],
  ];
  test.each(rows)("%s", (text, answer, asked) => {
    const stage = adminStage(maintained);
    expect(stage.ask(text)).toBe(answer);
    expect(stage.asked).toEqual(asked === null ? [] : [["maintenance", ...asked]]);
  });

  test("is for the level admin, and help lists it there", () => {
    const stage = adminStage(maintained);
    expect(stage.ask("help set maint")).toContain("set maintenance <proxy> on|off [text]");
    stage.session.level = "operator";
    expect(stage.ask("set maintenance fe on")).toBe("Permission denied\n");
    expect(stage.ask("help")).not.toContain("set maintenance");
    expect(stage.asked).toEqual([]);
    stage.session.level = "user";
    expect(stage.ask("show maintenance")).toMatch(
      /^# proxy since refused text\nfe \[?29\/Nov\/2026:\d\d:30:00\.000\]? 3 back at "14:00"\n$/,
    );
    expect(adminStage().ask("show maintenance")).toBe("# proxy since refused text\n");
  });
});

test("statistics say MAINT of both halves, and what users read", () => {
  const { proxy } = scriptedProxy(maintained);
  const [head = "", ...lines] = [...statRows(proxy, statsCsv, everything)].join("").split("\n");
  const names = head.slice(2).split(",");
  const at = (line: string, name: string): string | undefined => line.split(",")[names.indexOf(name)];
  const told = lines
    .filter((line) => line !== "")
    .map((line) => [at(line, "svname"), at(line, "status"), at(line, "last_chk")]);
  expect(told).toEqual([
    ["FRONTEND", "MAINT", '"back at ""14:00"""'],
    ["s1", "UP", ""],
    ["BACKEND", "MAINT", '"back at ""14:00"""'],
  ]);
  const stopped = scriptedProxy({ ...maintained, frontends: [frontendStats({ maintenance, state: "STOP" })] }).proxy;
  expect([...statRows(stopped, statsCsv, everything)].join("")).toContain(",STOP,");
});

test("metrics say so, of proxies in maintenance alone", () => {
  const text = [...metricsRows(metricsSource(maintained))].join("");
  expect(text).toContain('\nfairlead_maintenance{proxy="fe"} 1\n');
  expect(text).toContain('\nfairlead_maintenance_refused_total{proxy="fe"} 3\n');
  expect(text).toContain('haproxy_frontend_status{proxy="fe",state="DOWN"} 1\n');
  expect(text).toContain('haproxy_backend_status{proxy="be",state="DOWN"} 1\n');
  expect([...metricsRows(metricsSource())].join("")).not.toContain("fairlead_maintenance");
});

test("the document of /status and its text say so", () => {
  const { proxy } = scriptedProxy(maintained);
  const status = JSON.parse(
    [...statusRows(proxy, { version: "1", node: "n", readsSsh: false }, false)].join(""),
  ) as Status;
  const told = { since: "2026-11-29T09:30:00.000Z", text: 'back at "14:00"', refused: 3 };
  expect([status.frontends[0]?.maintenance, status.backends[0]?.maintenance]).toEqual([told, told]);
  const said = statusText(status);
  expect(said).toMatch(/frontend {2}fe +MAINT .*in maintenance since 2026-11-29T09:30:00\.000Z: back at "14:00"/);
  expect(said).toMatch(/backend {3}be +MAINT /);
});

test("the log has a line for each change, with who asked for it", () => {
  const event = { type: "maintenance", name: "ssh", logs: [], by: "by command on unix@/x" } as const;
  const changes = [
    { to: "on", text: 'at "14:00"', wasOn: false },
    { to: "on", text: "", wasOn: true },
    { to: "off", sinceMs: 61_400, refused: 1 },
    { to: "off", sinceMs: 400, refused: 0 },
  ] as const;
  expect(changes.map((change) => maintenanceMessage({ ...event, change }).text)).toEqual([
    'Proxy ssh is now in maintenance, saying "at #2214:00#22" (by command on unix@/x). Sessions under way go on.',
    "Proxy ssh stays in maintenance (by command on unix@/x). Sessions under way go on.",
    "Proxy ssh has left maintenance after 61 s (by command on unix@/x). 1 session was refused meanwhile.",
    "Proxy ssh has left maintenance after 0 s (by command on unix@/x). 0 sessions were refused meanwhile.",
  ]);
});
