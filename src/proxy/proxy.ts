/** Runs a plan, and the next one in its place: the owner of every listener, server and session of the process. */
import { ClosingWindow } from "./time/closing-window.ts";
import { Tables } from "../rules/stick/tables.ts";
import type { EventListener } from "../events.ts";
import type { Transport } from "../net/transport.ts";
import type { GlobalPlan } from "../plan/global.ts";
import { type HttpGlobalPlan, httpGlobalDefaults } from "../plan/http.ts";
import type { Plan } from "../plan/plan.ts";
import type { ResolversPlan } from "../plan/resolvers.ts";
import { Operator } from "./operator.ts";
import { pauseFrontend, resumeFrontend, stopFrontend, tellProxy } from "./proxy-state.ts";
import type { SavedServerState } from "./public.ts";
import { internalStates } from "./internal-states.ts";
import type { Serve } from "./frontend/frontend.ts";
import { DnsResolver } from "./names/dns-resolver.ts";
import type { NamedResolver } from "./names/name-resolver.ts";
import type { LoadTls } from "./tls/tls-process.ts";
import { ProcessState } from "./process/process-state.ts";
import type { SshPlace } from "./process/ssh-place.ts";
import { ExpiryWatch } from "./tls/certificates/expiry-watch.ts";
import { restoreServer } from "./backend/restore.ts";
import { applyPlan } from "./reload.ts";
import type { Failure, Running } from "./running.ts";
import type { SessionContext } from "./session/context/session-context.ts";
import { Session } from "./session/session.ts";
import { Sessions } from "./session/sessions.ts";
import type { Verify } from "./process/passwords.ts";
import { Turns } from "./time/turns.ts";

export type { Failure } from "./running.ts";

/** Helps that are not the proxy's own: each may be left out, and then does what it says. */
export interface ProxyOptions {
  /** Opens what a `resolvers` section asks for; left out: DNS. */
  readonly resolver?: (plan: ResolversPlan) => NamedResolver;
  /** Addresses and states that a state file holds, by `backend/server`. */
  readonly lastAddress?: (backend: string, server: string) => string | null;
  /** Data plane threads, for the statistics. */
  readonly threads?: number;
  /** Serves frontends in `mode http`; left out: there are none. */
  readonly http?: (sessions: Sessions, global: () => HttpGlobalPlan) => HttpMode;
  /** Whether a password is the hashed one, one at a time; left out: those in forms of ours, in this thread. */
  readonly verify?: Verify;
  /** Speaks TLS; left out: no plan may ask for it. */
  readonly tls?: LoadTls;
  /** Knows SSH; left out: nobody does. */
  readonly ssh?: SshPlace;
  /** How a reload's work is cut into turns. */
  readonly turns?: Turns;
}

/** Whoever serves clients in `mode http`. */
export interface HttpMode {
  readonly serve: Serve;
  /** Goes on with a session of a frontend in `mode tcp` whose backend is in `mode http`: all it has is this one's then. */
  readonly takeOver: (session: SessionContext) => void;
  /** Closes what is idle: the process stops. */
  retire(): void;
  /** Another plan runs: closes what is idle under the former one, clients as in a stop. */
  renew(closing: ClosingWindow): void;
}

export class Proxy {
  /** What others may read and ask for. */
  readonly operator: Operator;
  /** What runs: for the service, which looks proxies up by name. */
  readonly running: Running;
  readonly #turns: Turns;
  readonly #http: HttpMode | null;
  readonly #expiry: ExpiryWatch;
  /** The latest `apply`: the next one waits for it. */
  #applying: Promise<unknown> = Promise.resolve();
  #drained: Promise<void> | null = null;
  #settleDrained: (() => void) | null = null;
  #graceTimer: ReturnType<typeof setTimeout> | null = null;
  #hardTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(transport: Transport, emit: EventListener, options: ProxyOptions = {}) {
    const state = new ProcessState(transport, emit, options.verify, options.tls ?? null, options.ssh ?? null);
    this.#turns = options.turns ?? new Turns();
    const sessions = new Sessions(internalStates(state, () => this.running));
    this.running = {
      state,
      sessions,
      serve: (front, listener, client, now) => {
        const http = this.#http;
        if (http !== null && front.plan.http !== null) return http.serve(front, listener, client, now);
        const session = new Session(sessions, front, listener, client, now);
        if (http !== null) session.takeOver = http.takeOver;
        return session;
      },
      frontends: new Map(),
      backends: new Map(),
      trackers: new Map(),
      plan: null,
      tables: new Tables(),
      samples: null,
      resolvers: new Map(),
      isClosed: false,
      openResolver: options.resolver ?? ((plan) => new DnsResolver(plan)),
      lastAddress: (backend, server) => options.lastAddress?.(backend, server) ?? null,
    };
    this.#http = options.http?.(sessions, () => this.#global?.http ?? httpGlobalDefaults) ?? null;
    this.operator = new Operator(this.running, options.threads ?? 1);
    const { tls } = this.operator;
    this.#expiry = new ExpiryWatch(
      (now) => tls.times(now),
      (event) => state.emit(event),
      new Turns(),
    );
  }

  /**
   * Runs `plan` in place of the one before; `reload.ts` says what stays. Nothing has changed when any failure is returned.
   *
   * Takes many short turns, and one in which everything changes. One that is asked for meanwhile begins afterwards.
   */
  apply(plan: Plan): Promise<readonly Failure[]> {
    const applied = this.#applying.then(() => this.#apply(plan));
    this.#applying = applied.catch(() => {});
    return applied;
  }

  async #apply(plan: Plan): Promise<readonly Failure[]> {
    const failures = await applyPlan(this.running, plan, this.#turns);
    if (failures.length === 0) {
      this.#http?.renew(new ClosingWindow(plan.global.closeSpreadMs));
      if (!this.state.stopping) this.#expiry.start();
    }
    return failures;
  }

  /** Puts servers back to where a former process left them; to be called right after the first `apply`. */
  restore(states: Iterable<SavedServerState>): void {
    for (const saved of states) {
      const server = this.running.backends.get(saved.backend)?.find(saved.server) ?? null;
      if (server !== null) restoreServer(server, saved);
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
    const { stopping, current, retiring, ssh } = this.state;
    if (!stopping || current > 0 || retiring.size > 0 || (ssh !== null && ssh.lingering > 0)) return;
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
    if (this.state.ssh !== null) this.state.ssh.onLingered = this.state.onIdle;
    if (hardStopAfterMs !== null) this.#hardTimer = setTimeout(() => this.hardStop(), hardStopAfterMs);
    if (graceMs > 0) this.#graceTimer = setTimeout(() => this.#close(), graceMs);
    else this.#close();
  }

  #close(): void {
    this.#graceTimer = null;
    this.#expiry.stop();
    this.running.isClosed = true;
    for (const frontend of this.running.frontends.values()) stopFrontend(frontend, this.running);
    this.state.closing = new ClosingWindow(this.#global?.closeSpreadMs ?? 0);
    this.#http?.retire();
    this.state.ssh?.retire();
    for (const backend of this.running.backends.values()) {
      for (const server of backend.servers) server.close();
      if (!backend.plan.isListen) tellProxy(this.state, this.running, backend.plan, "backend", "stopped");
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
    this.state.ssh?.cutOff();
    this.#checkDrained();
  }

  #clearTimers(): void {
    if (this.#graceTimer !== null) clearTimeout(this.#graceTimer);
    if (this.#hardTimer !== null) clearTimeout(this.#hardTimer);
    this.#graceTimer = this.#hardTimer = null;
  }

  /** Takes no clients (they wait in the backlog) until `resume`: HAProxy's SIGTTOU and SIGTTIN. */
  pause(): void {
    for (const frontend of this.running.frontends.values()) pauseFrontend(frontend, this.running);
  }

  resume(): void {
    for (const frontend of this.running.frontends.values()) resumeFrontend(frontend, this.running);
  }
}
