/** A running frontend: its listeners, its limits, its figures. */
import { clockMs } from "../clock.ts";
import type { RelayLimits, SocketAddress } from "../net/transport.ts";
import type { FrontendPlan } from "../plan.ts";
import type { Backend } from "./backend.ts";
import type { FrontendFigures } from "./face.ts";
import type { BoundListener } from "./listener.ts";
import type { ProcessState } from "./process-state.ts";
import { Rate } from "./rate.ts";
import type { FrontendRules } from "./rulebook.ts";

export class Frontend {
  plan: FrontendPlan;
  rules: FrontendRules;
  defaultBackend: Backend | null = null;
  readonly listeners: BoundListener[] = [];
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
  readonly connectionRate = new Rate();
  readonly sessionRate = new Rate();
  /** Set by the operator; null: as configured. */
  maxconnOverride: number | null = null;
  readonly #limits = new Map<Backend, RelayLimits>();
  state: "open" | "paused" | "stopped" = "open";

  constructor(
    readonly process: ProcessState,
    plan: FrontendPlan,
    rules: FrontendRules,
  ) {
    this.plan = plan;
    this.rules = rules;
  }

  /** Concurrent connections allowed; the process's limit when the plan names none. */
  get maxconn(): number {
    return this.maxconnOverride ?? (this.plan.maxconn > 0 ? this.plan.maxconn : this.process.maxconn);
  }

  /** Milliseconds until one more client may be taken: 0 now, Infinity when a session must end first. */
  waitMs(): number {
    const { process } = this;
    if (this.current >= this.maxconn || process.current >= process.maxconn) return Infinity;
    const limit = this.plan.rateLimitSessions;
    if (limit === 0 && process.maxConnRate === 0 && process.maxSessRate === 0) return 0;
    const now = clockMs();
    return Math.max(
      this.sessionRate.waitMs(now, limit),
      process.connectionRate.waitMs(now, process.maxConnRate),
      process.sessionRate.waitMs(now, process.maxSessRate),
    );
  }

  /** Whether anybody reads what its sessions come to. */
  get isLogging(): boolean {
    return this.plan.logs.length > 0;
  }

  /** How long both sides of a session with `backend` may be idle; one object for all its sessions. */
  limitsWith(backend: Backend): RelayLimits {
    let limits = this.#limits.get(backend);
    if (limits !== undefined) return limits;
    const front = this.plan;
    const back = backend.plan;
    const isOn = this.process.splice;
    const isAuto = front.splice.auto || back.splice.auto;
    limits = {
      clientMs: front.timeouts.clientMs,
      clientFinMs: front.timeouts.clientFinMs,
      serverMs: back.timeouts.serverMs,
      serverFinMs: back.timeouts.serverFinMs,
      tunnelMs: back.timeouts.tunnelMs,
      splice: {
        request: isOn && (isAuto || front.splice.request || back.splice.request),
        response: isOn && (isAuto || front.splice.response || back.splice.response),
      },
      clientIndependent: front.independentStreams,
      serverIndependent: back.independentStreams,
      clientNoLinger: front.nolinger,
      serverNoLinger: back.nolinger,
    };
    this.#limits.set(backend, limits);
    return limits;
  }

  /** Forgets what was worked out from plans; call after any plan changed. */
  forgetLimits(): void {
    this.#limits.clear();
  }

  enter(now: number): void {
    this.current += 1;
    if (this.current > this.max) this.max = this.current;
    this.connectionsTotal += 1;
    this.connectionRate.add(now);
    this.process.enter(now);
  }

  leave(): void {
    this.current -= 1;
    this.process.leave();
  }

  /** A connection passed the connection rules. */
  begin(now: number): void {
    this.sessionsTotal += 1;
    this.sessionRate.add(now);
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

  /** Closes every listener; sessions go on. */
  stop(): void {
    this.state = "stopped";
    for (const one of this.listeners) one.close();
  }

  clearCounters(all: boolean): void {
    this.max = this.current;
    this.connectionRate.clearMax();
    this.sessionRate.clearMax();
    for (const one of this.listeners) one.clearCounters(all);
    if (!all) return;
    this.connectionsTotal = this.sessionsTotal = this.bytesIn = this.bytesOut = this.requestErrors = 0;
    this.deniedRequests = this.deniedResponses = this.deniedConnections = this.deniedSessions = 0;
  }

  figures(now: number): FrontendFigures {
    const { plan, process } = this;
    return {
      name: plan.name,
      id: plan.id,
      isListen: plan.isListen,
      state:
        this.state === "stopped"
          ? "STOP"
          : this.state === "paused"
            ? "PAUSED"
            : this.current >= this.maxconn
              ? "FULL"
              : "OPEN",
      listeners: this.listeners.map((one) => one.figures()),
      current: this.current,
      max: this.max,
      limit: this.maxconn,
      connectionsTotal: this.connectionsTotal,
      sessionsTotal: this.sessionsTotal,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      deniedRequests: this.deniedRequests,
      deniedResponses: this.deniedResponses,
      deniedConnections: this.deniedConnections,
      deniedSessions: this.deniedSessions,
      requestErrors: this.requestErrors,
      connectionRate: {
        current: this.connectionRate.read(now),
        limit: process.maxConnRate,
        max: this.connectionRate.max,
      },
      sessionRate: {
        current: this.sessionRate.read(now),
        limit: plan.rateLimitSessions,
        max: this.sessionRate.max,
      },
    };
  }

  /** What the first listener is bound to; null before binding. For tests and messages. */
  get address(): SocketAddress | null {
    return this.listeners[0]?.address ?? null;
  }
}
