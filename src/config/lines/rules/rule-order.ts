/** Warnings about lines that are processed earlier than they stand. */
import type { ProxyDraft } from "../../draft/draft.ts";
import { type Line, warn } from "../../row/row.ts";

/** Kinds of rules in the order in which a session meets them, with HAProxy's names for them. */
const order = [
  ["connection", "a 'tcp-request connection'"],
  ["session", "a 'tcp-request session'"],
  ["content", "a 'tcp-request content'"],
  ["monitor", "a 'monitor fail'"],
  ["http-request", "an 'http-request'"],
  ["redirect", "a 'redirect'"],
  ["use_backend", "a 'use_backend'"],
  ["use-server", "a 'use-server'"],
] as const;

export type RuleKind = (typeof order)[number][0] | "response";

/** How HAProxy calls the line that stands too late. */
const called: Partial<Record<RuleKind, string>> = {
  monitor: "monitor fail",
  "http-request": "http-request",
  redirect: "redirect",
};

/** Notes that a rule has been read, and warns when one of a later kind stands before it. */
export function noteRuleOrder(proxy: ProxyDraft, line: Line, kind: RuleKind): void {
  const at = order.findIndex(([name]) => name === kind);
  if (at < 0) return;
  proxy.ruleKinds.add(kind);
  const later = order.slice(at + 1).find(([name]) => proxy.ruleKinds.has(name));
  if (later === undefined || kind === "use_backend") return;
  warn(line, `a '${called[kind] ?? "tcp-request"}' rule placed after ${later[1]} rule will still be processed before.`);
}
