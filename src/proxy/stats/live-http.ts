/** What is counted of HTTP as others read it: live, each worked out when it is read. */
import type { HttpCounters } from "../process/http-counters.ts";
import type { CompressionStats, HttpStats, RateStats } from "../public.ts";
import { rateStats } from "./live-rate.ts";

/** For as long as anybody holds them. */
export class LiveHttp implements HttpStats {
  readonly #counters: HttpCounters;

  constructor(counters: HttpCounters) {
    this.#counters = counters;
  }

  get requestsTotal(): number {
    return this.#counters.requestsTotal;
  }
  get requestRate(): RateStats {
    return rateStats(this.#counters.requestRate, 0);
  }
  get responses(): readonly number[] {
    return this.#counters.responses;
  }
  get intercepted(): number {
    return this.#counters.intercepted;
  }
  get connects(): number {
    return this.#counters.connects;
  }
  get reuses(): number {
    return this.#counters.reuses;
  }
  get idle(): number {
    return this.#counters.idle;
  }
  get idleFresh(): number {
    return this.#counters.idleFresh;
  }
  get compression(): CompressionStats {
    return this.#counters.compression;
  }
}
