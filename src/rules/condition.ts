/** `if` and `unless`: ACLs put together into one function that answers yes, no, or wait. */
import type { AclPlan, AclTest, Condition } from "../plan/rules/acl.ts";
import type { Tables } from "./stick/tables.ts";
import { type SampleContext, isFinal } from "./context.ts";
import { compileAll, compileExpression, mayChange } from "./expression.ts";
import { fetchOf } from "./fetches/fetches.ts";
import { compileMatch, type Match, matchWithout } from "./match/match.ts";
import type { EvaluateAll } from "./samples/rows.ts";
import type { IndexKind } from "./match/pattern-index.ts";

/** "wait": bytes that have not come yet may change the answer. */
export type Decide = (context: SampleContext) => boolean | "wait";

/**
 * Compiles a condition; null is always true.
 *
 * Terms of an alternative are asked in order until one is not true, alternatives until one is true. A "wait" counts as
 * not (yet) true, and is the answer when nothing else settles it (manual, section 7.2). `proxy` as for compileExpression.
 */
export function compileCondition(
  condition: Condition | null,
  tables: Tables,
  proxy: string | null = null,
): (context: SampleContext) => boolean | "wait" {
  if (condition === null) return () => true;
  const suites = condition.any.map((terms) =>
    every(
      terms.map((term) =>
        term.negate ? not(compileAcl(term.acl, tables, proxy)) : compileAcl(term.acl, tables, proxy),
      ),
    ),
  );
  const decide = some(suites);
  return condition.unless ? not(decide) : decide;
}

/** Compiles the lines of one ACL name: true when any of them matches. */
export function compileAcl(acl: AclPlan, tables: Tables, proxy: string | null): Decide {
  return some(acl.tests.map((test) => compileTest(test, tables, proxy)));
}

function compileTest(test: AclTest, tables: Tables, proxy: string | null): Decide {
  const { converters } = test.expression;
  const occurrences = converters.length > 0 ? 1 : fetchOf(test.expression).occurrences;
  if (occurrences > 1) return compileOccurrences(test, occurrences, tables, proxy);
  const matches = matchOf(test, tables);
  const isPassing = mayChange(test.expression);
  const all = compileAll(test.expression, tables, proxy);
  if (all !== null) return compileAny(all, matches, isPassing);
  const evaluate = compileExpression(test.expression, tables, proxy);
  return (context) => {
    const sample = evaluate(context);
    if (sample === "wait") return "wait";
    if (sample !== undefined && matches(sample)) return true;
    return isPassing && !isFinal(context) ? "wait" : false;
  };
}

/** One of several values is enough. */
function compileAny(all: EvaluateAll, matches: Match, isPassing: boolean): Decide {
  return (context) => {
    const samples = all(context);
    if (samples === "wait") return "wait";
    if (samples.some(matches)) return true;
    return isPassing && !isFinal(context) ? "wait" : false;
  };
}

/** A fetch with several values matches when one of them does. */
function compileOccurrences(test: AclTest, occurrences: number, tables: Tables, proxy: string | null): Decide {
  const values = Array.from({ length: occurrences }, (_, number) =>
    compileExpression({ ...test.expression, arguments: [number] }, tables, proxy),
  );
  const matches = matchOf(test, tables);
  return (context) => {
    for (const evaluate of values) {
      const sample = evaluate(context);
      if (sample === "wait") return "wait";
      if (sample === undefined) return false;
      if (matches(sample)) return true;
    }
    return false;
  };
}

function matchOf(test: AclTest, tables: Tables): Match {
  const { ignoreCase, match } = test;
  const kind = match === "int" && fetchOf(test.expression).isVersion ? "ver" : match;
  const lists = tables.patterns.of(test);
  if (lists === null) return compileMatch(kind, test.patterns, ignoreCase);
  const without = matchWithout(kind);
  if (without !== null) return without;
  const searches = lists.map((list) => list.search(kind as IndexKind, ignoreCase));
  return (sample) => searches.some((search) => search(sample) !== undefined);
}

function not(decide: Decide): Decide {
  return (context) => {
    const answer = decide(context);
    return answer === "wait" ? "wait" : !answer;
  };
}

function every(terms: readonly Decide[]): Decide {
  if (terms.length === 1) return terms[0]!;
  return (context) => {
    for (const term of terms) {
      const answer = term(context);
      if (answer !== true) return answer;
    }
    return true;
  };
}

function some(alternatives: readonly Decide[]): Decide {
  if (alternatives.length === 1) return alternatives[0]!;
  return (context) => {
    let answer: boolean | "wait" = false;
    for (const alternative of alternatives) {
      const one = alternative(context);
      if (one === true) return true;
      if (one === "wait") answer = "wait";
    }
    return answer;
  };
}
