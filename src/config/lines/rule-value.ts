/** What actions of rules have in common: the line they stand on, and the expressions they take. */
import type { Action } from "../../plan/rule.ts";
import type { SampleExpression } from "../../plan/sample.ts";
import { Complaint } from "../text/complaint.ts";
import { parseExpression, requireAvailable } from "../expressions/expression.ts";
import type { Site } from "../expressions/samples.ts";
import { peek, type Cursor, type ProxyScope } from "../draft/section-scope.ts";
import type { Word } from "../text/statement.ts";

export type RuleLayer = "connection" | "session" | "content" | "response";

/** The line an action stands on. */
export interface ActionLine {
  /** `tcp-request connection` and so on. */
  readonly line: string;
  readonly layer: RuleLayer;
  readonly scope: ProxyScope;
  readonly sites: readonly Site[];
}

/** How an action is read. The cursor stands behind the action's own word. */
export interface ActionReader {
  readonly layers: readonly RuleLayer[];
  readonly read: (cursor: Cursor, line: ActionLine, written: Word) => Action;
}

/** An expression that must be available where the rule runs; `called` is HAProxy's name for it in messages. */
export function takeValue(cursor: Cursor, line: ActionLine, where: string | null, called?: string): SampleExpression {
  const word = peek(cursor);
  const expression = parseExpression(cursor, line.scope, { site: null, where });
  try {
    requireAvailable(expression, line.sites, called ?? expression.fetch);
  } catch (error) {
    throw error instanceof Complaint ? new Complaint(error.message, word) : error;
  }
  return expression;
}
