/** What backends and servers count alike, and what `clear counters` wipes. */
import { HttpCounters } from "../process/http-counters.ts";
import { TlsCounters } from "../tls/figures/tls-counters.ts";
import { Rate } from "../time/rate.ts";

/** Averages over about the last 1024 sessions, by a decaying sum. */
const averageOver = 1024;

/** Counters of one server or one backend. Plain numbers, raised in place by the session that runs there. */
export class Counters {
  current = 0;
  max = 0;
  queuedMax = 0;
  sessionsTotal = 0;
  bytesIn = 0;
  bytesOut = 0;
  deniedResponses = 0;
  connectErrors = 0;
  retries = 0;
  redispatches = 0;
  clientAborts = 0;
  serverAborts = 0;
  picked = 0;
  /** Monotonic ms of the last session that went to a server; null: none yet. */
  lastSessionAt: number | null = null;
  readonly sessionRate = new Rate();
  readonly http = new HttpCounters();
  readonly tls = new TlsCounters();
  readonly queueMs = new Average();
  readonly connectMs = new Average();
  /** From the connection to the head of the answer; in `mode http` alone. */
  readonly responseMs = new Average();
  readonly totalMs = new Average();

  enter(): void {
    this.current += 1;
    if (this.current > this.max) this.max = this.current;
  }

  begin(now: number): void {
    this.sessionsTotal += 1;
    this.sessionRate.add(now);
  }

  /** `clear counters`: the highest values; with `all` totals and averages too. Gauges stay; as in HAProxy the highest is 0 even so. */
  clear(all: boolean): void {
    this.max = this.queuedMax = 0;
    this.sessionRate.clearMax();
    this.http.clear(all);
    this.tls.clear(all);
    for (const times of [this.queueMs, this.connectMs, this.responseMs, this.totalMs]) times.clear(all);
    if (!all) return;
    this.lastSessionAt = null;
    this.sessionsTotal = this.bytesIn = this.bytesOut = this.deniedResponses = 0;
    this.connectErrors = this.retries = this.redispatches = 0;
    this.clientAborts = this.serverAborts = this.picked = 0;
  }
}

/** A running average with its highest value. */
export class Average {
  #sum = 0;
  #count = 0;
  max = 0;

  add(value: number): void {
    if (value > this.max) this.max = value;
    if (this.#count < averageOver) this.#count += 1;
    else this.#sum -= this.#sum / averageOver;
    this.#sum += value;
  }

  /** Its highest value, or everything. */
  clear(all: boolean): void {
    this.max = 0;
    if (all) this.#sum = this.#count = 0;
  }

  get value(): number {
    return this.#count === 0 ? 0 : Math.round(this.#sum / this.#count);
  }
}
