/** What a half of a proxy in `mode http` decides by, compiled once when a plan is applied; null where there are no such rules. */
import type { HttpProxyPlan } from "../../plan/http.ts";
import { compileReply } from "../../rules/actions/http/reply.ts";
import { compileCondition, type Decide } from "../../rules/condition.ts";
import type { SampleContext } from "../../rules/context.ts";
import type { HttpReply } from "../../rules/http-view.ts";
import type { Ruleset } from "../../rules/ruleset.ts";
import type { Tables } from "../../rules/stick/tables.ts";
import type { Condition } from "../../plan/rules/acl.ts";
import { rulesOf } from "./rule-lines.ts";
import { compileStatsPage, type StatsPage } from "./stats-page.ts";
import type { Work } from "../time/turns.ts";

export interface HttpRules {
  readonly request: Ruleset | null;
  /** `redirect` lines, which come after them. */
  readonly redirect: Ruleset | null;
  readonly response: Ruleset | null;
  readonly afterResponse: Ruleset | null;
  /** Answers in the place of HAProxy's pages, by status. */
  readonly pages: ReadonlyMap<number, (context: SampleContext) => HttpReply>;
  /** `monitor fail`: whether one of them holds. */
  readonly monitorFails: Decide | null;
  readonly statsPage: StatsPage | null;
}

/** Compiles what one half needs, a rule at a time; null: it is not in `mode http`. */
export function* compileHttp(
  plan: HttpProxyPlan | null,
  monitorFail: readonly Condition[],
  tables: Tables,
  name: string,
): Work<HttpRules | null> {
  if (plan === null) return null;
  return {
    request: yield* rulesOf(plan.requestRules, tables, name),
    redirect: yield* rulesOf(plan.redirectRules, tables, name),
    response: yield* rulesOf(plan.responseRules, tables, name),
    afterResponse: yield* rulesOf(plan.afterResponseRules, tables, name),
    pages: pagesOf(plan, tables, name),
    monitorFails: anyOf(monitorFail.map((condition) => compileCondition(condition, tables, name))),
    statsPage: yield* compileStatsPage(plan.statsPage, tables, name),
  };
}

function pagesOf(plan: HttpProxyPlan, tables: Tables, proxy: string): HttpRules["pages"] {
  const pages = new Map<number, (context: SampleContext) => HttpReply>();
  for (const [status, page] of Object.entries(plan.errorPages)) {
    if (page === undefined) continue;
    if (page.kind !== "redirect") pages.set(Number(status), compileReply(page, { tables, proxy }));
    else {
      const fields = [
        ["cache-control", "no-cache"],
        ["content-length", "0"],
        ["location", page.location],
      ] as const;
      const reply: HttpReply = { kind: "made", status: page.status, reason: null, fields, body: null };
      pages.set(Number(status), () => reply);
    }
  }
  return pages;
}

function anyOf(conditions: readonly Decide[]): Decide | null {
  if (conditions.length === 0) return null;
  return (context) => conditions.some((one) => one(context) === true);
}
