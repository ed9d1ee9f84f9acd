/** A search's start-up at its server: whether it may begin, waits for others', counts, is over. */
import { plainHost } from "../../../address.ts";
import type { Backend } from "../../backend/backend.ts";
import type { Server } from "../../backend/server.ts";
import type { Startup } from "../../backend/startups.ts";
import type { Seeker } from "./seeker.ts";

/** A start-up that counts, for whoever watches it. */
export interface StartupUnderWay {
  /** How long it may last, ms. */
  readonly graceMs: number;
  /** Its authentication is over, as far as can be seen: it counts no more, also where its search has gone on to another. Never throws. */
  over(): void;
}

/** One of each search. It costs nothing where its backend limits no start-ups. */
export class StartupSlot {
  /** Whose it is, where that counts; "": nobody's. */
  source = "";
  #startup: Startup | null = null;
  #underWay: StartupUnderWay | null = null;
  /** It waits, or has waited, for others to be over. */
  #isAwaited = false;

  constructor(
    private readonly seeker: Pick<Seeker, "source" | "fail">,
    private readonly backend: Backend,
  ) {}

  /** A server is asked for. */
  ask(): void {
    if (this.backend.limitsStartups) this.source = sourceOf(this.seeker);
  }

  /** A slot of `server` is taken. */
  take(server: Server): void {
    const { startups, backend } = server;
    if (!startups.isLimited) return;
    const startup = startups.begin(this.source);
    this.#startup = startup;
    this.#underWay = {
      graceMs: startups.plan.graceMs,
      over: () => {
        try {
          startup.end();
          backend.dequeue(server);
        } catch (error) {
          this.seeker.fail(error);
        }
      },
    };
  }

  /** It waits for a slot of `server`, or of any. */
  await(server: Server | null): void {
    this.#isAwaited = this.#isHeldUp(server);
    if (this.#isAwaited) this.backend.heldUp.waited += 1;
  }

  #isHeldUp(server: Server | null): boolean {
    const { backend, source } = this;
    if (!backend.limitsStartups) return false;
    if (server !== null) return !server.startups.mayBegin(source);
    return backend.servers.some(({ isTaking, startups }) => isTaking && !startups.mayBegin(source));
  }

  /** It has waited in vain, or there is no room for it to wait. */
  refused(server: Server | null): void {
    if (this.#isAwaited || (server !== null && this.#isHeldUp(server))) this.backend.heldUp.refused += 1;
  }

  /** Null: none that counts. */
  get underWay(): StartupUnderWay | null {
    return this.#underWay;
  }

  /** Gives back what it has. */
  end(): void {
    const startup = this.#startup;
    this.#startup = this.#underWay = null;
    startup?.end();
  }
}

function sourceOf({ source }: Pick<Seeker, "source">): string {
  return source.kind === "tcp" ? plainHost(source.host) : "";
}
