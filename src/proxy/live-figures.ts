/** Figures of frontends, backends and servers as others read them: live, each worked out when it is read. */
import { clockMs } from "../clock.ts";
import type { SocketAddress } from "../address.ts";
import type { BackendPlan, FrontendPlan } from "../plan/proxy.ts";
import type { ServerAddress, ServerPlan } from "../plan/server.ts";
import { isServiceName } from "../wire/dns.ts";
import type {
  BackendFigures,
  FrontendFigures,
  ListenerFigures,
  PlannedServer,
  RateFigures,
  ServerFigures,
} from "./public.ts";
import type { Backend } from "./backend/backend.ts";
import type { Counters } from "./backend/counters.ts";
import type { Frontend } from "./frontend/frontend.ts";
import type { Rate } from "./process/rate.ts";
import type { Server } from "./backend/server.ts";
import { neverCounted } from "./process/never.ts";
import { shownWeight } from "./process/weight.ts";

function rateFigures(rate: Rate, limit: number): RateFigures {
  return { current: rate.read(clockMs()), limit, max: rate.max };
}

function secondsSince(at: number): number {
  return Math.floor((clockMs() - at) / 1000);
}

/** A frontend's figures, for as long as anybody holds them. */
export class LiveFrontend implements FrontendFigures {
  readonly kind = "frontend";
  readonly #one: Frontend;

  constructor(frontend: Frontend) {
    this.#one = frontend;
  }

  get #plan(): FrontendPlan {
    return this.#one.plan;
  }
  get name(): string {
    return this.#plan.name;
  }
  get id(): number {
    return this.#plan.id;
  }
  get isListen(): boolean {
    return this.#plan.isListen;
  }
  get state(): FrontendFigures["state"] {
    const { state, counters, maxconn } = this.#one;
    if (state !== "open") return state === "stopped" ? "STOP" : "PAUSED";
    return counters.current >= maxconn ? "FULL" : "OPEN";
  }
  get showsListeners(): boolean {
    return this.#plan.socketStats;
  }
  get listeners(): Iterable<ListenerFigures> {
    return listenerFigures(this.#one);
  }
  get current(): number {
    return this.#one.counters.current;
  }
  get max(): number {
    return this.#one.counters.max;
  }
  get limit(): number {
    return this.#one.maxconn;
  }
  get connectionsTotal(): number {
    return this.#one.counters.connectionsTotal;
  }
  get sessionsTotal(): number {
    return this.#one.counters.sessionsTotal;
  }
  get bytesIn(): number {
    return this.#one.counters.bytesIn;
  }
  get bytesOut(): number {
    return this.#one.counters.bytesOut;
  }
  get deniedRequests(): number {
    return this.#one.counters.deniedRequests;
  }
  get deniedResponses(): number {
    return this.#one.counters.deniedResponses;
  }
  get deniedConnections(): number {
    return this.#one.counters.deniedConnections;
  }
  get deniedSessions(): number {
    return this.#one.counters.deniedSessions;
  }
  get requestErrors(): number {
    return this.#one.counters.requestErrors;
  }
  get connectionRate(): RateFigures {
    return rateFigures(this.#one.counters.connectionRate, this.#one.process.maxConnRate);
  }
  get sessionRate(): RateFigures {
    return rateFigures(this.#one.counters.sessionRate, this.#plan.rateLimitSessions);
  }
}

function* listenerFigures(frontend: Frontend): Iterable<ListenerFigures> {
  for (const one of frontend.listeners) yield one.figures();
}

/** What is read of the counters that servers and backends have alike. */
abstract class LiveServing {
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  get queuedMax(): number {
    return this.#counters.queuedMax;
  }
  get current(): number {
    return this.#counters.current;
  }
  get max(): number {
    return this.#counters.max;
  }
  get sessionsTotal(): number {
    return this.#counters.sessionsTotal;
  }
  get bytesIn(): number {
    return this.#counters.bytesIn;
  }
  get bytesOut(): number {
    return this.#counters.bytesOut;
  }
  get deniedResponses(): number {
    return this.#counters.deniedResponses;
  }
  get connectErrors(): number {
    return this.#counters.connectErrors;
  }
  get responseErrors(): number {
    return neverCounted;
  }
  get retries(): number {
    return this.#counters.retries;
  }
  get redispatches(): number {
    return this.#counters.redispatches;
  }
  get clientAborts(): number {
    return this.#counters.clientAborts;
  }
  get serverAborts(): number {
    return this.#counters.serverAborts;
  }
  get picked(): number {
    return this.#counters.picked;
  }
  get lastSessionSeconds(): number {
    const { lastSessionAt } = this.#counters;
    return lastSessionAt === null ? -1 : secondsSince(lastSessionAt);
  }
  get sessionRate(): RateFigures {
    return rateFigures(this.#counters.sessionRate, 0);
  }
  get averageQueueMs(): number {
    return this.#counters.queueMs.value;
  }
  get averageConnectMs(): number {
    return this.#counters.connectMs.value;
  }
  get averageTotalMs(): number {
    return this.#counters.totalMs.value;
  }
  get maxQueueMs(): number {
    return this.#counters.queueMs.max;
  }
  get maxConnectMs(): number {
    return this.#counters.connectMs.max;
  }
  get maxTotalMs(): number {
    return this.#counters.totalMs.max;
  }
}

/** A server's figures, for as long as anybody holds them; of one that a reload took away, the last. */
export class LiveServer extends LiveServing implements ServerFigures {
  readonly #one: Server;

  constructor(server: Server) {
    super(server.counters);
    this.#one = server;
  }

  get #plan(): ServerPlan {
    return this.#one.plan;
  }
  get queued(): number {
    return this.#one.queue.length;
  }
  get weight(): number {
    return shownWeight(this.#one.weight);
  }
  get downTransitions(): number {
    return this.#one.downTransitions;
  }
  get downtimeSeconds(): number {
    return Math.floor(this.#one.downMs / 1000);
  }
  get lastChangeSeconds(): number {
    return secondsSince(this.#one.changedAt);
  }
  get name(): string {
    return this.#plan.name;
  }
  get id(): number {
    return this.#plan.id;
  }
  get state(): ServerFigures["state"] {
    return this.#one.state;
  }
  get stateCause(): string {
    return this.#one.stateCause;
  }
  get address(): SocketAddress | null {
    return this.#one.address;
  }
  get service(): string | null {
    const { address } = this.#plan;
    return address.kind === "tcp" && isServiceName(address.host) ? address.host : null;
  }
  get hostName(): string | null {
    return this.#one.hostName;
  }
  get standing(): ServerFigures["standing"] {
    return this.#one.standing;
  }
  get inherited(): ServerFigures["inherited"] {
    return this.#one.inherited;
  }
  get watched(): ServerFigures {
    let end = this.#one;
    for (let next = end.tracked; next !== null; next = end.tracked) end = next;
    return end === this.#one ? this : new LiveServer(end);
  }
  get isRenamed(): boolean {
    return this.#one.course.isRenamed;
  }
  get isBackup(): boolean {
    return this.#plan.backup;
  }
  get isUsable(): boolean {
    return this.#one.isUsable;
  }
  get maxconn(): number {
    return this.#one.maxconn;
  }
  get maxqueue(): number {
    return this.#plan.maxqueue;
  }
  get userWeight(): number {
    return this.#one.userWeight;
  }
  get initialWeight(): number {
    return this.#plan.weight;
  }
  get check(): ServerFigures["check"] {
    const monitor = this.#one.monitor;
    const { check } = this.#plan;
    if (monitor === null || monitor.health === null || check === null) return null;
    return {
      last: monitor.last,
      running: monitor.isRunning,
      failures: monitor.failures,
      observedFailures: this.#plan.observe === null ? null : monitor.observedFailures,
      health: monitor.health.value,
      healthOf: check.rise + check.fall - 1,
      rise: check.rise,
      fall: check.fall,
      isEnabled: monitor.isEnabled,
    };
  }
  get agent(): ServerFigures["agent"] {
    if (this.#plan.agent === null) return null;
    const monitor = this.#one.monitor;
    return { last: monitor?.agentLast ?? null, isEnabled: monitor?.isAgentEnabled ?? true };
  }
  get trackedAs(): string | null {
    const { track } = this.#plan;
    return track === null ? null : `${track.backend}/${track.server}`;
  }
  get throttlePercent(): number | null {
    return this.#one.throttlePercent;
  }
  get hint(): string | null {
    return this.#one.course.hint;
  }
  get planned(): PlannedServer {
    const { address, disabled, resolvers, isIdGiven, rise } = this.#plan;
    const monitor = this.#one.monitor;
    const check = this.#plan.check && (monitor?.checkPlan ?? this.#plan.check);
    const agent = this.#plan.agent && (monitor?.agentPlan ?? this.#plan.agent);
    return {
      isDisabled: disabled,
      isFollowingNames: resolvers !== null,
      port: address.kind === "tcp" ? address.port : null,
      portOffset: address.kind === "tcp" ? address.portOffset : 0,
      checkHost: hostOf(check),
      checkPort: check?.port ?? null,
      // What the line says of its checks holds for its agent as well; what an operator says of them does not.
      agentHost: hostOf(agent) ?? hostOf(this.#plan.check),
      agentPort: agent?.port ?? this.#plan.check?.port ?? null,
      isIdGiven,
      rise,
    };
  }
}

function hostOf(asked: { readonly address: ServerAddress | null } | null): string | null {
  return asked?.address?.kind === "tcp" ? asked.address.host : null;
}

/** A backend's figures, for as long as anybody holds them. */
export class LiveBackend extends LiveServing implements BackendFigures {
  readonly kind = "backend";
  readonly #one: Backend;
  #serversOf: readonly Server[] = [];
  #servers: readonly LiveServer[] = [];

  constructor(backend: Backend) {
    super(backend.counters);
    this.#one = backend;
  }

  get #plan(): BackendPlan {
    return this.#one.plan;
  }
  get queued(): number {
    return this.#one.queue.length;
  }
  get weight(): number {
    return shownWeight(this.#one.totalWeight);
  }
  get downTransitions(): number {
    return this.#one.downTransitions;
  }
  get downtimeSeconds(): number {
    return Math.floor(this.#one.downMs / 1000);
  }
  get lastChangeSeconds(): number {
    return secondsSince(this.#one.changedAt);
  }
  get name(): string {
    return this.#plan.name;
  }
  get id(): number {
    return this.#plan.id;
  }
  get isListen(): boolean {
    return this.#plan.isListen;
  }
  get algorithm(): string {
    return this.#plan.balance.algorithm;
  }
  get state(): "UP" | "DOWN" {
    return this.#one.isUp ? "UP" : "DOWN";
  }
  get limit(): number {
    return this.#one.fullconn;
  }
  get activeServers(): number {
    return this.#one.activeServers;
  }
  get backupServers(): number {
    return this.#one.backupServers;
  }
  get activeUserWeight(): number {
    return this.#one.activeUserWeight;
  }
  get deniedRequests(): number {
    return this.#one.deniedRequests;
  }
  /** A reload gives the backend another list, so that an answer under way goes on through the one that it began. */
  get servers(): readonly LiveServer[] {
    const { servers } = this.#one;
    if (this.#serversOf !== servers) {
      this.#serversOf = servers;
      this.#servers = servers.map((one) => new LiveServer(one));
    }
    return this.#servers;
  }
}

/** What is shown of a plan that runs. */
export interface Shown {
  readonly frontends: readonly LiveFrontend[];
  readonly backends: readonly LiveBackend[];
  /** Both, in the order of their ids. */
  readonly proxies: readonly (LiveFrontend | LiveBackend)[];
}

/** Lists those that the plan does not disable. Nothing is read of them but their ids. */
export function shown(frontends: Iterable<Frontend>, backends: Iterable<Backend>): Shown {
  const fronts: LiveFrontend[] = [];
  const backs: LiveBackend[] = [];
  for (const one of frontends) if (!one.plan.disabled) fronts.push(new LiveFrontend(one));
  for (const one of backends) if (!one.plan.disabled) backs.push(new LiveBackend(one));
  const places = [...fronts, ...backs].map((one) => ({ one, at: one.id * 2 + (one.kind === "frontend" ? 0 : 1) }));
  places.sort((a, b) => a.at - b.at);
  return { frontends: fronts, backends: backs, proxies: places.map(({ one }) => one) };
}
