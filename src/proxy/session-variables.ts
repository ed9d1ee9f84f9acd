/** Variables that `set-var` sets: those of one session, and the process's `proc.*`. */
import type { Sample, Variables } from "../rules/context.ts";

export class SessionVariables implements Variables {
  readonly #own = new Map<string, Sample>();

  constructor(readonly process: Map<string, Sample>) {}

  get(name: string): Sample | undefined {
    return this.#of(name).get(name);
  }

  set(name: string, value: Sample): void {
    this.#of(name).set(name, value);
  }

  unset(name: string): void {
    this.#of(name).delete(name);
  }

  #of(name: string): Map<string, Sample> {
    return name.startsWith("proc.") ? this.process : this.#own;
  }
}
