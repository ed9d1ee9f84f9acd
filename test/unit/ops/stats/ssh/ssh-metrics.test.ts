/** Metrics of SSH: each once, with all its samples, and nothing where no proxy reads SSH. */
import { expect, test } from "bun:test";
import { metricsRows } from "../../../../../src/ops/stats/metrics.ts";
import type { SshMetricsSource } from "../../../../../src/ops/stats/ssh/ssh-metrics.ts";
import { metricsSource } from "../../scripted-proxy.ts";

const sshMetrics: SshMetricsSource = {
  counts: {
    sessions: () => [
      { frontend: "git", side: "client", software: "OpenSSH", count: 4 },
      { frontend: "git", side: "server", software: 'a"\\b', count: 1 },
    ],
    chosen: () => [{ kind: "cipher.c2s", algorithm: "aes128-ctr", count: 3 }],
    postQuantum: [{ offered: "client", chosen: "no", count: 2 }],
    strict: { yes: 3, no: 1 },
    terrapin: 1,
    foreign: { client: 7, server: 0 },
    timeToIdentMs: 1234.5,
    timesToIdent: 4,
  },
  figures: {
    refusals: {
      "no-server": 1,
      unreachable: 0,
      timeout: 0,
      full: 0,
      "not-allowed": 0,
      queue: 0,
      rule: 5,
      maintenance: 6,
      limit: 0,
      foreign: 0,
      fault: 0,
      penalty: 0,
    },
    untold: 2,
    lingering: 3,
    lingeringMax: 512,
    tarpit: 4,
    tarpitMax: 256,
    tarpitTotal: 9,
  },
};

function page(metrics: SshMetricsSource | null): string {
  const source = metricsSource();
  return [...metricsRows({ ...source, info: { ...source.info, sshMetrics: metrics } })].join("");
}

test("each has its samples together behind its head", () => {
  const lines = page(sshMetrics)
    .split("\n")
    .filter((line) => line.includes("fairlead_ssh_"));
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
    'fairlead_ssh_sessions_total{proxy="git",side="client",software="OpenSSH"} 4',
    'fairlead_ssh_sessions_total{proxy="git",side="server",software="a\\"\\\\b"} 1',
    'fairlead_ssh_chosen_total{kind="cipher.c2s",algorithm="aes128-ctr"} 3',
    'fairlead_ssh_post_quantum_total{offered="client",chosen="no"} 2',
    'fairlead_ssh_strict_kex_total{strict="yes"} 3',
    'fairlead_ssh_strict_kex_total{strict="no"} 1',
    "fairlead_ssh_terrapin_total 1",
    'fairlead_ssh_foreign_total{side="client"} 7',
    'fairlead_ssh_foreign_total{side="server"} 0',
    'fairlead_ssh_refusals_total{reason="no-server"} 1',
    'fairlead_ssh_refusals_total{reason="unreachable"} 0',
    'fairlead_ssh_refusals_total{reason="timeout"} 0',
    'fairlead_ssh_refusals_total{reason="full"} 0',
    'fairlead_ssh_refusals_total{reason="not-allowed"} 0',
    'fairlead_ssh_refusals_total{reason="queue"} 0',
    'fairlead_ssh_refusals_total{reason="rule"} 5',
    'fairlead_ssh_refusals_total{reason="maintenance"} 6',
    'fairlead_ssh_refusals_total{reason="limit"} 0',
    'fairlead_ssh_refusals_total{reason="foreign"} 0',
    'fairlead_ssh_refusals_total{reason="fault"} 0',
    'fairlead_ssh_refusals_total{reason="penalty"} 0',
    "fairlead_ssh_refusals_untold_total 2",
    "fairlead_ssh_lingering_current 3",
    "fairlead_ssh_lingering_limit 512",
    "fairlead_ssh_tarpit_current 4",
    "fairlead_ssh_tarpit_limit 256",
    "fairlead_ssh_tarpit_total 9",
    "fairlead_ssh_time_to_ident_seconds_sum 1.234500",
    "fairlead_ssh_time_to_ident_seconds_count 4",
  ]);
  const heads = lines.filter((line) => line.startsWith("# TYPE"));
  expect(heads).toContain("# TYPE fairlead_ssh_time_to_ident_seconds summary");
  expect(new Set(heads).size).toBe(heads.length);
});

test("where no proxy reads SSH there are none", () => {
  expect(page(null)).not.toContain("fairlead_ssh");
});
