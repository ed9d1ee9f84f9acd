/** What `do-resolve` takes: `(name,resolvers[,ipv4|ipv6]) EXPR`. */
import type { SampleExpression } from "../../../plan/rules/sample.ts";
import type { ActionArguments } from "../../../rules/actions/row.ts";
import { variableComplaint } from "../../../rules/samples/variable-name.ts";
import { parseExpression, requireAvailable } from "../../expressions/expression.ts";
import { complain, Complaint } from "../../text/complaint.ts";
import { peek, type Cursor } from "../../text/cursor.ts";
import type { Word } from "../../text/statement.ts";
import type { ActionLine } from "./action-line.ts";

function misread(text: string, word: Word | null): Complaint {
  const form = "Expects 'do-resolve(<varname>,<resolvers>[,<options>]) <expr>'";
  return new Complaint(`Can't parse '${text}'. ${form}. Available options are 'ipv4' and 'ipv6'`, word);
}

/** The cursor stands behind the action's own word, which is `written`. Throws a Complaint. */
export function takeResolution(cursor: Cursor, line: ActionLine, written: Word): ActionArguments["resolution"] {
  const { scope } = line;
  const { statement } = cursor;
  const inside = /^[^(]*\(([^)]*)\)/.exec(written.text)?.[1];
  const [name = "", resolvers, ...families] = (inside ?? "").split(",");
  const isKnown = families.every((one) => one === "ipv4" || one === "ipv6");
  if (resolvers === undefined || !isKnown) throw misread(written.text, written);
  const value = takeName(cursor, line);
  scope.references.push({
    kind: "resolvers",
    name: resolvers,
    proxy: scope.name,
    argument: 0,
    by: "do-resolve",
    rule: "do-resolve",
    position: { file: statement.file, line: statement.line },
    statement,
    word: written,
  });
  const wrong = variableComplaint(name);
  // HAProxy takes it, and no rule can ask for what it finds.
  if (wrong !== null) {
    complain(scope.diagnostics, "notice", statement, `what 'do-resolve' finds is lost: ${wrong}.`, written);
  }
  return { name, resolvers, prefers: families.at(-1) === "ipv4" ? 4 : 6, value };
}

/** The expression whose text is the name. */
function takeName(cursor: Cursor, line: ActionLine): SampleExpression {
  const word = peek(cursor);
  let expression: SampleExpression;
  try {
    expression = parseExpression(cursor, line.scope, { site: null, where: null });
  } catch (error) {
    throw error instanceof Complaint ? misread(word?.text ?? "", word) : error;
  }
  requireAvailable(expression, line.sites, word?.text ?? expression.fetch);
  return expression;
}
