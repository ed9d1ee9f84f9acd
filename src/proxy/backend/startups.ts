/** Sessions that start up at a server: who counts, and whether one more may. */
import { limitsStartups, type StartupsPlan } from "../../plan/ssh/startups.ts";

/** One of them, until it ends. */
export class Startup {
  #isOver = false;

  constructor(
    /** "": it has none that counts. */
    readonly source: string,
    private readonly over: (source: string) => void,
  ) {}

  /** Gives its slot back. Idempotent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.over(this.source);
  }
}

/** All of one server. Over reloads whoever counts goes on to, where a limit holds when it comes. */
export class Startups {
  #current = 0;
  readonly #bySource = new Map<string, number>();
  /** Since the start. */
  total = 0;

  constructor(private readonly server: { readonly plan: { readonly startups: StartupsPlan } }) {}

  get plan(): StartupsPlan {
    return this.server.plan.startups;
  }

  get current(): number {
    return this.#current;
  }

  get isLimited(): boolean {
    return limitsStartups(this.plan);
  }

  /** No source may begin one. */
  get isFull(): boolean {
    const { most } = this.plan;
    return most > 0 && this.#current >= most;
  }

  /** Whether one of this source may begin. */
  mayBegin(source: string): boolean {
    return !this.isFull && !this.hasAll(source);
  }

  /** It has as many already as one source may have. */
  hasAll(source: string): boolean {
    const { perSource } = this.plan;
    return perSource > 0 && source !== "" && this.countOf(source) >= perSource;
  }

  /** How many of this source there are. */
  countOf(source: string): number {
    return this.#bySource.get(source) ?? 0;
  }

  /** One begins, whatever the limits. */
  begin(source: string): Startup {
    this.#current += 1;
    this.total += 1;
    if (source !== "") this.#bySource.set(source, this.countOf(source) + 1);
    return new Startup(source, (of) => this.#gone(of));
  }

  #gone(source: string): void {
    this.#current -= 1;
    if (source === "") return;
    const left = this.countOf(source) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}
