/** The stick tables of a plan by name, with its patterns and users: what expressions are compiled against. */
import type { StickTablePlan } from "../../plan/rules/rule.ts";
import type { UserlistPlan } from "../../plan/rules/userlist.ts";
import type { PatternListPlan } from "../../plan/rules/acl.ts";
import { clockMs } from "../../clock.ts";
import { Patterns } from "../match/patterns.ts";
import { Userlists } from "../match/userlists.ts";
import { StickTable } from "./table.ts";

/**
 * The stick tables of one plan by name, and its patterns. The next plan's are built beside them; a table that is declared
 * to hold the same is then the same one, with all its entries.
 */
export class Tables {
  /** Not tables, but of the plan as well, and needed wherever tables are. */
  readonly patterns = new Patterns();
  /** Likewise. Put in place before expressions are compiled. */
  userlists = new Userlists();
  /** How long what a converter gives may be, with one byte for its end (`tune.bufsize`). Read when expressions are compiled. */
  sampleBytes = 16_384;
  readonly #tables = new Map<string, StickTable>();
  readonly #kept: { readonly table: StickTable; readonly plan: StickTablePlan }[] = [];
  readonly #now: () => number;

  /** `now` in ms, monotonic. */
  constructor(now: () => number = clockMs) {
    this.#now = now;
  }

  get(name: string): StickTable | undefined {
    return this.#tables.get(name);
  }

  /** In the order of their declaration. */
  all(): Iterable<StickTable> {
    return this.#tables.values();
  }

  /**
   * Those of a plan in place of these, which stay as they are; yields work done. Rules that use them can be compiled then,
   * and `enforce` is to be called when they run.
   */
  *next(
    declared: readonly StickTablePlan[],
    lists: readonly PatternListPlan[],
    userlists: readonly UserlistPlan[] = [],
  ): Generator<number, Tables, undefined> {
    const next = new Tables(this.#now);
    next.userlists = new Userlists(userlists);
    for (const plan of declared) {
      const known = this.#tables.get(plan.name);
      const isKept = known !== undefined && known.isFor(plan);
      if (isKept) next.#kept.push({ table: known, plan });
      next.#tables.set(plan.name, isKept ? known : new StickTable(plan, this.#now));
      yield 1;
    }
    yield* next.patterns.take(lists);
    return next;
  }

  /** Puts the plan's declarations in force; what is left to do for those that hold too much is yielded in steps. */
  enforce(): Generator<number, void, undefined> {
    const large = this.#kept.splice(0).filter(({ table, plan }) => table.redeclare(plan));
    return trimAll(large.map(({ table }) => table));
  }
}

function* trimAll(tables: readonly StickTable[]): Generator<number, void, undefined> {
  for (const table of tables) yield* table.trim();
}
