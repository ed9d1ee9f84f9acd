/** Compiles lines that begin with a rule or a condition, in pieces that leave turns to others. */
import type { Tables } from "../../rules/stick/tables.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { Condition } from "../../plan/rules/acl.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import type { Rule } from "../../plan/rules/rule.ts";
import { compileCondition, type Decide } from "../../rules/condition.ts";
import type { SampleContext } from "../../rules/context.ts";
import { compileFormat } from "../../rules/format/log-format.ts";
import { type CompiledRule, compileRule, type Ruleset, rulesetOf } from "../../rules/ruleset.ts";
import type { SshRules } from "../process/ssh-place.ts";
import type { Work } from "../time/turns.ts";

/** A section's rules of one kind, compiled a rule at a time; null: there are none. `first`: what comes before them. */
export function* rulesOf(
  rules: readonly Rule[],
  tables: Tables,
  proxy: string,
  first: CompiledRule | null = null,
): Work<Ruleset | null> {
  if (rules.length === 0 && first === null) return null;
  const compiled: CompiledRule[] = first === null ? [] : [first];
  for (const rule of rules) {
    compiled.push(compileRule(rule, tables, proxy));
    yield costOf(rule.condition);
  }
  return rulesetOf(compiled);
}

/** In units of a turn's work: comparing with many patterns takes its time to prepare. */
function costOf(condition: Condition | null): number {
  let cost = 1;
  for (const terms of condition?.any ?? []) {
    for (const { acl } of terms) for (const test of acl.tests) cost += 1 + (test.patterns.length >> 4);
  }
  return cost;
}

/** What a format comes to outside a log line. */
export function textOf(format: LogFormat, tables: Tables, proxy: string): (context: SampleContext) => string {
  const write = compileFormat(format, tables, proxy);
  return (context) => write(null, context);
}

/** What clients that are refused read, as a proxy's `ssh-error` has it; null: it has none. */
export function sshErrorOf({ name, ssh }: Pick<BackendPlan, "name" | "ssh">, tables: Tables): SshRules["sshError"] {
  return ssh.refusal?.kind === "text" ? compileFormat(ssh.refusal.text, tables, name) : null;
}

/** The name of the first line whose condition holds now; a line that would have to wait for bytes does not hold. */
export function* firstOf<Line extends { readonly condition: Condition | null }>(
  lines: readonly Line[],
  nameOf: (line: Line) => string | LogFormat,
  tables: Tables,
  proxy: string,
): Work<((context: SampleContext) => string | null) | null> {
  if (lines.length === 0) return null;
  const compiled: { applies: Decide | null; name: (context: SampleContext) => string }[] = [];
  for (const line of lines) {
    const name = nameOf(line);
    compiled.push({
      applies: line.condition === null ? null : compileCondition(line.condition, tables, proxy),
      name: typeof name === "string" ? () => name : textOf(name, tables, proxy),
    });
    yield costOf(line.condition);
  }
  return (context) => {
    for (const line of compiled) if (line.applies === null || line.applies(context) === true) return line.name(context);
    return null;
  };
}
