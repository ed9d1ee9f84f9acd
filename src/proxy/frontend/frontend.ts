/** A running frontend: its listeners, its limits, its counters. */
import { clockMs } from "../../clock.ts";
import type { Connection, RelayLimits } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import type { BindPlan } from "../../plan/bind.ts";
import type { FrontendPlan } from "../../plan/proxy.ts";
import type { SampleContext } from "../../rules/context.ts";
import type { LogCount } from "../../session-record.ts";
import type { Backend } from "../backend/backend.ts";
import type { BoundListener, ListenerOwner, Serving } from "./listener.ts";
import { HttpCounters } from "../process/http-counters.ts";
import type { ProcessState } from "../process/process-state.ts";
import { Rate } from "../time/rate.ts";
import type { ListenerTls } from "../tls/listener-tls.ts";
import { TlsCounters } from "../tls/figures/tls-counters.ts";
import type { FrontendRules } from "./frontend-rules.ts";
import { splicingOf } from "../process/splicing.ts";

/** What a frontend counts: one object for all the plans that it runs under. */
export class FrontendCounters implements LogCount {
  /** Connections held now, from accept to the session's end. */
  current = 0;
  max = 0;
  connectionsTotal = 0;
  sessionsTotal = 0;
  bytesIn = 0;
  bytesOut = 0;
  deniedRequests = 0;
  deniedResponses = 0;
  deniedConnections = 0;
  deniedSessions = 0;
  requestErrors = 0;
  /** Never cleared, as in HAProxy. */
  logLines = 0;
  readonly connectionRate = new Rate();
  readonly sessionRate = new Rate();
  readonly http = new HttpCounters();
  readonly tls = new TlsCounters();

  clear(all: boolean): void {
    this.max = 0;
    this.http.clear(all);
    this.tls.clear(all);
    this.connectionRate.clearMax();
    this.sessionRate.clearMax();
    if (!all) return;
    this.connectionsTotal = this.sessionsTotal = this.bytesIn = this.bytesOut = this.requestErrors = 0;
    this.deniedRequests = this.deniedResponses = this.deniedConnections = this.deniedSessions = 0;
  }
}

/** Takes a client of `front` over, who came in by `listener` at `now`. */
export type Serve = (front: Frontend, listener: BoundListener, client: Connection, now: number) => Serving;

/**
 * A frontend under one plan. The next plan has another one in its place: sessions that began here go on by these rules,
 * and find the backends that these rules name.
 */
export class Frontend implements ListenerOwner {
  readonly counters: FrontendCounters;
  readonly defaultBackend: Backend | null;
  /** The other half of a `listen`; null: it has none. */
  readonly own: Backend | null;
  /** Bound to this plan's addresses; filled when it takes over. */
  readonly listeners: BoundListener[] = [];
  /** Set by the operator; null: as configured. */
  maxconnOverride: number | null;
  readonly #serve: Serve;
  readonly #limits = new Map<Backend, RelayLimits>();
  state: "open" | "paused" | "stopped";

  /** `backends`: those of its plan. `former`: the one of that name which runs now. */
  constructor(
    readonly process: ProcessState,
    serve: Serve,
    readonly plan: FrontendPlan,
    readonly rules: FrontendRules,
    readonly backends: ReadonlyMap<string, Backend>,
    former: Frontend | null = null,
    /** What its listeners ask of clients in TLS; null: none does. */
    private readonly tls: ReadonlyMap<BindPlan, ListenerTls> | null = null,
  ) {
    this.#serve = serve;
    this.counters = former?.counters ?? new FrontendCounters();
    this.defaultBackend = plan.defaultBackend === null ? null : (backends.get(plan.defaultBackend) ?? null);
    this.own = plan.isListen ? (backends.get(plan.name) ?? null) : null;
    this.state = plan.disabled ? "stopped" : "open";
    this.maxconnOverride = null;
  }

  /** What a listener of its plan asks of clients; null: they speak in the clear. */
  tlsAt(bind: BindPlan): ListenerTls | null {
    return this.tls === null ? null : (this.tls.get(bind) ?? null);
  }

  /** Takes over from `former`: what an operator set there holds here unless the plan says otherwise than before. */
  succeed(former: Frontend): void {
    if (former.plan.maxconn === this.plan.maxconn) this.maxconnOverride = former.maxconnOverride;
    if (former.state === "paused" && this.state === "open") this.state = "paused";
  }

  /** Concurrent connections allowed; where the plan names none, the process's limit as it was given, whatever an operator made of that. */
  get maxconn(): number {
    return this.maxconnOverride ?? (this.plan.maxconn > 0 ? this.plan.maxconn : this.process.hardMaxconn);
  }

  /** Milliseconds until one more client may be taken: 0 now, Infinity when a session must end first. */
  waitMs(): number {
    const { process } = this;
    if (this.counters.current >= this.maxconn || process.current >= process.maxconn) return Infinity;
    const limit = this.plan.rateLimitSessions;
    if (limit === 0 && process.maxConnRate === 0 && process.maxSessRate === 0) return 0;
    const now = clockMs();
    return Math.max(
      this.counters.sessionRate.waitMs(now, limit),
      process.connectionRate.waitMs(now, process.maxConnRate),
      process.sessionRate.waitMs(now, process.maxSessRate),
    );
  }

  /** Whether anybody reads what its sessions come to. */
  get isLogging(): boolean {
    return this.plan.logs.length > 0;
  }

  /** Where a client goes: the first `use_backend` that applies, else the default; null: neither. */
  backendFor(context: SampleContext): Backend | null {
    const { route } = this.rules;
    const named = route === null ? null : route(context);
    return (named === null ? undefined : this.backends.get(named)) ?? this.defaultBackend;
  }

  /** How long both sides of a session with `backend` may be idle; one object for all its sessions. */
  limitsWith(backend: Backend): RelayLimits {
    let limits = this.#limits.get(backend);
    if (limits !== undefined) return limits;
    const front = this.plan;
    const back = backend.plan;
    limits = {
      clientMs: front.timeouts.clientMs,
      clientFinMs: front.timeouts.clientFinMs,
      serverMs: back.timeouts.serverMs,
      serverFinMs: back.timeouts.serverFinMs,
      tunnelMs: back.timeouts.tunnelMs,
      splice: this.process.splice ? splicingOf(front.splice, back.splice) : { request: false, response: false },
      clientIndependent: front.independentStreams,
      serverIndependent: back.independentStreams,
      clientNoLinger: front.nolinger,
      serverNoLinger: back.nolinger,
    };
    this.#limits.set(backend, limits);
    return limits;
  }

  serve(listener: BoundListener, client: Connection, now: number): Serving {
    return this.#serve(this, listener, client, now);
  }

  enter(now: number): void {
    const { counters } = this;
    counters.current += 1;
    if (counters.current > counters.max) counters.max = counters.current;
    counters.connectionsTotal += 1;
    counters.connectionRate.add(now);
    this.process.enter(now);
  }

  leave(): void {
    this.counters.current -= 1;
    this.process.leave();
  }

  /** A request of `mode http` has come; `isFirst`: of its connection, which the process counts for one. */
  countRequest(isFirst: boolean): void {
    this.counters.http.count(clockMs());
    if (!isFirst) this.process.laterRequests += 1;
  }

  /** A connection passed the connection rules. */
  begin(now: number): void {
    this.counters.sessionsTotal += 1;
    this.counters.sessionRate.add(now);
    this.process.sessionRate.add(now);
  }

  pause(): void {
    if (this.state !== "open") return;
    this.state = "paused";
    for (const one of this.listeners) one.hold();
  }

  resume(): void {
    if (this.state !== "paused") return;
    this.state = "open";
    for (const one of this.listeners) one.serve();
  }

  /** Lets go of every address; sessions go on, and who has come already has one. */
  stop(): void {
    this.state = "stopped";
    for (const one of this.listeners) one.retire();
  }

  clearCounters(all: boolean): void {
    this.counters.clear(all);
    for (const one of this.listeners) one.clearCounters(all);
  }

  /** What the first listener is bound to; null before binding. For tests and messages. */
  get address(): SocketAddress | null {
    return this.listeners[0]?.address ?? null;
  }
}
