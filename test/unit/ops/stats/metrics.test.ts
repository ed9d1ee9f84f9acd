/** `/metrics`: which parts a query chooses, and that every line is Prometheus' text format. */
import { describe, expect, test } from "bun:test";
import { parseMetricsQuery } from "../../../../src/ops/stats/metrics-query.ts";
import { metricsRows } from "../../../../src/ops/stats/metrics.ts";
import { stageTls } from "../tls-stage.ts";
import { backendStats, metricsSource, serverStats } from "../scripted-proxy.ts";

/** What metrics there are of, in order. */
function partsOf(page: string | null): string | null {
  if (page === null) return null;
  const parts = [...page.matchAll(/^(?:haproxy_([a-z]+)|(fairlead))_/gm)].map(([, one, own]) => one ?? own);
  return [...new Set(parts)].join(" ");
}

describe("metrics", () => {
  const down = serverStats({ name: 'a"\\b', state: "DOWN" });
  const resting = serverStats({ name: "resting", state: "MAINT" });
  const unresolved = serverStats({ name: "unresolved", state: "MAINT", stateCause: "resolution" });
  const source = metricsSource({ backends: [backendStats([serverStats(), down, resting, unresolved])] });
  const text = [...metricsRows(source)].join("");
  /** What of the page a query chooses; null: nothing is answered. */
  const chosen = (query: string): string | null => {
    const choice = parseMetricsQuery(query);
    return choice === null ? null : [...metricsRows(source, choice)].join("");
  };
  const whole = "process fairlead frontend backend server sticktable";

  test("scopes, as HAProxy takes them", () => {
    const asked: Record<string, string | null> = {
      "": whole,
      "scope=server": "server",
      "scope=frontend&scope=backend": "frontend backend",
      "scope=backend&scope=frontend": "frontend backend",
      "scope=*": whole,
      "scope=": "",
      "scope=*&scope=": "",
      "scope=&scope=global": "process fairlead",
      "scope=listener": "",
      "scope=sticktable": "sticktable",
      "scope=serv%65r": "server",
      "sc%6fpe=server": "server",
      "&&scope=server&": "server",
      "scope=nope": null,
      "scope=SERVER": null,
      scope: null,
      "scope=server,backend": null,
      "scope=server+": null,
      "scope=%zz": null,
      "scope=server&scope=nope": null,
      "metrics=nope": whole,
      "extra-counters": whole,
      "desc-labels": whole,
      "foo=%zz": whole,
      "%zz=x": whole,
      "=x": whole,
    };
    for (const [query, parts] of Object.entries(asked))
      expect({ query, parts: partsOf(chosen(query)) }).toEqual({ query, parts });
  });

  test("certificates in use, and how many days are left of them", () => {
    const times = [{ name: 'a"', notAfter: 0, daysLeft: -2 }, null, { name: "b", notAfter: 0, daysLeft: 13 }];
    const { tls } = stageTls();
    const page = [...metricsRows(metricsSource({ tls: Object.assign(tls, { times: () => times }) }))].join("");
    const name = "fairlead_certificate_days_left";
    expect(page).toContain(
      `# TYPE ${name} gauge\n${name}{certificate="a\\""} -2\n${name}{certificate="b"} 13\n# HELP haproxy_frontend_`,
    );
    expect(text).not.toContain("certificate");
  });

  test("PROXY headers that one side alone has in mind", () => {
    const name = "fairlead_proxy_header_mismatches_total";
    const mismatches = [
      { side: "server", proxy: "be", name: "s1", mismatch: "refused", count: 2 },
      { side: "listener", proxy: "fe", name: "sock-1", mismatch: "missing", count: 1 },
    ] as const;
    expect([...metricsRows(metricsSource({ mismatches: [...mismatches] }))].join("")).toContain(
      `# TYPE ${name} counter\n${name}{proxy="be",server="s1",reason="refused"} 2\n${name}{proxy="fe",listener="sock-1",reason="missing"} 1\n`,
    );
    expect(text).not.toContain(name);
  });

  test("servers of SSH that turned sessions down", () => {
    const name = "fairlead_ssh_server_refusals_total";
    const refusals = [{ backend: "be", server: 'a"', refusal: "not-allowed", count: 3 }] as const;
    expect([...metricsRows(metricsSource({ refusals: [...refusals] }))].join("")).toContain(
      `# TYPE ${name} counter\n${name}{proxy="be",server="a\\"",reason="not-allowed"} 3\n`,
    );
    expect(text).not.toContain(name);
  });

  test("servers in maintenance can be left out, and are still counted for their backend", () => {
    for (const query of ["no-maint", "no-maint=0", "no-maint=&scope=server&scope=backend", "scope=*&no-maint"]) {
      const page = chosen(query) ?? "";
      expect(page).toContain('server="s1"');
      expect(page).toContain('server="a');
      expect(page).not.toContain('server="resting"');
      expect(page).not.toContain('server="unresolved"');
      expect(page).toContain('haproxy_backend_agg_server_status{proxy="be",state="MAINT"} 2\n');
    }
    expect(text).toContain('haproxy_server_status{proxy="be",server="resting",state="MAINT"} 1\n');
  });

  test("stick tables and reloads", () => {
    expect(chosen("scope=sticktable")).toBe(
      [
        "# HELP haproxy_sticktable_size Entries that the stick table may hold",
        "# TYPE haproxy_sticktable_size gauge",
        'haproxy_sticktable_size{name="b",type="ip"} 10240',
        'haproxy_sticktable_size{name="t\\"",type="string"} 1048576',
        "# HELP haproxy_sticktable_used Entries in the stick table",
        "# TYPE haproxy_sticktable_used gauge",
        'haproxy_sticktable_used{name="b",type="ip"} 2',
        'haproxy_sticktable_used{name="t\\"",type="string"} 0',
        "",
      ].join("\n"),
    );
    expect(text).toContain('fairlead_reloads_total{result="success"} 3\nfairlead_reloads_total{result="failure"} 1\n');
    expect(text).toContain("haproxy_process_bytes_out_rate 7\n");
  });

  test("each metric is declared once, before its samples, and every line is well formed", () => {
    const declared = [...text.matchAll(/^# TYPE (\S+) /gm)].map((found) => found[1]);
    expect(new Set(declared).size).toBe(declared.length);
    let current = "";
    for (const line of text.trimEnd().split("\n")) {
      const head = /^# (?:HELP|TYPE) (\S+) /.exec(line);
      if (head !== null) current = head[1] ?? "";
      else
        expect(line).toMatch(
          new RegExp(`^${current}(?:\\{(?:[a-z]+="(?:[^"\\\\\\n]|\\\\.)*",?)+\\})? (?:-?[0-9.]+|NaN)$`),
        );
    }
  });

  test("states are labels", () => {
    expect(text).toContain('haproxy_server_status{proxy="be",server="s1",state="UP"} 1\n');
    expect(text).toContain('haproxy_server_status{proxy="be",server="a\\"\\\\b",state="DOWN"} 1\n');
    expect(text).toContain('haproxy_backend_agg_server_status{proxy="be",state="DOWN"} 1\n');
    expect(text).toContain('haproxy_server_connect_time_average_seconds{proxy="be",server="s1"} 0.001000\n');
  });
});
