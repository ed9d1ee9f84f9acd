/** What servers and backends have alike of their statistics: live, each worked out when it is read. */
import { clockMs } from "../../clock.ts";
import type { Counters } from "../backend/counters.ts";
import type { HttpStats, RateStats, TlsStats } from "../public.ts";
import { LiveHttp } from "./live-http.ts";
import { rateStats } from "./live-rate.ts";

/** A server or a backend. */
interface Serving {
  readonly plan: { readonly name: string; readonly id: number };
  readonly queue: { readonly length: number };
  readonly counters: Counters;
  readonly downTransitions: number;
  readonly downMs: number;
  readonly changedAt: number;
}

/** The statistics that servers and backends have alike. */
export abstract class LiveServing {
  readonly #one: Serving;
  readonly #counters: Counters;

  constructor(one: Serving) {
    this.#one = one;
    this.#counters = one.counters;
  }

  get name(): string {
    return this.#one.plan.name;
  }
  get id(): number {
    return this.#one.plan.id;
  }
  get tls(): TlsStats {
    return this.#counters.tls;
  }
  get queued(): number {
    return this.#one.queue.length;
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
  get connects(): number {
    return this.#counters.http.connects;
  }
  get deniedResponses(): number {
    return this.#counters.deniedResponses;
  }
  get connectErrors(): number {
    return this.#counters.connectErrors;
  }
  get responseErrors(): number {
    return this.#counters.http.responseErrors;
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
  get sessionRate(): RateStats {
    return rateStats(this.#counters.sessionRate, 0);
  }
  get averageQueueMs(): number {
    return this.#counters.queueMs.value;
  }
  get averageConnectMs(): number {
    return this.#counters.connectMs.value;
  }
  get averageResponseMs(): number {
    return this.#counters.responseMs.value;
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
  get maxResponseMs(): number {
    return this.#counters.responseMs.max;
  }
  get failedRewrites(): number {
    return this.#counters.http.failedRewrites;
  }
  get internalErrors(): number {
    return this.#counters.http.internalErrors;
  }
  /** `isHttp`: its backend is in `mode http`. */
  protected httpStats(isHttp: boolean): HttpStats | null {
    return isHttp ? new LiveHttp(this.#counters.http) : null;
  }
  get maxTotalMs(): number {
    return this.#counters.totalMs.max;
  }
}

function secondsSince(at: number): number {
  return Math.floor((clockMs() - at) / 1000);
}
