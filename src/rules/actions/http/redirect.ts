/** Redirections: where to, by a client's target. */
import type { RedirectPlan } from "../../../plan/rules/rule.ts";
import type { SampleContext } from "../../context.ts";
import type { HttpReply, HttpRequestView } from "../../http-view.ts";
import type { CompileContext } from "../../samples/rows.ts";
import { pathStart } from "../../value/target.ts";
import { compileText } from "./message-text.ts";

/** Makes the answer that leads elsewhere; null: there is no such place, and the rule does nothing. */
export function locate(plan: RedirectPlan, within: CompileContext): (context: SampleContext) => HttpReply | null {
  const text = compileText(plan.value, within);
  const { code, ignoreEmpty, setCookie } = plan;
  return (context) => {
    const location = locationFor(plan, text(context), context.http?.request ?? null);
    if (location === "" && ignoreEmpty) return null;
    const fields: [string, string][] = [["location", location]];
    if (code !== 301 && code !== 308) fields.push(["cache-control", "no-cache"]);
    if (setCookie !== null) fields.push(["set-cookie", setCookie]);
    return { kind: "made", status: code, reason: null, fields, body: null };
  };
}

function locationFor(plan: RedirectPlan, text: string, request: HttpRequestView | null): string {
  if (plan.type === "location" || request === null) return text;
  const path = pathFor(plan, request.target);
  if (plan.type === "scheme") return `${text}://${request.fields.has("host") ? hostOf(request) : ""}${path}`;
  // As in HAProxy: "/" alone, as it stands in the configuration, leads to the same place.
  return text === "/" && plan.value.text === "/" ? path : text + path;
}

function hostOf({ fields }: HttpRequestView): string {
  return fields.value(fields.find("host"));
}

function pathFor({ dropQuery, appendSlash }: RedirectPlan, target: string): string {
  const start = pathStart(target);
  const whole = start < 0 ? "/" : target.slice(start);
  const kept = dropQuery ? (whole.split("?", 1)[0] ?? "") : whole;
  // As in HAProxy: behind the query, where that stays.
  return appendSlash && !kept.endsWith("/") ? `${kept}/` : kept;
}
