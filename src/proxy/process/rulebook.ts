/** A section's rules, compiled once when a plan is applied; null where there are none, so that sessions skip the machinery. */
import type { BackendPlan, FrontendPlan } from "../../plan/proxy.ts";
import type { Condition } from "../../plan/acl.ts";
import type { LogFormat } from "../../plan/log-format.ts";
import type { Rule } from "../../plan/rule.ts";
import type { SampleExpression } from "../../plan/sample.ts";
import { compileCondition, type Decide } from "../../rules/condition.ts";
import type { SampleContext } from "../../rules/context.ts";
import { compileExpression } from "../../rules/expression.ts";
import { tcpInfoFetches } from "../../rules/fetches-connection.ts";
import { compileFormat } from "../../rules/log-format.ts";
import { type CompiledRule, compileRule, type Ruleset, rulesetOf } from "../../rules/ruleset.ts";
import { cast } from "../../rules/sample.ts";
import type { SessionRecord } from "../../rules/session-record.ts";
import type { Tables } from "../../rules/stick-table.ts";
import { hashOf, hashOfAddress } from "../balance/hash-functions.ts";
import type { Work } from "./turns.ts";
import { compileStickRules, type Sticking } from "../session/sticking.ts";

export interface FrontendRules {
  readonly connection: Ruleset | null;
  readonly session: Ruleset | null;
  readonly content: Ruleset | null;
  /** The first `use_backend` that applies; null: the default. */
  readonly route: ((context: SampleContext) => string | null) | null;
  readonly uniqueId: ((record: SessionRecord, context: SampleContext) => string) | null;
  /** A log line tells something of TCP_INFO, when the sockets may be gone. */
  readonly logsTcpInfo: boolean;
}

export interface BackendRules {
  readonly content: Ruleset | null;
  readonly response: Ruleset | null;
  /** The first `use-server` that applies. */
  readonly useServer: ((context: SampleContext) => string | null) | null;
  /**
   * Whether `force-persist` applies, `ignore-persist` not having applied before it. By itself `ignore-persist` makes no
   * difference here, as in HAProxy: it concerns cookies, and stick rules are heard none the less.
   */
  readonly isForced: ((context: SampleContext) => boolean) | null;
  readonly sticking: Sticking | null;
  /** The key that the balancing algorithm hashes; null when it needs none. */
  readonly hash: ((context: SampleContext) => number | null) | null;
  /** Values of a server's own TLVs, by server name. */
  readonly tlvs: ReadonlyMap<
    string,
    readonly { readonly type: number; readonly value: (context: SampleContext) => string }[]
  >;
}

/** Compiles what a frontend needs, a rule at a time. */
export function* compileFrontend(plan: FrontendPlan, tables: Tables): Work<FrontendRules> {
  yield 1;
  return {
    connection: yield* rulesOf(plan.connectionRules, tables, plan.name),
    session: yield* rulesOf(plan.sessionRules, tables, plan.name),
    content: yield* rulesOf(plan.contentRules, tables, plan.name),
    route: yield* firstOf(plan.useBackends, (one) => one.backend, tables, plan.name),
    uniqueId: plan.uniqueIdFormat === null ? null : compileFormat(plan.uniqueIdFormat, tables, plan.name),
    logsTcpInfo: [plan.logFormat, plan.logFormatSd].some((format) => asksTcpInfo(format)),
  };
}

function asksTcpInfo(format: LogFormat | null): boolean {
  const parts = format === null ? [] : format.parts;
  return parts.some((part) => part.kind === "sample" && tcpInfoFetches.has(part.expression.fetch));
}

/** Compiles what a backend needs, a rule or a server at a time. */
export function* compileBackend(plan: BackendPlan, tables: Tables): Work<BackendRules> {
  yield 1 + plan.stickRules.length + plan.persistRules.length;
  return {
    content: yield* rulesOf(plan.contentRules, tables, plan.name),
    response: yield* rulesOf(plan.responseRules, tables, plan.name),
    useServer: yield* firstOf(plan.useServers, (one) => one.server, tables, plan.name),
    isForced: forcedBy(plan, tables),
    sticking: plan.stickRules.length === 0 ? null : compileStickRules(plan.stickRules, tables, plan.name),
    hash: hashFor(plan, tables),
    tlvs: yield* tlvsOf(plan, tables),
  };
}

function* tlvsOf(plan: BackendPlan, tables: Tables): Work<BackendRules["tlvs"]> {
  const tlvs = new Map<string, { readonly type: number; readonly value: (context: SampleContext) => string }[]>();
  for (const { name, proxyHeader } of plan.servers) {
    const own = proxyHeader?.tlvs ?? [];
    if (own.length === 0) continue;
    tlvs.set(
      name,
      own.map(({ type, format }) => ({ type, value: textOf(format, tables, plan.name) })),
    );
    yield own.length;
  }
  return tlvs;
}

function* rulesOf(rules: readonly Rule[], tables: Tables, proxy: string): Work<Ruleset | null> {
  if (rules.length === 0) return null;
  const compiled: CompiledRule[] = [];
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

function textOf(format: LogFormat, tables: Tables, proxy: string): (context: SampleContext) => string {
  const write = compileFormat(format, tables, proxy);
  return (context) => write(null, context);
}

/** The name of the first line whose condition holds now; a line that would have to wait for bytes does not hold. */
function* firstOf<Line extends { readonly condition: Condition | null }>(
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

function forcedBy(plan: BackendPlan, tables: Tables): BackendRules["isForced"] {
  if (plan.persistRules.length === 0) return null;
  const rules = plan.persistRules.map(({ kind, condition }) => ({
    force: kind === "force-persist",
    applies: compileCondition(condition, tables, plan.name),
  }));
  // The first rule that applies decides.
  return (context) => rules.find((one) => one.applies(context) === true)?.force === true;
}

const anyAddress: SampleExpression = { fetch: "src", arguments: [], converters: [], text: "src" };

function hashFor(plan: BackendPlan, tables: Tables): BackendRules["hash"] {
  const { balance, hashType } = plan;
  if (balance.algorithm !== "source" && balance.algorithm !== "hash") return null;
  const expression = balance.algorithm === "hash" ? balance.expression : anyAddress;
  const evaluate = compileExpression(expression, tables, plan.name);
  return (context) => {
    const sample = evaluate(context);
    if (sample === undefined || sample === "wait") return null;
    const bytes = cast(sample, "bin");
    if (bytes?.type !== "bin") return null;
    return balance.algorithm === "source"
      ? hashOfAddress(bytes.value, hashType.avalanche)
      : hashOf(bytes.value, hashType);
  };
}
