/** What is shown of HTTP, by the columns that HAProxy 2.6 fills for proxies in `mode http` and leaves empty for those in `mode tcp`. */
import { expect, test } from "bun:test";
import { clockMs } from "../../../../src/clock.ts";
import { metricsRows } from "../../../../src/ops/stats/metrics.ts";
import { type StatsRow, statsRows } from "../../../../src/ops/stats/rows.ts";
import type { Column } from "../../../../src/ops/stats/columns.ts";
import type { HttpStats } from "../../../../src/proxy/public.ts";
import { HttpCounters } from "../../../../src/proxy/process/http-counters.ts";
import { LiveHttp } from "../../../../src/proxy/stats/live-http.ts";
import { backendStats, frontendStats, metricsSource, scriptedProxy, serverStats } from "../../ops/scripted-proxy.ts";

const counters = new HttpCounters();
counters.responses.splice(0, 6, 6, 1, 2, 3, 4, 5);
Object.assign(counters, { requestsTotal: 90, intercepted: 11, reuses: 13, idle: 14, idleFresh: 5 });
for (let times = 0; times < 8; times++) counters.requestRate.add(clockMs());
const http: HttpStats = new LiveHttp(counters);

const columns =
  "mode hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other req_rate req_rate_max req_tot comp_in intercepted cookie wrew connect reuse cache_lookups cache_hits srv_icur rtime rtime_max eint safe_conn_cur idle_conn_cur used_conn_cur need_conn_est".split(
    " ",
  ) as Column[];

function shown(row: StatsRow | undefined): string {
  return columns.map((column) => row?.value(column) ?? "").join(",");
}

function rows(mode: HttpStats | null): Partial<Record<StatsRow["kind"], StatsRow>> {
  const own = { http: mode, failedRewrites: 31, internalErrors: 32 };
  const serving = {
    ...own,
    connects: 112,
    averageResponseMs: 21.4,
    maxResponseMs: 22,
    cookie: mode === null ? null : "one",
  };
  const { proxy } = scriptedProxy({
    frontends: [frontendStats(own)],
    backends: [
      backendStats([serverStats({ ...serving, connectionsNeeded: 7 })], {
        ...serving,
        cookie: mode === null ? null : "SRV",
      }),
    ],
  });
  return Object.fromEntries([...statsRows(proxy)].map((row) => [row.kind, row]));
}

test("rows of mode http", () => {
  const { F, S, B } = rows(http);
  expect(shown(F)).toBe("http,1,2,3,4,5,6,8,8,90,0,11,,31,,,0,0,,,,32,,,,");
  expect(shown(S)).toBe("http,1,2,3,4,5,6,,,21,,,one,31,112,13,,,14,21,22,32,9,5,1,7");
  expect(shown(B)).toBe("http,1,2,3,4,5,6,,,90,0,,SRV,31,112,13,0,0,,21,22,32,,,,");
});

test("rows of mode tcp have none of it", () => {
  const { F, S, B } = rows(null);
  expect(shown(F)).toBe("tcp,,,,,,,0,0,0,0,,,31,,,,,,,,32,,,,");
  expect(shown(S)).toBe("tcp,,,,,,,,,,,,,31,112,0,,,0,21,22,32,0,0,0,7");
  expect(shown(B)).toBe("tcp,,,,,,,,,,0,,,31,112,0,,,,21,22,32,,,,");
});

test("metrics of HTTP are those of proxies in mode http alone, responses by the class of their status", () => {
  const plain = backendStats([serverStats()], { name: "plain", id: 9 });
  const web = backendStats([serverStats({ http }), serverStats({ http, name: "s2" })], { http });
  const text = [...metricsRows(metricsSource({ frontends: [frontendStats({ http })], backends: [web, plain] }))].join(
    "",
  );
  const of = (name: string): string[] => text.split("\n").filter((line) => line.startsWith(name));
  expect(of("haproxy_server_http_responses_total").slice(0, 3)).toEqual([
    'haproxy_server_http_responses_total{proxy="be",server="s1",code="1xx"} 1',
    'haproxy_server_http_responses_total{proxy="be",server="s2",code="1xx"} 1',
    'haproxy_server_http_responses_total{proxy="be",server="s1",code="2xx"} 2',
  ]);
  expect(of("haproxy_backend_http_responses_total").at(-1)).toBe(
    'haproxy_backend_http_responses_total{proxy="be",code="other"} 6',
  );
  expect(text.match(/# TYPE haproxy_server_http_responses_total counter/g)).toHaveLength(1);
  expect(of("haproxy_backend_http_requests_total")).toEqual(['haproxy_backend_http_requests_total{proxy="be"} 90']);
  expect(of("haproxy_frontend_intercepted_requests_total")).toEqual([
    'haproxy_frontend_intercepted_requests_total{proxy="fe"} 11',
  ]);
  expect(of("haproxy_backend_connection_reuses_total")).toHaveLength(2);
});
