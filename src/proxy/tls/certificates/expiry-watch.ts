/** Looks when certificates in use run out, and warns of each that soon will: an extension, for HAProxy lets them expire unseen. */
import type { Event } from "../../../events.ts";
import type { Turns, Work } from "../../time/turns.ts";
import type { CertificateTime } from "./public-tls.ts";

const dayMs = 86_400_000;
/** From here on a certificate is told of, once a day. */
const warningDays = 14;
const lookEveryMs = 3_600_000;

/** One per process. A reload changes what it looks at, not what it has told. */
export class ExpiryWatch {
  /** When each was told of. */
  #told = new Map<string, number>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #isLooking = false;

  /** `times`: a step for each use of a certificate, null where it has been told already. */
  constructor(
    private readonly times: (now: number) => Iterable<CertificateTime | null>,
    private readonly tell: (event: Extract<Event, { type: "certificate" }>) => void,
    private readonly turns: Turns,
    private readonly now: () => number = Date.now,
  ) {}

  /** Looks now and every hour; the process may end meanwhile. */
  start(): void {
    this.#timer ??= setInterval(() => void this.look(), lookEveryMs);
    this.#timer.unref();
    void this.look();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** In turns, for there may be many; while it does it does not begin again. Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.turns.run(this.#tellAll());
    } finally {
      this.#isLooking = false;
    }
  }

  *#tellAll(): Work {
    const now = this.now();
    const told = new Map<string, number>();
    for (const one of this.times(now)) {
      yield 1;
      if (one === null || one.daysLeft >= warningDays) continue;
      const before = this.#told.get(one.name);
      // An hour's look may come a little early.
      const isDue = before === undefined || now - before > dayMs - lookEveryMs / 2;
      told.set(one.name, isDue ? now : before);
      if (isDue) this.tell({ type: "certificate", ...one });
    }
    this.#told = told;
  }
}
