/** Expressions that RE2's algorithms run, whose time is linear in the subject: what a backtracking engine may not have. */
import { RE2JS } from "re2js";
import type { Groups, Regex } from "./engine.ts";
import type { WrittenLinear } from "./write.ts";

/**
 * How many bytes all searches of one replacement may look at, if each goes to the end. All of a subject of a thousand bytes are
 * replaced, and a hundred in one of 16 KiB; what is found behind them stays as it is, as with HAProxy's limit on steps.
 */
const searchedBytes = 1 << 20;

/** Over texts of one character per byte. Its automaton takes 8 MB at most, and a few kB as a rule. */
export class LinearRegex implements Regex {
  readonly #engine: RE2JS;
  readonly #written: WrittenLinear;
  readonly #everywhere: boolean;

  /** Throws what RE2JS throws where the expression is too large for it. */
  constructor(written: WrittenLinear, everywhere: boolean) {
    this.#engine = RE2JS.compile(written.source);
    this.#written = written;
    this.#everywhere = everywhere;
  }

  test(text: string): boolean {
    return this.#engine.test(text);
  }

  exec(text: string): Groups | null {
    return this.#find(text, 0)?.groups ?? null;
  }

  replace(text: string, by: (groups: Groups) => string): string {
    const pieces: string[] = [];
    let done = 0;
    let searched = 0;
    for (let from = 0; from <= text.length && searched <= searchedBytes;) {
      const found = this.#find(text, from);
      searched += text.length - from;
      if (found === null) break;
      pieces.push(text.slice(done, found.start), by(found.groups));
      done = found.end;
      if (!this.#everywhere) break;
      from = found.end > found.start ? found.end : found.end + 1;
    }
    return pieces.join("") + text.slice(done);
  }

  #find(text: string, from: number): { readonly start: number; readonly end: number; readonly groups: Groups } | null {
    const matcher = this.#engine.matcher(text);
    if (!matcher.find(from)) return null;
    const { groups, ends } = this.#written;
    let end = matcher.end();
    // A newline that `$` stands before was taken, and is given back.
    for (const one of ends) if (matcher.start(one) >= 0) end = Math.min(end, matcher.start(one));
    const texts = groups.map((number) => {
      const start = matcher.start(number);
      return start < 0 ? undefined : text.slice(start, Math.min(end, matcher.end(number)));
    });
    return { start: matcher.start(), end, groups: texts };
  }
}
