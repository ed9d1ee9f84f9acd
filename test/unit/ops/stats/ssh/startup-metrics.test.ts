/** Metrics of start-ups: of servers that limit them and of their backends, and of nobody else. */
import { expect, test } from "bun:test";
import { startupRows } from "../../../../../src/ops/stats/ssh/startup-metrics.ts";
import type { PublicProxy } from "../../../../../src/proxy/public.ts";
import { backendStats, serverStats } from "../../scripted-proxy.ts";

function page(backends: ReturnType<typeof backendStats>[]): string[] {
  const proxy = { backends: () => backends } as unknown as PublicProxy;
  return [...startupRows(proxy, (text) => text.toUpperCase())].join("").split("\n").filter(Boolean);
}

test("each has its samples together behind its head", () => {
  const startups = { current: 2, most: 10, perSource: 3, total: 40 };
  const lines = page([
    backendStats([serverStats({ name: "one", startups }), serverStats({ name: "free" })], {
      name: "git",
      startups: { waited: 5, refused: 1 },
    }),
    backendStats([serverStats({ name: "two", startups: { ...startups, current: 0 } })], {
      name: "other",
      startups: { waited: 0, refused: 0 },
    }),
    backendStats([serverStats({ name: "plain" })], { name: "http" }),
  ]);
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
    'fairlead_ssh_startups_current{proxy="GIT",server="ONE"} 2',
    'fairlead_ssh_startups_current{proxy="OTHER",server="TWO"} 0',
    'fairlead_ssh_startups_limit{proxy="GIT",server="ONE"} 10',
    'fairlead_ssh_startups_limit{proxy="OTHER",server="TWO"} 10',
    'fairlead_ssh_startups_total{proxy="GIT",server="ONE"} 40',
    'fairlead_ssh_startups_total{proxy="OTHER",server="TWO"} 40',
    'fairlead_ssh_startups_waited_total{proxy="GIT"} 5',
    'fairlead_ssh_startups_waited_total{proxy="OTHER"} 0',
    'fairlead_ssh_startups_refused_total{proxy="GIT"} 1',
    'fairlead_ssh_startups_refused_total{proxy="OTHER"} 0',
  ]);
  expect(lines.filter((line) => line.startsWith("# TYPE"))).toEqual([
    "# TYPE fairlead_ssh_startups_current gauge",
    "# TYPE fairlead_ssh_startups_limit gauge",
    "# TYPE fairlead_ssh_startups_total counter",
    "# TYPE fairlead_ssh_startups_waited_total counter",
    "# TYPE fairlead_ssh_startups_refused_total counter",
  ]);
});

test("where nothing is limited there are none", () => {
  expect(page([backendStats([serverStats()])])).toEqual([]);
});
