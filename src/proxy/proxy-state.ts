/** Frontends and backends begin, stop, pause and go on, and are told of. */
import type { ProxyPlan } from "../plan/proxy.ts";
import type { Frontend } from "./frontend/frontend.ts";
import type { ProcessState } from "./process/process-state.ts";
import type { Refusal } from "./public.ts";
import type { Proxies, Running } from "./running.ts";

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

/** Puts what has this name in maintenance under a text, or (null) ends that; see `PublicProxy`. */
export function setMaintenance(
  { state, frontends, backends }: Running,
  name: string,
  text: string | null,
  by: string,
): Refusal | null {
  const plan = frontends.get(name)?.plan ?? backends.get(name)?.plan;
  if (plan === undefined) return { refused: "No such proxy." };
  const { maintenance } = state;
  const told = { type: "maintenance", name, logs: plan.logs, by } as const;
  if (text === null) {
    const ended = maintenance.end(name);
    if (ended === null) return null;
    state.emit({ ...told, change: { to: "off", sinceMs: Date.now() - ended.since, refused: ended.refused } });
  } else {
    const wasOn = maintenance.of(name) !== null;
    maintenance.begin(name, text);
    state.emit({ ...told, change: { to: "on", text, wasOn } });
  }
  return null;
}
