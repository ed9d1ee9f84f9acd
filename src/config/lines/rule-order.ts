/** Warnings about lines that are processed earlier than they stand. */
import type { ProxyDraft } from "../draft/draft.ts";
import { type Line, warn } from "../row/row.ts";

/** Kinds of rules in the order in which a session meets them, with HAProxy's names for them. */
const order = [
  ["connection", "tcp-request connection"],
  ["session", "tcp-request session"],
  ["content", "tcp-request content"],
  ["use_backend", "use_backend"],
] as const;

type Kind = (typeof order)[number][0] | "response";

/** Notes that a rule has been read, and warns when one of a later kind stands before it. */
export function noteRuleOrder(proxy: ProxyDraft, line: Line, kind: Kind): void {
  const at = order.findIndex(([name]) => name === kind);
  if (at < 0) return;
  const later = order.slice(at + 1).findLast(([name]) => proxy.ruleKinds.has(name));
  proxy.ruleKinds.add(kind);
  if (later === undefined || kind === "use_backend") return;
  warn(line, `a 'tcp-request' rule placed after a '${later[1]}' rule will still be processed before.`);
}
