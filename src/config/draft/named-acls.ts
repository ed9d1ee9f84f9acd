/** The `acl` lines of a section by name, on top of those of the `defaults` it came from. */
import type { AclTest } from "../../plan/rules/acl.ts";

/** What is inherited is taken over name by name, when it is asked for: `defaults` may have many, and many heirs. */
export class NamedAcls {
  readonly #own = new Map<string, AclTest[]>();
  readonly #inherited: NamedAcls | null;

  constructor(inherited: NamedAcls | null) {
    this.#inherited = inherited !== null && inherited.#own.size === 0 ? inherited.#inherited : inherited;
  }

  /** The lines read so far, in order; those to come are added to the same list. Undefined when there is none. */
  get(name: string): AclTest[] | undefined {
    const own = this.#own.get(name);
    if (own !== undefined) return own;
    for (let from = this.#inherited; from !== null; from = from.#inherited) {
      const former = from.#own.get(name);
      if (former === undefined) continue;
      const copy = [...former];
      this.#own.set(name, copy);
      return copy;
    }
    return undefined;
  }

  /** Another line of that name. */
  add(name: string, test: AclTest): void {
    const tests = this.get(name);
    if (tests === undefined) this.#own.set(name, [test]);
    else tests.push(test);
  }

  /** Each name once, inherited ones first. */
  names(): ReadonlySet<string> {
    const lists = [[...this.#own.keys()]];
    for (let from = this.#inherited; from !== null; from = from.#inherited) lists.push([...from.#own.keys()]);
    return new Set(lists.toReversed().flat());
  }
}
