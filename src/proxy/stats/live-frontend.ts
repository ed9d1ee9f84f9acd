/** A frontend's statistics as others read them: live, each worked out when it is read. */
import type { FrontendPlan } from "../../plan/proxy.ts";
import type { Frontend } from "../frontend/frontend.ts";
import type { FrontendStats, HttpStats, ListenerStats, RateStats, TlsStats } from "../public.ts";
import { LiveHttp } from "./live-http.ts";
import { rateStats } from "./live-rate.ts";

/** For as long as anybody holds them. */
export class LiveFrontend implements FrontendStats {
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
  get state(): FrontendStats["state"] {
    const { state, counters, maxconn } = this.#one;
    if (state !== "open") return state === "stopped" ? "STOP" : "PAUSED";
    return counters.current >= maxconn ? "FULL" : "OPEN";
  }
  get maintenance(): FrontendStats["maintenance"] {
    return this.#one.process.maintenance.of(this.#plan.name);
  }
  get showsListeners(): boolean {
    return this.#plan.socketStats;
  }
  get listeners(): Iterable<ListenerStats> {
    return listenerStats(this.#one);
  }
  get tls(): TlsStats {
    return this.#one.counters.tls;
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
  get failedRewrites(): number {
    return this.#one.counters.http.failedRewrites;
  }
  get internalErrors(): number {
    return this.#one.counters.http.internalErrors;
  }
  get http(): HttpStats | null {
    return this.#plan.http === null ? null : new LiveHttp(this.#one.counters.http);
  }
  get connectionRate(): RateStats {
    return rateStats(this.#one.counters.connectionRate, this.#one.process.maxConnRate);
  }
  get sessionRate(): RateStats {
    return rateStats(this.#one.counters.sessionRate, this.#plan.rateLimitSessions);
  }
}

function* listenerStats(frontend: Frontend): Iterable<ListenerStats> {
  for (const one of frontend.listeners) yield one.stats();
}
