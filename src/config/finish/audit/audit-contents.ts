/** Rules of content that look at what may not have come yet, or that need not wait for it. */
import type { Rule } from "../../../plan/rules/rule.ts";
import type { Draft } from "../../draft/draft.ts";
import { unavailableSource } from "../../expressions/expression.ts";
import { proxyLabel } from "../../text/section-headers.ts";

/** Warns of them, those of `defaults` where they stand. */
export function checkContents(draft: Draft): void {
  const known = new Set<Rule>();
  for (const { name, heir, contentRules, inspectDelayMs } of draft.handedDown) {
    if (heir === "frontend") check(`defaults '${name}'`, contentRules, inspectDelayMs, false, draft, known);
    for (const rule of contentRules) known.add(rule);
  }
  for (const { kind, scope, contentRules, inspectDelayMs, settings } of draft.proxies) {
    if (kind === "backend") continue;
    check(proxyLabel(scope), contentRules, inspectDelayMs, settings.mode.value === "http", draft, known);
  }
}

/** `known`: rules that have been looked at. */
function check(
  label: string,
  rules: readonly Rule[],
  inspectDelayMs: number,
  isHttp: boolean,
  draft: Draft,
  known: ReadonlySet<Rule>,
): void {
  for (const rule of rules) {
    const { action } = rule;
    if (known.has(rule) || (action.kind !== "track-sc" && action.kind !== "capture")) continue;
    const expression = action.kind === "capture" ? action.value : action.key;
    const asksForContents = unavailableSource(expression, "frontend tcp-request session rule") !== null;
    const what = action.kind === "capture" ? "'tcp-request capture' rule" : "'tcp-request content track-sc*' rule";
    const said =
      asksForContents && inspectDelayMs === 0
        ? "explicitly depending on request contents without any 'tcp-request inspect-delay' setting. This means that this rule will randomly find its contents. This can be fixed by setting the tcp-request inspect-delay."
        : !asksForContents && isHttp && action.kind === "track-sc"
          ? "not depending on request contents for an HTTP frontend should be executed at the session level, using a 'tcp-request session' rule (mandatory to track invalid HTTP requests)."
          : null;
    if (said === null) continue;
    const text = `${label} : a ${what} ${said}`;
    draft.diagnostics.add({ level: "warning", text, pointer: null, advice: null });
  }
}
