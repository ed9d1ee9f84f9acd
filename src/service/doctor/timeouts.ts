/** Whether time-outs suit SSH: sessions may be silent for long, and what is silent before it is one may not. */
import type { BackendPlan, FrontendPlan } from "../../plan/proxy.ts";
import { backendsOf, sshBackends } from "../../ssh/entrances.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";
import { whereSaid } from "./said.ts";

/** Shells and transfers that wait for somebody are silent for so long. */
const longEnoughMs = 3_600_000;

/** Of every frontend and backend between which SSH passes. */
export function examineTimeouts(examined: Pick<Examined, "plan" | "files">): readonly Finding[] {
  const { plan } = examined;
  const ssh = sshBackends(plan);
  const findings = new Map<string, Finding>();
  const keep = (finding: Finding | null): void => {
    if (finding !== null) findings.set(`${finding.id} ${finding.what}`, finding);
  };
  for (const frontend of plan.frontends) {
    if (frontend.disabled) continue;
    for (const backend of backendsOf(plan, frontend)) {
      if (!ssh.has(backend)) continue;
      const { tunnelMs, serverMs } = backend.timeouts;
      if (tunnelMs > 0) {
        keep(short(examined, backend, "tunnel", tunnelMs, "idle SSH sessions are cut"));
        continue;
      }
      const { clientMs } = frontend.timeouts;
      keep(short(examined, frontend, "client", clientMs, "SSH sessions whose user is idle are cut"));
      keep(short(examined, backend, "server", serverMs, "SSH sessions whose server is silent are cut"));
      keep(different(examined, frontend, backend));
    }
  }
  for (const backend of plan.backends) if (!backend.disabled) keep(noConnect(backend));
  for (const frontend of plan.frontends) keep(noClient(frontend));
  return [...findings.values()];
}

function short(
  { files }: Pick<Examined, "files">,
  proxy: FrontendPlan | BackendPlan,
  which: "client" | "server" | "tunnel",
  ms: number,
  what: string,
): Finding | null {
  if (ms === 0 || ms >= longEnoughMs) return null;
  const position = whereSaid(files, { proxy: proxy.name }, `timeout ${which}`) ?? proxy.position;
  return {
    severity: "warning",
    id: "timeout-short",
    what: `${what} after ${duration(ms)} ('timeout ${which}' of '${proxy.name}'); TCP keepalive does not count as activity`,
    position,
    fix: `timeout ${which} 1h`,
  };
}

/** Idle sessions are idle on both sides, so the shorter time counts. */
function different({ files }: Pick<Examined, "files">, frontend: FrontendPlan, backend: BackendPlan): Finding | null {
  const { clientMs } = frontend.timeouts;
  const { serverMs } = backend.timeouts;
  if (Math.min(clientMs, serverMs) < longEnoughMs || clientMs === serverMs) return null;
  const [which, name, ms] =
    clientMs < serverMs
      ? (["client", frontend.name, serverMs] as const)
      : (["server", backend.name, clientMs] as const);
  return {
    severity: "note",
    id: "timeouts-differ",
    what: `'timeout client' (${duration(clientMs)}) and 'timeout server' (${duration(serverMs)}) differ: an idle session ends by the shorter one`,
    position: whereSaid(files, { proxy: name }, `timeout ${which}`) ?? backend.position,
    fix: `timeout ${which} ${duration(ms)}`,
  };
}

function noConnect(backend: BackendPlan): Finding | null {
  const { timeouts, name, position, servers } = backend;
  if (servers.length === 0 || (timeouts.connectMs > 0 && timeouts.serverMs > 0)) return null;
  const which = timeouts.connectMs > 0 ? "server" : "connect";
  const what =
    which === "connect"
      ? `'${name}' has no 'timeout connect': clients wait for minutes for a server that does not answer, and in a queue for ever`
      : `'${name}' has no 'timeout server': sessions with a server that has gone without a word stay for ever`;
  return {
    severity: "warning",
    id: "timeout-missing",
    what,
    position,
    fix: `timeout ${which} ${which === "connect" ? "5s" : "1h"}`,
  };
}

function noClient({ name, position, disabled, timeouts }: FrontendPlan): Finding | null {
  if (disabled || timeouts.clientMs > 0) return null;
  const what = `'${name}' has no 'timeout client': sessions with a client that has gone without a word stay for ever`;
  return { severity: "warning", id: "timeout-missing", what, position, fix: "timeout client 1h" };
}

/** As lines of the configuration have it, in the largest unit that is exact. */
export function duration(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
  ];
  const [unit, size] = units.find(([, one]) => ms >= one && ms % one === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}
