/** Frontends and backends begin, stop, pause and go on, and are told of. */
import type { ProxyPlan } from "../plan/proxy.ts";
import type { Frontend } from "./frontend/frontend.ts";
import type { ProcessState } from "./process/process-state.ts";
import type { Proxies } from "./running.ts";

/** Tells what became of a frontend or backend, which is one of `among`. */
export function tellProxy(
  state: ProcessState,
  among: Proxies,
  plan: ProxyPlan,
  kind: "frontend" | "backend",
  to: "started" | "stopping" | "stopped" | "paused" | "resumed",
): void {
  state.emit({
    type: "proxy",
    name: plan.name,
    kind: plan.isListen ? "listen" : kind,
    logs: plan.logs,
    to,
    totals: {
      frontend:
        kind === "frontend" || plan.isListen ? (among.frontends.get(plan.name)?.counters.connectionsTotal ?? 0) : 0,
      backend: kind === "backend" || plan.isListen ? (among.backends.get(plan.name)?.counters.sessionsTotal ?? 0) : 0,
    },
  });
}

export function stopFrontend(frontend: Frontend, among: Proxies): void {
  if (frontend.state === "stopped") return;
  tellProxy(frontend.process, among, frontend.plan, "frontend", "stopping");
  frontend.stop();
  tellProxy(frontend.process, among, frontend.plan, "frontend", "stopped");
}

export function pauseFrontend(frontend: Frontend, among: Proxies): void {
  if (frontend.state !== "open") return;
  frontend.pause();
  tellProxy(frontend.process, among, frontend.plan, "frontend", "paused");
}

export function resumeFrontend(frontend: Frontend, among: Proxies): void {
  if (frontend.state !== "paused") return;
  frontend.resume();
  tellProxy(frontend.process, among, frontend.plan, "frontend", "resumed");
}
