/** As HAProxy's exporter takes queries in 2.6. */
import { expect, test } from "bun:test";
import { parseMetricsQuery } from "../../../../src/ops/stats/metrics-query.ts";

const all = ["global", "frontend", "listener", "backend", "server", "sticktable"];

test.each([
  ["", all, false],
  ["no-maint", all, true],
  ["scope=server&scope=global", ["server", "global"], false],
  ["scope=server&scope=", [], false],
  ["scope=server&scope=*", all, false],
  ["other=1&sc%6fpe=back%65nd&no-maint=x", ["backend"], true],
  ["%zz=1", all, false],
] as const)("%j", (query, scopes, withoutMaintenance) => {
  const choice = parseMetricsQuery(query);
  expect<unknown>(choice).toEqual({ scopes: new Set(scopes), withoutMaintenance });
});

test.each(["scope=nothing", "scope", "scope=%zz"])("%j is refused", (query) => {
  expect(parseMetricsQuery(query)).toBeNull();
});
