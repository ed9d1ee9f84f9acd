/** What frontends, backends and servers count of HTTP. */
import type { CapturedFault } from "./captured-fault.ts";
import { Rate } from "../time/rate.ts";

/** Plain numbers, raised in place by the exchange that they are about. */
export class HttpCounters {
  requestsTotal = 0;
  readonly requestRate = new Rate();
  /** Answers by the first digit of their status, 1 to 5; others at 0. */
  readonly responses: number[] = [0, 0, 0, 0, 0, 0];
  /** Answers that were none, or not whole. */
  responseErrors = 0;
  /** Answered without a server. */
  intercepted = 0;
  /** Connections to servers: opened, and used again. */
  connects = 0;
  reuses = 0;
  /** Open connections to a server that nobody uses now, and any client may. */
  idle = 0;
  /** Those among them that have served one request alone: the server may not let them be used again. */
  idleFresh = 0;
  /** Fields that a rule could not write, and exchanges that ended by a fault of ours. */
  failedRewrites = 0;
  internalErrors = 0;
  /** A frontend's last bad request, a backend's last bad response. Stays whatever is cleared. */
  lastFault: CapturedFault | null = null;
  readonly compression = new CompressionCounters();

  count(now: number): void {
    this.requestsTotal += 1;
    this.requestRate.add(now);
  }

  answered(status: number): void {
    const digit = Math.floor(status / 100);
    const at = digit >= 1 && digit <= 5 ? digit : 0;
    this.responses[at] = (this.responses[at] ?? 0) + 1;
  }

  /** `clear counters`: the highest rate; with `all` everything but what is a gauge. */
  clear(all: boolean): void {
    this.requestRate.clearMax();
    if (!all) return;
    this.responses.fill(0);
    this.requestsTotal = this.responseErrors = this.intercepted = this.connects = this.reuses = 0;
    this.failedRewrites = this.internalErrors = 0;
    this.compression.clear();
  }
}

/** What is counted of compressing; see CompressionStats. */
export class CompressionCounters {
  bytesIn = 0;
  bytesOut = 0;
  bytesPassed = 0;
  answers = 0;

  clear(): void {
    this.bytesIn = this.bytesOut = this.bytesPassed = this.answers = 0;
  }
}
