/** An ordered list of rules, run rule by rule until one decides. */
import type { Rule } from "../plan/rules/rule.ts";
import type { Position } from "../plan/position.ts";
import type { Tables } from "./stick/tables.ts";
import { compileAction } from "./actions/actions.ts";
import type { RuleEffects, Verdict } from "./actions/effects.ts";
import type { ActionOutcome, RunAction } from "./actions/row.ts";
import { compileCondition, type Decide } from "./condition.ts";
import type { SampleContext } from "./context.ts";
import { compileExpression } from "./expression.ts";
import { userExpressions } from "./fetches/http-auth.ts";
import type { Evaluate } from "./samples/rows.ts";

const nowhere: Position = { file: "", line: 0 };

/** Rules ready to run, shared by all sessions. */
export interface Ruleset {
  readonly isEmpty: boolean;
  /** Begins at the first rule. */
  start(context: SampleContext, effects: RuleEffects): RuleRun;
}

/** One session's way through the rules. */
export interface RuleRun {
  /**
   * Takes the rules further.
   *
   * "wait": call again when the payload has changed or become final. Rules are then gone through from the first one again,
   * as HAProxy does, because what an earlier rule reads (`set-var` of a payload) may be there by now; but what neither
   * sets a variable nor captures is done once, where HAProxy counts or moves again. Where a password is being looked at, they go
   * on where they stand. "expect-proxy": note that such a header comes first, then call again. "pass": no rule decided. Any other
   * verdict is the last.
   */
  step(): Verdict;
}

/** Compiles rules in order. `proxy` as for compileExpression. */
export function compileRules(rules: readonly Rule[], tables: Tables, proxy: string | null = null): Ruleset {
  return rulesetOf(rules.map((rule) => compileRule(rule, tables, proxy)));
}

/** As compileRules, in two steps: many rules take their time. */
export function compileRule(rule: Rule, tables: Tables, proxy: string | null): CompiledRule {
  return {
    position: rule.position,
    applies: rule.condition === null ? null : compileCondition(rule.condition, tables, proxy),
    asks: compileAsks(rule.action, tables, proxy),
    ...compileAction(rule.action, { tables, proxy }),
  };
}

/** A rule that waits until it is known whose passwords are right, as far as this part of a plan asks; null: it does not. */
export function compileAskingRule(part: unknown, tables: Tables, proxy: string | null): CompiledRule | null {
  const asks = compileAsks(part, tables, proxy);
  return asks === null ? null : { position: nowhere, applies: null, asks, run: () => "pass", isRepeatable: true };
}

function compileAsks(part: unknown, tables: Tables, proxy: string | null): readonly Evaluate[] | null {
  const expressions = userExpressions(part);
  return expressions.length === 0 ? null : expressions.map((one) => compileExpression(one, tables, proxy));
}

/** Puts compiled rules in order. */
export function rulesetOf(compiled: readonly CompiledRule[]): Ruleset {
  return {
    isEmpty: compiled.length === 0,
    start: (context, effects) => new Run(compiled, context, effects),
  };
}

/** A rule ready to run. */
export interface CompiledRule {
  readonly position: Position;
  readonly applies: Decide | null;
  /** What has to be known of passwords before it is done; null: nothing. */
  readonly asks: readonly Evaluate[] | null;
  readonly run: RunAction;
  /** Whether it may be done again when the rules are gone through again. */
  readonly isRepeatable: boolean;
}

class Run implements RuleRun {
  readonly #rules: readonly CompiledRule[];
  readonly #context: SampleContext;
  readonly #effects: RuleEffects;
  #next = 0;
  /** `strict-mode`. */
  #isStrict = true;
  /** The rules that are not to be done again. */
  #done: boolean[] | null = null;

  constructor(rules: readonly CompiledRule[], context: SampleContext, effects: RuleEffects) {
    this.#rules = rules;
    this.#context = context;
    this.#effects = effects;
  }

  step(): Verdict {
    const rules = this.#rules;
    const context = this.#context;
    for (; this.#next < rules.length; this.#next++) {
      if (this.#done?.[this.#next] === true) continue;
      const rule = rules[this.#next]!;
      const answer = rule.applies === null || rule.applies(context);
      if (answer === "wait") {
        if (context.awaitsPassword !== true) this.#next = 0;
        return "wait";
      }
      if (!answer) continue;
      if (rule.asks !== null && this.#awaits(rule.asks)) return "wait";
      const outcome = rule.run(context, this.#effects);
      if (outcome === "wait") return outcome;
      if (!rule.isRepeatable) (this.#done ??= [])[this.#next] = true;
      if (outcome === "pass") continue;
      const verdict = this.#judge(outcome);
      if (verdict === "pass") continue;
      this.#next++;
      if (!verdict.startsWith("expect")) context.lastRule = rule.position;
      return verdict;
    }
    return "pass";
  }

  #awaits(asks: readonly Evaluate[]): boolean {
    for (const ask of asks) ask(this.#context);
    return this.#context.awaitsPassword === true;
  }

  /** What an outcome comes to, by `strict-mode`. */
  #judge(outcome: ActionOutcome): Verdict {
    if (outcome === "strict" || outcome === "lenient") {
      this.#isStrict = outcome === "strict";
      return "pass";
    }
    if (outcome !== "failed") return outcome;
    this.#effects.http?.cannotWrite();
    if (!this.#isStrict) return "pass";
    this.#effects.http?.answer({ kind: "page", status: 500 }, "error");
    return "answer";
  }
}
