/** A frontend's rules, compiled once when a plan is applied; null where there are none, so that sessions skip the machinery. */
import type { Tables } from "../../rules/stick/tables.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import type { FrontendPlan } from "../../plan/proxy.ts";
import type { SampleContext } from "../../rules/context.ts";
import { fetchOf } from "../../rules/fetches/fetches.ts";
import { compileFormat } from "../../rules/format/log-format.ts";
import { compileAskingRule, type Ruleset, rulesetOf } from "../../rules/ruleset.ts";
import type { SessionRecord } from "../../session-record.ts";
import { compileHttp, type HttpRules } from "../rules/http-rules.ts";
import { firstOf, rulesOf, sshErrorOf } from "../rules/rule-lines.ts";
import type { SshRules } from "../process/ssh-place.ts";
import type { Work } from "../time/turns.ts";

export interface FrontendRules extends SshRules {
  readonly connection: Ruleset | null;
  readonly session: Ruleset | null;
  readonly content: Ruleset | null;
  /** Waits until it is known whose passwords are right, for all that asks besides rules of requests. In `mode tcp` `content` does. */
  readonly asks: Ruleset | null;
  /** The first `use_backend` that applies; null: the default. */
  readonly route: ((context: SampleContext) => string | null) | null;
  readonly uniqueId: ((record: SessionRecord, context: SampleContext) => string) | null;
  /** Null in `mode tcp`. */
  readonly http: HttpRules | null;
  /** Slots for what rules of content capture where there is no exchange. */
  readonly captureSlots: number;
  /** A log line tells something of TCP_INFO, when the sockets may be gone. */
  readonly logsTcpInfo: boolean;
}

/** Compiles what a frontend needs, a rule at a time. */
export function* compileFrontend(plan: FrontendPlan, tables: Tables): Work<FrontendRules> {
  yield 1;
  const asks = compileAskingRule(askingPart(plan), tables, plan.name);
  return {
    connection: yield* rulesOf(plan.connectionRules, tables, plan.name),
    session: yield* rulesOf(plan.sessionRules, tables, plan.name),
    content: yield* rulesOf(plan.contentRules, tables, plan.name, plan.http === null ? asks : null),
    asks: asks === null ? null : rulesetOf([asks]),
    route: yield* firstOf(plan.useBackends, (one) => one.backend, tables, plan.name),
    uniqueId: plan.uniqueIdFormat === null ? null : compileFormat(plan.uniqueIdFormat, tables, plan.name),
    http: yield* compileHttp(plan.http, plan.http?.monitorFail ?? [], tables, plan.name),
    sshError: sshErrorOf(plan, tables),
    captureSlots: plan.contentRules.filter(({ action }) => action.kind === "capture").length,
    logsTcpInfo: [plan.logFormat, plan.logFormatSd].some((format) => asksTcpInfo(format)),
  };
}

/** All but the rules that wait by themselves. */
function askingPart(plan: FrontendPlan): object {
  const http = plan.http === null ? null : { ...plan.http, requestRules: [], redirectRules: [], statsPage: null };
  return { ...plan, contentRules: [], http };
}

function asksTcpInfo(format: LogFormat | null): boolean {
  const parts = format === null ? [] : format.parts;
  return parts.some((part) => part.kind === "sample" && fetchOf(part.expression).asksTcpInfo);
}
