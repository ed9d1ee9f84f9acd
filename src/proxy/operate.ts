/** The verbs of the admin socket, carried out on running frontends, backends and servers. */
import { isIP } from "node:net";
import { clockMs } from "../clock.ts";
import type { ProxyPlan } from "../plan/proxy.ts";
import { isDnsName, isServiceName } from "../wire/dns.ts";
import type { ProcessFigures, Refusal, SessionFigures } from "./public.ts";
import type { Frontend } from "./frontend/frontend.ts";
import type { ProcessState } from "./process/process-state.ts";
import type { Server } from "./backend/server.ts";
import type { Proxies, Running } from "./running.ts";
import type { Session } from "./session/session.ts";
import { force } from "./backend/standing.ts";

/** Looks a server up and does `act`; unknown names are refused in HAProxy's words. */
export function withServer(
  proxies: Proxies,
  backend: string,
  server: string,
  act: (server: Server) => Refusal | null,
): Refusal | null {
  const found = proxies.backends.get(backend);
  if (found === undefined) return { refused: "No such backend." };
  if (found.plan.disabled) return { refused: "Proxy is disabled." };
  const one = found.find(server);
  return one === null ? { refused: "No such server." } : act(one);
}

export function withFrontend(
  proxies: Proxies,
  name: string,
  act: (frontend: Frontend) => Refusal | null,
): Refusal | null {
  const one = proxies.frontends.get(name);
  return one === undefined ? { refused: "No such frontend." } : act(one);
}

export function setServerState(server: Server, state: "ready" | "drain" | "maint"): null {
  force(server.standing, state, "operator");
  server.settle(null, { kind: "operator" });
  return null;
}

/** Until the next check, or the agent's next word; no effect in maintenance. */
export function setServerHealth(server: Server, health: "up" | "stopping" | "down"): null {
  if (server.state !== "MAINT") server.standing.health = health;
  server.settle(null, { kind: "operator" });
  return null;
}

export function setServerWeight(server: Server, weight: number | { readonly percent: number }): Refusal | null {
  if (
    typeof weight === "number" ? !(weight >= 0 && weight <= 256) : !(weight.percent >= 0 && weight.percent <= 25600)
  ) {
    return { refused: "Absolute weight can only be between 0 and 256 inclusive." };
  }
  if (
    !server.backend.isDynamic &&
    server.userWeight !== server.plan.weight &&
    typeof weight === "number" &&
    weight > server.plan.weight
  ) {
    return { refused: "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'." };
  }
  server.setWeight(weight, "operator");
  return null;
}

export function setServerAddress(server: Server, host: string, port: number | null): Refusal | null {
  if (isIP(host) === 0) return { refused: "Invalid addr format." };
  if (port !== null && !(port > 0 && port < 65536)) return { refused: "Invalid port." };
  const { address: planned } = server.plan;
  if (planned.kind !== "tcp") return { refused: "This server has no IP address." };
  const current = server.address?.kind === "tcp" ? server.address.port : (planned.port ?? 0);
  server.setAddress({ kind: "tcp", host, port: port ?? current });
  server.addressBy = "operator";
  if (server.standing.unresolved) {
    server.standing.unresolved = false;
    server.settle(null, { kind: "operator" });
  }
  return null;
}

export function setServerName(server: Server, name: string): Refusal | null {
  const { address } = server.plan;
  if (address.kind !== "tcp" || server.plan.resolvers === null) return { refused: "No resolution is configured." };
  if (isServiceName(address.host)) return { refused: "SRV resolution is configured." };
  if (!isDnsName(name)) return { refused: "Invalid name." };
  server.hostName = name;
  server.isRenamed = true;
  return null;
}

export function setMaxconn(state: ProcessState, maxconn: number): Refusal | null {
  if (!Number.isInteger(maxconn) || maxconn < 0) return { refused: "Integer value expected." };
  if (maxconn > state.hardMaxconn) return { refused: "Value out of range." };
  state.maxconn = maxconn === 0 ? state.hardMaxconn : maxconn;
  for (const listener of state.waiting) listener.serve();
  return null;
}

export function setFrontendState(
  proxies: Proxies,
  frontend: Frontend,
  to: "enabled" | "disabled" | "shutdown",
): Refusal | null {
  if (frontend.state === "stopped") return { refused: "Frontend was already shut down." };
  if (to === "shutdown") stopFrontend(frontend, proxies);
  else if (to === "disabled") {
    if (frontend.state === "paused") return { refused: "All sockets are already disabled." };
    pauseFrontend(frontend, proxies);
  } else {
    if (frontend.state === "open") return { refused: "All sockets are already enabled." };
    resumeFrontend(frontend, proxies);
  }
  return null;
}

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

/** What keeps the process from being ready; an empty text for each that does not. */
export function* readiness({ frontends, backends }: Proxies): Iterable<string> {
  const wanted = new Set<string>();
  for (const frontend of frontends.values()) {
    const { name, disabled } = frontend.plan;
    const isOpen = frontend.state === "open" && frontend.listeners.every((one) => one.isBound);
    if (!disabled && frontend.defaultBackend !== null) wanted.add(frontend.defaultBackend.plan.name);
    yield disabled || isOpen ? "" : `frontend ${name}`;
  }
  for (const name of wanted) yield backends.get(name)?.hasServer === true ? "" : `backend ${name}`;
}

/** What there is of something that may grow while it is gone through: no more than there was at first. */
export function* atMost<Item>(items: Iterable<Item>, count: number): Iterable<Item> {
  let left = count;
  if (left <= 0) return;
  for (const item of items) {
    yield item;
    left -= 1;
    if (left <= 0) return;
  }
}

export function processFigures({ state, sessions, frontends, monitors }: Running, threads: number): ProcessFigures {
  const now = clockMs();
  let listeners = 0;
  for (const frontend of frontends.values()) {
    for (const one of frontend.listeners) if (one.isBound) listeners += 1;
  }
  return {
    startedAt: state.startedAt,
    uptimeMs: now - state.startedAtMonotonic,
    stopping: state.stopping,
    maxconn: state.maxconn,
    hardMaxconn: state.hardMaxconn,
    maxSockets: state.maxSockets,
    currentConnections: state.current,
    maxConnections: state.max,
    totalConnections: state.total,
    connectionRate: {
      current: state.connectionRate.read(now),
      limit: state.maxConnRate,
      max: state.connectionRate.max,
    },
    sessionRate: { current: state.sessionRate.read(now), limit: state.maxSessRate, max: state.sessionRate.max },
    // Adds all sessions up: for those only who ask.
    get bytesOutTotal() {
      return sessions.bytesOut.total;
    },
    get bytesOutRate() {
      return sessions.bytesOut.rate(clockMs());
    },
    transport: state.transport.name,
    splicing: state.transport.splicing?.() ?? null,
    threads,
    listeners,
    jobs: listeners + monitors.size + state.current,
    droppedLogs: 0,
  };
}

export function sessionFigures(session: Session): SessionFigures {
  return {
    id: session.sessionId,
    frontend: session.frontend,
    backend: session.backend ?? session.frontend,
    server: session.server,
    client: session.source,
    frontendAddress: session.destination,
    serverAddress: session.serverSide === null ? null : session.serverSide.destination,
    startedAt: session.acceptedAt,
    ageMs: Math.floor(clockMs() - session.startedAt),
    state: session.state,
    bytesIn: session.bytesIn,
    bytesOut: session.bytesOut,
  };
}

/** To end a session is about as much work as to make so many rows of an answer. */
const stepsPerEnd = 8;

/** Ends the sessions that are at a server, not those that wait for it: a step for each session of the process, some for each that is ended. */
export function* killSessionsOf(sessions: ReadonlySet<Session>, server: Server | null): Iterable<void> {
  for (const session of atMost(sessions, sessions.size)) {
    yield;
    if (session.target !== server || session.state === "queued") continue;
    session.kill("K");
    for (let steps = 1; steps < stepsPerEnd; steps++) yield;
  }
}

/** Clears what the process counted at most, then the counters of a frontend, a backend or a server a step. Totals of the process stay, as in HAProxy. */
export function* clearCounters({ state, frontends, backends }: Running, all: boolean): Iterable<void> {
  state.max = state.current;
  state.connectionRate.clearMax();
  state.sessionRate.clearMax();
  for (const frontend of frontends.values()) {
    frontend.clearCounters(all);
    yield;
  }
  for (const backend of backends.values()) {
    backend.clearCounters(all);
    yield;
    for (const server of backend.servers) {
      server.clearCounters(all);
      yield;
    }
  }
}
