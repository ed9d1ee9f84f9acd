/** What the bench makes of its figures: medians, goals, tables, the chart, the marked place of a page. */
import { describe, expect, test } from "bun:test";
import { chartText } from "../../bench/chart.ts";
import { goals, outcomes } from "../../bench/goals.ts";
import { withMarked } from "../../bench/keep.ts";
import { matrix } from "../../bench/matrix.ts";
import { shortfallText, summaryText, tablesText } from "../../bench/report.ts";
import { Results } from "../../bench/results.ts";

const figures = matrix.flatMap(({ measure }) => measure.figures);
const names = [...new Set(matrix.flatMap(({ takers }) => takers))];
const circumstances = {
  date: "2000-01-01",
  machine: "a machine",
  programs: ["HAProxy 2.6"],
  rounds: 3,
  minutes: 7,
  left: ["x (why)"],
};

/** Results of whole rounds: every key with each forwarder's values. */
function resultsOf(values: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>): Results {
  const results = new Results(figures, names);
  for (const figure of figures)
    for (const [name, list] of Object.entries(values[figure.key] ?? {}))
      for (const value of list) results.add(figure, name, value);
  return results;
}

/** One round in which everybody gave one figure of everything that he takes. */
function fullRound(valueOf: (name: string) => number): Results {
  const results = new Results(figures, names);
  for (const { measure, takers } of matrix)
    for (const figure of measure.figures) for (const name of takers) results.add(figure, name, valueOf(name));
  return results;
}

describe("the matrix", () => {
  test("has every figure once, and the keys of older runs", () => {
    const keys = figures.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const bulk = ["fetch-1", "fetch-8", "push-1", "push-8", "connections-1", "connections-16", "rules-16"];
    const older = ["trips-1", "trips-64"].flatMap((key) => [key, `${key}-p50`, `${key}-p99`, `${key}-cpu`]);
    const memory = ["idle", "stall", "start", "reload-1000", "reload-1000-time", "reload-10000", "reload-10000-time"];
    expect(keys).toEqual(expect.arrayContaining([...bulk.flatMap((key) => [key, `${key}-cpu`]), ...older, ...memory]));
  });

  test("measures what every goal asks for, and what the chart shows", () => {
    const results = fullRound(() => 1);
    expect(outcomes(results).length).toBe(goals.flatMap(({ keys }) => keys).length);
    expect(chartText(results).match(/class="title"/g)?.length).toBe(12);
  });
});

describe("figures", () => {
  const results = resultsOf({
    start: { fairlead: [10, 30, 20], haproxy: [10, 10, 40] },
    idle: { fairlead: [Number.NaN, 4], haproxy: [1, 2] },
  });

  test("are compared round by round", () => {
    expect(results.ratio("start", "fairlead", "haproxy")).toEqual({ median: 1, least: 0.5, most: 3 });
    expect(results.difference("start", "fairlead", "haproxy")).toEqual({ median: 0, least: -20, most: 20 });
  });

  test("of a round that gave none count for nothing", () => {
    expect(results.ratio("idle", "fairlead", "haproxy")).toEqual({ median: 2, least: 2, most: 2 });
    expect(results.spread("stall", "fairlead")).toBeNull();
  });

  test("give no column to those who have none", () => {
    expect(results.forwarders).toEqual(["fairlead", "haproxy"]);
    expect(tablesText(results, circumstances)).not.toContain("nginx |");
  });
});

describe("goals", () => {
  test("are met at their limit, and short beyond it", () => {
    for (const [value, isMet] of [
      [0.9, true],
      [0.91, false],
    ] as const) {
      const results = resultsOf({ "trips-64-p99": { fairlead: [value], haproxy: [1] } });
      expect(outcomes(results).map((one) => one.isMet)).toEqual([isMet]);
    }
    for (const [value, isMet] of [
      [1.1, true],
      [1.09, false],
    ] as const) {
      const results = resultsOf({ "connections-32": { fairlead: [value], "haproxy 1 thread": [1] } });
      expect(outcomes(results).map((one) => one.isMet)).toEqual([isMet]);
    }
  });

  test("of the large file are seconds more than HAProxy's, and over a quarter of it", () => {
    const results = resultsOf({
      "large-2500-check": { fairlead: [0.4], haproxy: [0.1] },
      "large-10000-check": { fairlead: [2], haproxy: [0.5] },
    });
    expect(outcomes(results).map(({ level, value, isMet }) => [level, value, isMet])).toEqual([
      ["must", 1.5, false],
      ["aim", 5, false],
    ]);
  });

  test("that fall short are told, what must be first", () => {
    const results = resultsOf({ "fetch-1-cpu": { fairlead: [0.3], haproxy: [1], "C limit": [0.28] } });
    expect(shortfallText(results).split("\n")).toEqual([
      "Falls short (must): fetch, one stream, CPU s/GB: fairlead to haproxy: 0.30, at most 0.26",
      "Falls short (aim): fetch, one stream, CPU s/GB: fairlead to haproxy: 0.30, at most 0.2",
      "1 of 3 goals are met.",
    ]);
    expect(shortfallText(resultsOf({}))).toBe("");
  });
});

describe("pages", () => {
  test("say the machine, and what was left out", () => {
    const text = tablesText(
      fullRound(() => 1),
      circumstances,
    );
    expect(text).toStartWith(
      "2000-01-01; a machine; HAProxy 2.6; medians of 3 interleaved rounds in 7 minutes.\n\nLeft out: x (why).\n",
    );
  });

  test("sum up in ratios to HAProxy, and seconds more than it", () => {
    const text = summaryText(
      fullRound((name) => (name === "fairlead" ? 1 : 4)),
      circumstances,
    );
    expect(text).toMatch(/^\| fetch, one stream, CPU s\/GB +\| +0\.25 \| +1\.00 \|/m);
    expect(text).toContain("takes -3.00 s more than HAProxy's");
    expect(text).toEndWith("2000-01-01; a machine; HAProxy 2.6; medians of 3 interleaved rounds in 7 minutes.");
  });

  test("have one marked place, and keep what is around it", () => {
    const page = "a\n<!-- bench: written by KEEP=1 make bench -->\nold\n<!-- /bench -->\nb\n";
    const written = "a\n<!-- bench: written by KEEP=1 make bench -->\n\nnew $&\n\n<!-- /bench -->\nb\n";
    expect(withMarked(page, "new $&\n")).toBe(written);
    expect(withMarked(written, "new $&")).toBe(written);
    for (const wrong of ["", "<!-- /bench -->", `${page}${page}`])
      expect(() => withMarked(wrong, "x")).toThrow("marked place");
  });
});
