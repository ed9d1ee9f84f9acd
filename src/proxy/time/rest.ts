/** A server that has just turned a session down: for a moment others have to do where there are any. */
import type { ServerRefusal } from "../../ssh-facts.ts";

/** So long no session comes to it by balancing. */
export const restMs = 1000;

/** What follows from a server's rest. */
export interface Rested {
  /** It rests from now on, and has not before; or not any more. */
  rests(isResting: boolean): void;
}

/** One server's. Its timer keeps no process alive. */
export class Rest {
  /** Why it rests; null: it does not. */
  why: ServerRefusal | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly rested: Rested) {}

  /** For as long from now on, whatever was before. */
  begin(why: ServerRefusal): void {
    const wasResting = this.why !== null;
    this.why = why;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), restMs);
    this.#timer.unref();
    if (!wasResting) this.rested.rests(true);
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.why === null) return;
    this.why = null;
    this.rested.rests(false);
  }
}
