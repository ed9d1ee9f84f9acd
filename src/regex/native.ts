/** Expressions that the runtime's own engine runs: the fastest, but it goes back and tries again. */
import type { Groups, Regex } from "./engine.ts";
import type { Node } from "./node.ts";
import { needsIgnoreCase, writeNative } from "./write.ts";

/** Over texts of one character per byte. */
export class NativeRegex implements Regex {
  readonly #engine: RegExp;
  /** Numbers of the operator's groups in the engine. */
  readonly #groups: readonly number[];
  readonly #isSame: boolean;

  /** Throws a SyntaxError where the expression is too large for the engine. */
  constructor(node: Node, everywhere: boolean) {
    const { source, groups } = writeNative(node);
    this.#engine = new RegExp(source, (everywhere ? "g" : "") + (needsIgnoreCase(node) ? "i" : ""));
    this.#groups = groups;
    this.#isSame = groups.every((number, index) => number === index);
  }

  test(text: string): boolean {
    this.#engine.lastIndex = 0;
    return this.#engine.test(text);
  }

  exec(text: string): Groups | null {
    this.#engine.lastIndex = 0;
    const found = this.#engine.exec(text);
    return found === null ? null : this.#groupsOf(found);
  }

  replace(text: string, by: (groups: Groups) => string): string {
    return text.replace(this.#engine, (...found: (string | undefined)[]) => by(this.#groupsOf(found)));
  }

  /** `found` begins with the operator's groups; behind them an engine may tell more. */
  #groupsOf(found: readonly (string | undefined)[]): Groups {
    return this.#isSame ? found.slice(0, this.#groups.length) : this.#groups.map((number) => found[number]);
  }
}
