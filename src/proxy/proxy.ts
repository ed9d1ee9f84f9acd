/** Runs a plan, and the next one in its place: the owner of every listener, server and session of the process. */
import { Tables } from "../rules/stick/tables.ts";
import type { EventListener } from "../events.ts";
import type { Transport } from "../net/transport.ts";
import type { GlobalPlan } from "../plan/global.ts";
import type { Plan } from "../plan/plan.ts";
import type { ResolversPlan } from "../plan/resolvers.ts";
import * as control from "./operate.ts";
import type {
  BackendFigures,
  FrontendFigures,
  CheckTarget,
  ProcessFigures,
  ProxyFace,
  Refusal,
  ResolversFigures,
  SavedServerState,
  ServerFigures,
  SessionFigures,
} from "./public.ts";
import { factsOf } from "./facts.ts";
import { LiveBackend, LiveFrontend, LiveServer, shown, type Shown } from "./figures.ts";
import { DnsResolver } from "./names/resolver.ts";
import type { Monitor } from "./check/monitor.ts";
import type { NamedResolver } from "./names/follow.ts";
import { ProcessState } from "./process/process-state.ts";
import { restoreServer } from "./restore.ts";
import { applyPlan } from "./reload.ts";
import type { Failure, Running } from "./running.ts";
import type { Server } from "./backend/server.ts";
import { Session } from "./session/session.ts";
import { Sessions } from "./session/sessions.ts";
import { Slices } from "./process/turns.ts";
import { followName } from "./watching.ts";

export type { Failure } from "./running.ts";

/** Helps that are not the proxy's own: each may be left out, and then does what it says. */
export interface ProxyOptions {
  /** Opens what a `resolvers` section asks for; left out: DNS. */
  readonly resolver?: (plan: ResolversPlan) => NamedResolver;
  /** Addresses and states that a state file holds, by `backend/server`. */
  readonly lastAddress?: (backend: string, server: string) => string | null;
  /** Data plane threads, for the figures. */
  readonly threads?: number;
  /** How a reload's work is cut into turns. */
  readonly slices?: Slices;
}

export class Proxy implements ProxyFace {
  /** What runs: for whoever looks into it, such as tests. */
  readonly running: Running;
  readonly #options: ProxyOptions;
  readonly #slices: Slices;
  readonly #monitorOf = (server: Server): Monitor | null => this.running.monitors.get(server) ?? null;
  #lists: (Shown & { readonly of: Running["backends"] }) | null = null;
  /** The latest `apply`: the next one waits for it. */
  #applying: Promise<unknown> = Promise.resolve();
  #drained: Promise<void> | null = null;
  #settleDrained: (() => void) | null = null;
  #graceTimer: ReturnType<typeof setTimeout> | null = null;
  #hardTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(transport: Transport, emit: EventListener, options: ProxyOptions = {}) {
    const state = new ProcessState(transport, emit);
    this.#options = options;
    this.#slices = options.slices ?? new Slices();
    const sessions = new Sessions<Session>(factsOf(state, () => this.running));
    this.running = {
      state,
      sessions,
      serve: (front, listener, client, now) => new Session(sessions, front, listener, client, now),
      frontends: new Map(),
      backends: new Map(),
      trackers: new Map(),
      monitors: new Map(),
      followers: new Map(),
      plan: null,
      tables: new Tables(),
      samples: null,
      resolvers: new Map(),
      isClosed: false,
      openResolver: options.resolver ?? ((plan) => new DnsResolver(plan)),
      lastAddress: (backend, server) => options.lastAddress?.(backend, server) ?? null,
    };
  }

  /**
   * Runs `plan` in place of the one before; `reload.ts` says what stays. Nothing has changed when any failure is returned.
   *
   * Takes many short turns, and one in which everything changes. One that is asked for meanwhile begins afterwards.
   */
  apply(plan: Plan): Promise<readonly Failure[]> {
    const applied = this.#applying.then(() => applyPlan(this.running, plan, this.#slices));
    this.#applying = applied.catch(() => {});
    return applied;
  }

  /** Puts servers back to where a former process left them; to be called right after the first `apply`. */
  restore(states: Iterable<SavedServerState>): void {
    for (const saved of states) {
      const server = this.running.backends.get(saved.backend)?.find(saved.server) ?? null;
      if (server !== null) restoreServer(server, this.running.monitors.get(server) ?? null, saved);
    }
  }

  /** The limits and counters of the process. */
  get state(): ProcessState {
    return this.running.state;
  }

  /** Those of the plan that runs. */
  get tables(): Tables {
    return this.running.tables;
  }

  get plan(): Plan | null {
    return this.running.plan;
  }

  get #global(): GlobalPlan | null {
    return this.plan?.global ?? null;
  }

  /** Settles once a stop was asked for and the last client connection has gone. */
  get drained(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.#settleDrained = resolve;
    });
    this.#checkDrained();
    return this.#drained;
  }

  #checkDrained(): void {
    const { stopping, current, retiring } = this.state;
    if (!stopping || current > 0 || retiring.size > 0) return;
    this.#clearTimers();
    this.#settleDrained?.();
  }

  /**
   * Takes no new clients after `graceMs`, lets sessions end by themselves, and ends what is left after `hardStopAfterMs`
   * (null: never). Both as planned unless given.
   */
  softStop(
    graceMs: number = this.#global?.graceMs ?? 0,
    hardStopAfterMs: number | null = this.#global?.hardStopAfterMs ?? null,
  ): void {
    if (this.state.stopping) return;
    this.state.stopping = true;
    this.state.onIdle = () => this.#checkDrained();
    if (hardStopAfterMs !== null) this.#hardTimer = setTimeout(() => this.hardStop(), hardStopAfterMs);
    if (graceMs > 0) this.#graceTimer = setTimeout(() => this.#close(), graceMs);
    else this.#close();
  }

  #close(): void {
    this.#graceTimer = null;
    this.running.isClosed = true;
    for (const monitor of this.running.monitors.values()) monitor.stop();
    for (const follower of this.running.followers.values()) follower.stop();
    for (const frontend of this.running.frontends.values()) control.stopFrontend(frontend, this.running);
    for (const backend of this.running.backends.values()) {
      for (const server of backend.servers) server.dispose();
      if (!backend.plan.isListen) control.tellProxy(this.state, this.running, backend.plan, "backend", "stopped");
    }
    this.#checkDrained();
  }

  /** Ends every session at once and frees every address. */
  hardStop(): void {
    for (const { listeners } of this.running.frontends.values()) for (const one of listeners) one.close();
    for (const one of this.state.retiring) one.close();
    if (!this.state.stopping) this.softStop(0, null);
    else if (this.#graceTimer !== null) this.#close();
    this.#clearTimers();
    for (const session of this.running.sessions.running) session.kill("K");
    this.#checkDrained();
  }

  #clearTimers(): void {
    if (this.#graceTimer !== null) clearTimeout(this.#graceTimer);
    if (this.#hardTimer !== null) clearTimeout(this.#hardTimer);
    this.#graceTimer = this.#hardTimer = null;
  }

  /** Takes no clients (they wait in the backlog) until `resume`: HAProxy's SIGTTOU and SIGTTIN. */
  pause(): void {
    for (const frontend of this.running.frontends.values()) control.pauseFrontend(frontend, this.running);
  }

  resume(): void {
    for (const frontend of this.running.frontends.values()) control.resumeFrontend(frontend, this.running);
  }

  get process(): ProcessFigures {
    return control.processFigures(this.running, this.#options.threads ?? 1);
  }

  proxies(): readonly (FrontendFigures | BackendFigures)[] {
    return this.#shown().proxies;
  }

  frontends(): readonly FrontendFigures[] {
    return this.#shown().frontends;
  }

  backends(): readonly BackendFigures[] {
    return this.#shown().backends;
  }

  frontend(name: string): FrontendFigures | null {
    const one = this.running.frontends.get(name);
    return one === undefined || one.plan.disabled ? null : new LiveFrontend(one);
  }

  backend(name: string): BackendFigures | null {
    const one = this.running.backends.get(name);
    return one === undefined || one.plan.disabled ? null : new LiveBackend(one, this.#monitorOf);
  }

  server(backend: string, server: string): ServerFigures | null {
    const one = this.running.backends.get(backend);
    const found = one === undefined || one.plan.disabled ? null : one.find(server);
    return found === null ? null : new LiveServer(found, this.#monitorOf);
  }

  /** Kept from one plan to the next. As in HAProxy's statistics, without those that the plan disables. */
  #shown(): Shown {
    const { frontends, backends } = this.running;
    if (this.#lists?.of !== backends) {
      this.#lists = { of: backends, ...shown(frontends.values(), backends.values(), this.#monitorOf) };
    }
    return this.#lists;
  }

  *sessions(): Iterable<SessionFigures> {
    const { running } = this.running.sessions;
    for (const session of control.atMost(running, running.size)) yield control.sessionFigures(session);
  }

  *resolvers(): Iterable<ResolversFigures> {
    for (const one of this.running.resolvers.values()) yield one.figures();
  }

  readiness(): Iterable<string> {
    return control.readiness(this.running);
  }

  setServerState(backend: string, server: string, state: "ready" | "drain" | "maint"): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => control.setServerState(one, state));
  }

  setServerHealth(backend: string, server: string, health: "up" | "stopping" | "down"): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => {
      this.running.monitors.get(one)?.force(health);
      return control.setServerHealth(one, health);
    });
  }

  setServerWeight(backend: string, server: string, weight: number | { readonly percent: number }): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => control.setServerWeight(one, weight));
  }

  setServerAddress(backend: string, server: string, host: string, port: number | null): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => control.setServerAddress(one, host, port));
  }

  setServerName(backend: string, server: string, name: string): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => {
      const refusal = control.setServerName(one, name);
      if (refusal === null) followName(this.running, one);
      return refusal;
    });
  }

  setServerMaxconn(backend: string, server: string, maxconn: number): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => {
      if (!Number.isInteger(maxconn) || maxconn < 0) return { refused: "Malformed integer" };
      one.setMaxconn(maxconn, "operator");
      return null;
    });
  }

  setServerChecks(backend: string, server: string, enabled: boolean): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => {
      const monitor = this.running.monitors.get(one);
      if (monitor === undefined || monitor.health === null) {
        return { refused: "Health check was not configured on this server, cannot enable." };
      }
      monitor.setEnabled(enabled);
      return null;
    });
  }

  setServerCheck(backend: string, server: string, change: Partial<CheckTarget>): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => {
      const monitor = this.running.monitors.get(one);
      if (monitor === undefined || monitor.health === null) {
        return { refused: "health checks are not enabled on this server" };
      }
      monitor.changeCheck(change.host ?? null, change.port ?? null);
      return null;
    });
  }

  setServerAgent(backend: string, server: string, change: Parameters<ProxyFace["setServerAgent"]>[2]): Refusal | null {
    return control.withServer(this.running, backend, server, (one) => {
      const monitor = this.running.monitors.get(one);
      if (monitor === undefined || one.plan.agent === null) {
        return { refused: "agent checks are not enabled on this server" };
      }
      monitor.changeAgent(change.host ?? null, change.port ?? null, change.send ?? null);
      if (change.enabled !== undefined) monitor.setAgentEnabled(change.enabled);
      if (change.health === undefined) return null;
      one.standing.agentDown = change.health === "down";
      return control.setServerHealth(one, change.health);
    });
  }

  setRateLimit(of: "connections" | "sessions", perSecond: number): void {
    if (of === "connections") this.state.maxConnRate = perSecond;
    else this.state.maxSessRate = perSecond;
    for (const listener of this.state.waiting) listener.serve();
  }

  setFrontendMaxconn(frontend: string, maxconn: number): Refusal | null {
    return control.withFrontend(this.running, frontend, (one) => {
      if (!Number.isInteger(maxconn) || maxconn < 0) return { refused: "Integer value expected." };
      one.maxconnOverride = maxconn;
      for (const listener of one.listeners) listener.serve();
      return null;
    });
  }

  setMaxconn(maxconn: number): Refusal | null {
    return control.setMaxconn(this.state, maxconn);
  }

  setFrontendState(frontend: string, state: "enabled" | "disabled" | "shutdown"): Refusal | null {
    return control.withFrontend(this.running, frontend, (one) => control.setFrontendState(this.running, one, state));
  }

  killSession(id: number): boolean {
    for (const session of this.running.sessions.running) {
      if (session.sessionId !== id) continue;
      session.kill("K");
      return true;
    }
    return false;
  }

  killSessionsOf(backend: string, server: string): Iterable<void> | Refusal {
    let found: Server | null = null;
    const refusal = control.withServer(this.running, backend, server, (one) => {
      found = one;
      return null;
    });
    return refusal ?? control.killSessionsOf(this.running.sessions.running, found);
  }

  *clearCounters(all: boolean): Iterable<void> {
    yield* control.clearCounters(this.running, all);
    if (!all) return;
    for (const one of this.running.monitors.values()) {
      one.failures = one.observedFailures = 0;
      yield;
    }
    for (const one of this.running.resolvers.values()) {
      one.clearCounters();
      yield;
    }
  }
}
