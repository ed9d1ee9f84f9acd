/** Variables that `set-var` sets: the process's `proc.*`, those of one session, those of one check; and how much they may take. */
import type { Sample } from "../../rules/value/sample.ts";
import type { VariableLimits } from "../../plan/global.ts";
import type { Variables } from "../../rules/context.ts";
import { ownSample } from "../../rules/value/own.ts";
import { wordTable } from "../../word-table.ts";

/** What HAProxy counts for a variable beside its text or bytes (measured on 2.6, 64 bits). */
const variableBytes = 80;

const unlimited: VariableLimits = { global: 0, proc: 0, sess: 0, txn: 0, reqres: 0, check: 0 };

/** The process's variables, and what all variables take. */
export class ProcessVariables {
  readonly values = new Map<string, Sample>();
  limits: VariableLimits = unlimited;
  #used = 0;

  /** Bytes. */
  get used(): number {
    return this.#used;
  }

  /** Counts `bytes` more, or does not when that were too much. */
  take(bytes: number): boolean {
    const { global, proc } = this.limits;
    const used = this.#used + bytes;
    if (bytes > 0 && ((global > 0 && used > global) || (proc > 0 && used > proc))) return false;
    this.#used = used;
    return true;
  }
}

/** How deep a scope lies: the variables of a request take what its transaction and its session have as well. */
const depths = wordTable<number>({ proc: 0, sess: 1, check: 1, txn: 2, req: 3, res: 3 });

/**
 * Variables that go with a session or a check (manual, `set-var`). One that does not fit within `tune.vars.*-max-size`
 * is not set: a variable keeps the value that it had.
 */
export class SessionVariables implements Variables {
  readonly #own = new Map<string, Sample>();
  readonly #process: ProcessVariables;
  readonly #isCheck: boolean;
  /** What is taken at each depth, that of the deeper ones included. */
  readonly #used = [0, 0, 0];

  constructor(process: ProcessVariables, isCheck = false) {
    this.#process = process;
    this.#isCheck = isCheck;
  }

  get(name: string): Sample | undefined {
    return this.#of(name).get(name);
  }

  set(name: string, value: Sample): void {
    const values = this.#of(name);
    if (this.#take(name, sizeOf(value) - sizeOf(values.get(name)))) values.set(name, ownSample(value));
  }

  unset(name: string): void {
    const values = this.#of(name);
    this.#take(name, -sizeOf(values.get(name)));
    values.delete(name);
  }

  /** Those of a request, its answer and both together go. */
  endTransaction(): void {
    for (const name of this.#own.keys()) {
      if ((depths.get(name.slice(0, name.indexOf("."))) ?? 1) > 1) this.unset(name);
    }
  }

  /** Gives back what they take, once: they are not used any more. */
  release(): void {
    this.#process.take(-(this.#used[0] ?? 0));
    this.#used.fill(0);
  }

  #of(name: string): Map<string, Sample> {
    return name.startsWith("proc.") ? this.#process.values : this.#own;
  }

  #take(name: string, bytes: number): boolean {
    const depth = depths.get(name.slice(0, name.indexOf("."))) ?? 1;
    const { sess, txn, reqres, check } = this.#process.limits;
    const limits = [this.#isCheck ? check : sess, txn, reqres];
    for (let at = 0; at < depth; at++) {
      const limit = limits[at] ?? 0;
      if (bytes > 0 && limit > 0 && (this.#used[at] ?? 0) + bytes > limit) return false;
    }
    if (!this.#process.take(bytes)) return false;
    for (let at = 0; at < depth; at++) this.#used[at] = (this.#used[at] ?? 0) + bytes;
    return true;
  }
}

function sizeOf(value: Sample | undefined): number {
  if (value === undefined) return 0;
  return variableBytes + (value.type === "str" || value.type === "bin" ? value.value.length : 0);
}
