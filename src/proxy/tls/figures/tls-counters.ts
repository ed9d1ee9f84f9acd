/** What a frontend, a listener, a server or a backend counts of handshakes. */
import type { TlsFacts } from "../../../tls-facts.ts";

export class TlsCounters {
  /** Handshakes that have succeeded. */
  handshakes = 0;
  /** Those of them that took a former session up again. */
  resumed = 0;
  failed = 0;

  /** One has ended. Null: it failed. */
  count(facts: TlsFacts | null): void {
    if (facts === null) this.failed += 1;
    else {
      this.handshakes += 1;
      if (facts.isResumed) this.resumed += 1;
    }
  }

  /** `clear counters`: with `all` they begin anew. */
  clear(all: boolean): void {
    if (all) this.handshakes = this.resumed = this.failed = 0;
  }
}
