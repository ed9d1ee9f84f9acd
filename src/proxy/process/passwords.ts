/** Whose password it is: found out elsewhere, one at a time, for all who wait in turn, and remembered. */
import { createHash, randomBytes } from "node:crypto";

/** Whether a password is the hashed one. Rejects where that cannot be told. */
export type Verify = (password: string, hashed: string) => Promise<boolean>;

/** "busy": too many wait. "failed": it cannot be told. */
export type PasswordVerdict = boolean | "busy" | "failed";

export interface PasswordLimits {
  /** Questions that may wait. */
  readonly waiting: number;
  /** Verdicts that are remembered: as many right ones, and as many wrong ones. */
  readonly remembered: number;
}

const usual: PasswordLimits = { waiting: 1024, remembered: 1000 };

interface Question {
  readonly key: string;
  readonly password: string;
  readonly hashed: string;
  readonly waiters: Set<(verdict: PasswordVerdict) => void>;
  state: "waiting" | "asked" | "over";
}

/**
 * Who asks for many waits for his own: sources take turns, and when too many questions wait, the last one of the source that has
 * most is dropped. A question that several ask is one.
 */
export class Passwords {
  readonly #verify: Verify;
  readonly #limits: PasswordLimits;
  readonly #salt = randomBytes(16);
  readonly #right = new Set<string>();
  readonly #wrong = new Set<string>();
  readonly #questions = new Map<string, Question>();
  /** By source, the next one's first. */
  readonly #lines = new Map<string, Question[]>();
  #waiting = 0;
  #isAsking = false;

  constructor(verify: Verify, limits: PasswordLimits = usual) {
    this.#verify = verify;
    this.#limits = limits;
  }

  /** Undefined: to be asked for. Texts are latin1. */
  known(password: string, hashed: string): boolean | undefined {
    const key = this.#keyOf(password, hashed);
    return touched(this.#right, key) ? true : touched(this.#wrong, key) ? false : undefined;
  }

  /** Asks on behalf of `source`; `tell` hears of it once, never at once, unless what is returned was called before. */
  ask(password: string, hashed: string, source: string, tell: (verdict: PasswordVerdict) => void): () => void {
    const key = this.#keyOf(password, hashed);
    let question = this.#questions.get(key);
    if (question === undefined) {
      question = { key, password, hashed, waiters: new Set(), state: "waiting" };
      this.#questions.set(key, question);
    }
    const { waiters, state } = question;
    waiters.add(tell);
    if (state === "waiting") this.#queue(question, source);
    return () => void waiters.delete(tell);
  }

  #queue(question: Question, source: string): void {
    const line = this.#lines.get(source) ?? [];
    if (line.includes(question)) return;
    line.push(question);
    if (line.length === 1) this.#lines.set(source, line);
    this.#waiting += 1;
    if (this.#waiting > this.#limits.waiting) this.#dropOne();
    if (!this.#isAsking) void this.#askAll();
  }

  /** The last of the longest line; of equals, of the last one. */
  #dropOne(): void {
    let longest: [string, Question[]] | null = null;
    for (const one of this.#lines) if (one[1].length >= (longest?.[1].length ?? 0)) longest = one;
    const dropped = longest?.[1].pop();
    if (longest === null || dropped === undefined) return;
    this.#waiting -= 1;
    if (longest[1].length === 0) this.#lines.delete(longest[0]);
    for (const line of this.#lines.values()) if (line.includes(dropped)) return;
    queueMicrotask(() => this.#tell(dropped, "busy"));
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    // Who asks hears of it later.
    await Promise.resolve();
    for (let next = this.#next(); next !== null; next = this.#next()) {
      if (next.waiters.size === 0) this.#tell(next, "failed");
      else if (next.state === "waiting") await this.#askFor(next);
    }
    this.#isAsking = false;
  }

  #next(): Question | null {
    for (const [source, line] of this.#lines) {
      this.#lines.delete(source);
      const question = line.shift();
      if (line.length > 0) this.#lines.set(source, line);
      if (question === undefined) continue;
      this.#waiting -= 1;
      return question;
    }
    return null;
  }

  async #askFor(question: Question): Promise<void> {
    const { key, password, hashed } = question;
    question.state = "asked";
    let verdict: PasswordVerdict;
    try {
      verdict = await this.#verify(password, hashed);
      remember(verdict ? this.#right : this.#wrong, key, this.#limits.remembered);
    } catch {
      verdict = "failed";
    }
    this.#tell(question, verdict);
  }

  #tell(question: Question, verdict: PasswordVerdict): void {
    if (question.state === "over") return;
    question.state = "over";
    this.#questions.delete(question.key);
    for (const tell of question.waiters) tell(verdict);
  }

  /** Nobody can reckon from it what was asked. */
  #keyOf(password: string, hashed: string): string {
    return createHash("sha256").update(this.#salt).update(`${hashed}\0${password}`, "latin1").digest("base64");
  }
}

/** Whether it is there; then it is the last one to be forgotten. */
function touched(set: Set<string>, key: string): boolean {
  if (!set.delete(key)) return false;
  set.add(key);
  return true;
}

function remember(set: Set<string>, key: string, most: number): void {
  set.add(key);
  const [oldest] = set;
  if (set.size > most && oldest !== undefined) set.delete(oldest);
}
