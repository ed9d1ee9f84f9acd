/** `tcp-request` and `tcp-response` lines: words to a Rule. */
import type { Rule } from "../plan.ts";
import type { ProxyScope } from "./scope.ts";
import type { Statement } from "./statement.ts";

/** Which list of its section a line belongs to. */
export type RuleLine =
  | { readonly kind: "connection" | "session" | "content" | "response"; readonly rule: Rule }
  | { readonly kind: "inspect-delay" | "response-inspect-delay"; readonly delayMs: number };

/** Reads a `tcp-request` or `tcp-response` line. Throws a Complaint. */
export function parseTcpRule(statement: Statement, scope: ProxyScope): RuleLine {
  throw new Error(`not yet: ${statement.line} ${scope.name}`);
}
