/** The statistics page of a proxy (`stats …`), as far as it is decided by rules: who asks for it, who may see it, who may change. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { StatsPagePlan } from "../../plan/http.ts";
import type { Rule } from "../../plan/rules/rule.ts";
import { compileCondition, type Decide } from "../../rules/condition.ts";
import type { SampleContext } from "../../rules/context.ts";
import type { HttpRequestView } from "../../rules/http-view.ts";
import { compileAskingRule, type Ruleset, rulesetOf } from "../../rules/ruleset.ts";
import type { Tables } from "../../rules/stick/tables.ts";
import { rulesOf } from "./rule-lines.ts";
import type { Work } from "../time/turns.ts";

const defaultRealm = "HAProxy Statistics";

/** One proxy's page. */
export interface StatsPage {
  readonly plan: StatsPagePlan;
  /** The proxy that it stands in. */
  readonly proxy: string;
  /** Null: everybody may see it. */
  readonly rules: Ruleset | null;
  /** Waits until it is known whose passwords are right, for `isAdmin`; null: that asks for none. */
  readonly asks: Ruleset | null;
  readonly isAdmin: (context: SampleContext) => boolean;
}

/** Null: there is none. */
export function* compileStatsPage(plan: StatsPagePlan | null, tables: Tables, proxy: string): Work<StatsPage | null> {
  if (plan === null) return null;
  const rules = yield* rulesOf(plan.requestRules.map(withRealm), tables, proxy);
  const admins = plan.adminRules.map((condition): Decide => compileCondition(condition, tables, proxy));
  const asks = compileAskingRule(plan.adminRules, tables, proxy);
  return {
    plan,
    proxy,
    asks: asks === null ? null : rulesetOf([asks]),
    rules: plan.users.length > 0 ? userRules(plan) : rules,
    isAdmin: (context) => admins.some((holds) => holds(context) === true),
  };
}

/** `stats http-request auth`: its realm is not the proxy's name, as elsewhere. */
function withRealm(rule: Rule): Rule {
  const { action } = rule;
  if (action.kind !== "auth" || action.realm !== null) return rule;
  return { ...rule, action: { ...action, realm: defaultRealm } };
}

/** `stats auth`, as a rule. */
function userRules({ users, realm }: StatsPagePlan): Ruleset {
  const isKnown = knows(users);
  const quoted = (realm ?? defaultRealm).replaceAll(/["\\]/g, "\\$&");
  const challenge = `Basic realm="${quoted}"`;
  return {
    isEmpty: false,
    start: ({ http }, effects) => ({
      step() {
        const request = http?.request ?? null;
        if (request !== null && isKnown(request)) return "pass";
        const isToProxy = request?.isToProxy === true;
        const field = isToProxy ? "proxy-authenticate" : "www-authenticate";
        const status = isToProxy ? 407 : 401;
        effects.http?.answer({ kind: "page", status, fields: [[field, challenge]] }, "auth");
        return "answer";
      },
    }),
  };
}

/** Whether a request has one of these names with its password, found in a time that tells nothing of them. */
function knows(users: StatsPagePlan["users"]): (request: HttpRequestView) => boolean {
  const digests = users.map(({ name, password }) => digest(Buffer.from(`${name}:${password}`, "latin1")));
  return ({ fields, isToProxy }) => {
    const at = fields.find(isToProxy === true ? "proxy-authorization" : "authorization");
    const [, encoded = null] = at < 0 ? [] : (/^basic +([a-z0-9+/=]+)$/i.exec(fields.value(at)) ?? []);
    if (encoded === null) return false;
    const given = digest(Buffer.from(encoded, "base64"));
    return digests.filter((one) => timingSafeEqual(one, given)).length > 0;
  };
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

/** What of a request's target stands behind the page's URI; null: it asks for something else. */
export function restOf({ uri }: StatsPagePlan, { method, target }: HttpRequestView): string | null {
  if (method !== "GET" && method !== "HEAD" && method !== "POST") return null;
  const path = uri.startsWith("/") ? target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, "") : target;
  return path.startsWith(uri) ? path.slice(uri.length) : null;
}
