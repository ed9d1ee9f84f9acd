/** What an operator sees of a running proxy and does with it. */
import { isIP } from "node:net";
import type { Roster } from "../roster.ts";
import { isWeight } from "../plan/server.ts";
import { isDnsName, isServiceName } from "../wire/dns.ts";
import type { Backend } from "./backend/backend.ts";
import type { Server } from "./backend/server.ts";
import { LiveBackend } from "./stats/live-backend.ts";
import { LiveFrontend } from "./stats/live-frontend.ts";
import { LiveServer } from "./stats/live-server.ts";
import { shown, type Shown } from "./stats/shown.ts";
import { followName } from "./follow-names.ts";
import type { Frontend } from "./frontend/frontend.ts";
import { atMost, processStats, readiness, sessionStats } from "./process-stats.ts";
import type { ProcessState } from "./process/process-state.ts";
import { pauseFrontend, resumeFrontend, setMaintenance, stopFrontend } from "./proxy-state.ts";
import type {
  BackendStats,
  CapturedFault,
  CheckTarget,
  FrontendStats,
  ProcessStats,
  PublicProxy,
  Refusal,
  ResolversStats,
  ServerStats,
  SessionStats,
} from "./public.ts";
import type { Running } from "./running.ts";
import type { RunningSession } from "./session/sessions.ts";
import type { CountedMismatch } from "./process/header-mismatches.ts";
import type { CountedRefusal } from "./process/server-refusals.ts";
import { TlsOperator } from "./tls-operator.ts";

/** Everything that others may read and ask for, in one object. What it refuses it refuses in HAProxy's words. */
export class Operator implements PublicProxy {
  readonly tls: TlsOperator;
  readonly #running: Running;
  readonly #state: ProcessState;
  readonly #threads: number;
  #lists: (Shown & { readonly of: Running["backends"] }) | null = null;

  /** `threads`: those of the data plane, for the statistics. */
  constructor(running: Running, threads: number) {
    this.#running = running;
    this.tls = new TlsOperator(running);
    this.#state = running.state;
    this.#threads = threads;
  }

  get process(): ProcessStats {
    return processStats(this.#running, this.#threads);
  }

  proxies(): readonly (FrontendStats | BackendStats)[] {
    return this.#shown().proxies;
  }

  frontends(): readonly FrontendStats[] {
    return this.#shown().frontends;
  }

  backends(): readonly BackendStats[] {
    return this.#shown().backends;
  }

  frontend(name: string): FrontendStats | null {
    const one = this.#running.frontends.get(name);
    return one === undefined || one.plan.disabled ? null : new LiveFrontend(one);
  }

  backend(name: string): BackendStats | null {
    const one = this.#running.backends.get(name);
    return one === undefined || one.plan.disabled ? null : new LiveBackend(one);
  }

  server(backend: string, server: string): ServerStats | null {
    const one = this.#running.backends.get(backend);
    const found = one === undefined || one.plan.disabled ? null : one.find(server);
    return found === null ? null : new LiveServer(found);
  }

  /** Kept from one plan to the next. As in HAProxy's statistics, without those that the plan disables. */
  #shown(): Shown {
    const { frontends, backends } = this.#running;
    if (this.#lists?.of !== backends) {
      this.#lists = { of: backends, ...shown(frontends.values(), backends.values()) };
    }
    return this.#lists;
  }

  get capturedFaults(): number {
    return this.#running.state.capturedFaults;
  }

  headerMismatches(): Iterable<CountedMismatch> {
    return this.#state.headerMismatches.all();
  }

  serverRefusals(): Iterable<CountedRefusal> {
    return this.#state.serverRefusals.all();
  }

  lastFault({ kind, name }: FrontendStats | BackendStats): CapturedFault | null {
    const { frontends, backends } = this.#running;
    const one = kind === "frontend" ? frontends.get(name) : backends.get(name);
    return one === undefined ? null : one.counters.http.lastFault;
  }

  *sessions(): Iterable<SessionStats> {
    const { running } = this.#running.sessions;
    for (const session of atMost(running, running.size)) if (session.isIdle !== true) yield sessionStats(session);
  }

  *resolvers(): Iterable<ResolversStats> {
    for (const one of this.#running.resolvers.values()) yield one.stats();
  }

  readiness(): Iterable<string> {
    return readiness(this.#running);
  }

  setServerState(backend: string, server: string, state: "ready" | "drain" | "maint"): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      if (state === "maint") one.hold();
      else if (state === "drain") one.drain();
      else one.ready();
      return null;
    });
  }

  setServerHealth(backend: string, server: string, health: "up" | "stopping" | "down"): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      one.setHealth(health);
      return null;
    });
  }

  setServerWeight(backend: string, server: string, weight: number | { readonly percent: number }): Refusal | null {
    return this.#withServer(backend, server, (one) => setServerWeight(one, weight));
  }

  setServerAddress(backend: string, server: string, host: string, port: number | null): Refusal | null {
    return this.#withServer(backend, server, (one) => setServerAddress(one, host, port));
  }

  setServerName(backend: string, server: string, name: string): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      const refusal = setServerName(one, name);
      if (refusal === null) followName(this.#running, one);
      return refusal;
    });
  }

  setServerTls(backend: string, server: string, usesTls: boolean): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      if (one.plan.tls === null) {
        return { refused: "'set server <srv> ssl' cannot be set.  default-server should define ssl settings" };
      }
      one.setTls(usesTls);
      return null;
    });
  }

  setServerMaxconn(backend: string, server: string, maxconn: number): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      if (!Number.isInteger(maxconn) || maxconn < 0) return { refused: "Malformed integer" };
      one.setMaxconn(maxconn, "operator");
      return null;
    });
  }

  setServerChecks(backend: string, server: string, enabled: boolean): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      const { monitor } = one;
      if (monitor === null || monitor.health === null) {
        return { refused: "Health check was not configured on this server, cannot enable." };
      }
      monitor.setEnabled(enabled);
      return null;
    });
  }

  setServerCheck(backend: string, server: string, change: Partial<CheckTarget>): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      const { monitor } = one;
      if (monitor === null || monitor.health === null) {
        return { refused: "health checks are not enabled on this server" };
      }
      monitor.changeCheck(change.host ?? null, change.port ?? null);
      return null;
    });
  }

  setServerAgent(
    backend: string,
    server: string,
    change: Parameters<PublicProxy["setServerAgent"]>[2],
  ): Refusal | null {
    return this.#withServer(backend, server, (one) => {
      const { monitor } = one;
      if (monitor === null || one.plan.agent === null) {
        return { refused: "agent checks are not enabled on this server" };
      }
      monitor.changeAgent(change.host ?? null, change.port ?? null, change.send ?? null);
      if (change.enabled !== undefined) monitor.setAgentEnabled(change.enabled);
      if (change.health !== undefined) one.setAgentHealth(change.health);
      return null;
    });
  }

  setDynamicCookies(backend: string, enabled: boolean): Refusal | null {
    return this.#withBackend(backend, (one) => one.dynamicCookies.set({ enabled }));
  }

  setDynamicCookieKey(backend: string, key: string): Refusal | null {
    return this.#withBackend(backend, (one) => one.dynamicCookies.set({ key }));
  }

  setRateLimit(of: "connections" | "sessions" | "ssl-sessions" | "compression", perSecond: number): void {
    if (of === "compression") this.#state.compression.bytesPerSecond = perSecond;
    else if (of === "ssl-sessions") this.#state.tls.use.maxRate = perSecond;
    else if (of === "connections") this.#state.maxConnRate = perSecond;
    else this.#state.maxSessRate = perSecond;
    for (const listener of this.#state.waiting) listener.serve();
  }

  setFrontendMaxconn(frontend: string, maxconn: number): Refusal | null {
    return this.#withFrontend(frontend, (one) => {
      if (!Number.isInteger(maxconn) || maxconn < 0) return { refused: "Integer value expected." };
      one.maxconnOverride = maxconn;
      for (const listener of one.listeners) listener.serve();
      return null;
    });
  }

  setMaxconn(maxconn: number): Refusal | null {
    return setMaxconn(this.#state, maxconn);
  }

  setFrontendState(frontend: string, state: "enabled" | "disabled" | "shutdown"): Refusal | null {
    return this.#withFrontend(frontend, (one) => setFrontendState(this.#running, one, state));
  }

  maintenances(): ReturnType<PublicProxy["maintenances"]> {
    return this.#state.maintenance.all();
  }

  setMaintenance(proxy: string, text: string | null, by: string): Refusal | null {
    return setMaintenance(this.#running, proxy, text, by);
  }

  killSession(id: number): boolean {
    for (const session of this.#running.sessions.running) {
      if (session.sessionId !== id) continue;
      session.kill("K");
      return true;
    }
    return false;
  }

  killSessionsOf(backend: string, server: string): Iterable<void> | Refusal {
    let found: Server | null = null;
    const refusal = this.#withServer(backend, server, (one) => {
      found = one;
      return null;
    });
    return refusal ?? killSessionsOf(this.#running.sessions.running, found);
  }

  *clearCounters(all: boolean): Iterable<void> {
    yield* clearCounters(this.#running, all);
    if (!all) return;
    for (const one of this.#running.resolvers.values()) {
      one.clearCounters();
      yield;
    }
  }

  #withBackend(name: string, act: (backend: Backend) => void): Refusal | null {
    const found = this.#running.backends.get(name);
    if (found === undefined) return { refused: "No such backend." };
    act(found);
    return null;
  }

  #withServer(backend: string, server: string, act: (server: Server) => Refusal | null): Refusal | null {
    const found = this.#running.backends.get(backend);
    if (found === undefined) return { refused: "No such backend." };
    if (found.plan.disabled) return { refused: "Proxy is disabled." };
    const one = found.find(server);
    return one === null ? { refused: "No such server." } : act(one);
  }

  #withFrontend(name: string, act: (frontend: Frontend) => Refusal | null): Refusal | null {
    const one = this.#running.frontends.get(name);
    return one === undefined ? { refused: "No such frontend." } : act(one);
  }
}

function setServerWeight(server: Server, weight: number | { readonly percent: number }): Refusal | null {
  if (!isWeight(typeof weight === "number" ? weight : weight.percent / 100)) {
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

function setServerAddress(server: Server, host: string, port: number | null): Refusal | null {
  if (isIP(host) === 0) return { refused: "Invalid addr format." };
  if (port !== null && !(port > 0 && port < 65536)) return { refused: "Invalid port." };
  if (server.plan.address.kind !== "tcp") return { refused: "This server has no IP address." };
  server.relocate(host, port);
  return null;
}

function setServerName(server: Server, name: string): Refusal | null {
  const { address } = server.plan;
  if (address.kind !== "tcp" || server.plan.resolvers === null) return { refused: "No resolution is configured." };
  if (isServiceName(address.host)) return { refused: "SRV resolution is configured." };
  if (!isDnsName(name)) return { refused: "Invalid name." };
  server.rename(name, true);
  return null;
}

function setMaxconn(state: ProcessState, maxconn: number): Refusal | null {
  if (!Number.isInteger(maxconn) || maxconn < 0) return { refused: "Integer value expected." };
  if (maxconn > state.hardMaxconn) return { refused: "Value out of range." };
  state.maxconn = maxconn === 0 ? state.hardMaxconn : maxconn;
  for (const listener of state.waiting) listener.serve();
  return null;
}

function setFrontendState(
  proxies: Running,
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

/** To end a session is about as much work as to make so many rows of an answer. */
const stepsPerEnd = 8;

/** Ends the sessions that are at a server, not those that wait for it: a step for each session of the process, some for each that is ended. */
function* killSessionsOf(sessions: Roster<RunningSession>, server: Server | null): Iterable<void> {
  for (const session of atMost(sessions, sessions.size)) {
    yield;
    if (session.target !== server || session.state === "queued") continue;
    session.kill("K");
    for (let steps = 1; steps < stepsPerEnd; steps++) yield;
  }
}

/** Clears what the process counted at most, then the counters of a frontend, a backend or a server a step. Totals of the process stay, as in HAProxy. */
function* clearCounters({ state, frontends, backends }: Running, all: boolean): Iterable<void> {
  state.max = state.current;
  state.connectionRate.clearMax();
  state.sessionRate.clearMax();
  state.tls.use.clearMax();
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
