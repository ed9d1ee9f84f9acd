/** Long work cut into turns of the loop: so much of it, counted, then everybody else has a turn. */

/** About a millisecond's worth: a unit is a server, a rule, a pattern, a listener. */
const unitsPerTurn = 200;

/** Work that can be left off: it yields after each piece how many units that was. */
export type Work<Result = void> = Generator<number, Result, undefined>;

/** Runs work in turns. `told` hears of each turn how many units it had, for tests. */
export class Turns {
  #spent = 0;

  constructor(
    readonly limit: number = unitsPerTurn,
    private readonly told: (units: number) => void = () => {},
  ) {}

  /** Runs all of `work`; between two turns everything else goes on. What it throws rejects. */
  async run<Result>(work: Work<Result>): Promise<Result> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      this.#spent += step.value;
      if (this.#spent >= this.limit) await this.rest();
    }
  }

  /** Ends the turn. */
  async rest(): Promise<void> {
    this.told(this.#spent);
    this.#spent = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Counts a piece of work done between two waits. */
  async spend(units: number): Promise<void> {
    this.#spent += units;
    if (this.#spent >= this.limit) await this.rest();
  }
}
