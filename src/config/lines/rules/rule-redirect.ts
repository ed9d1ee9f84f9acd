/** Redirections: `location /x code 301 drop-query` to a RedirectPlan. */
import type { RedirectPlan } from "../../../plan/rules/rule.ts";
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import type { Mutable } from "../../draft/mutable.ts";
import { parseFormat } from "../../expressions/log-format.ts";
import { Complaint } from "../../text/complaint.ts";
import { type Cursor, peek, textAt } from "../../text/cursor.ts";
import type { ActionLine } from "./action-line.ts";

const types = ["location", "prefix", "scheme"] as const;
const codes = [301, 302, 303, 307, 308] as const;

const words =
  "'code', 'prefix', 'location', 'scheme', 'set-cookie', 'clear-cookie', 'drop-query', 'ignore-empty' or 'append-slash'";

/**
 * Takes a redirection up to `if`, `unless` or the line's end. Where it leads is a log-format string in rules of HTTP, and a text as
 * it is in a `redirect` line (`isFormat` false). Throws a Complaint without prefix and full stop.
 */
export function takeRedirect(cursor: Cursor, line: ActionLine, isFormat: boolean): RedirectPlan {
  const plan: Partial<Mutable<RedirectPlan>> = {};
  for (let text = textAt(cursor); text !== "" && text !== "if" && text !== "unless"; text = textAt(cursor)) {
    const type = types.find((one) => one === text);
    if (type !== undefined) {
      takeArgument(cursor);
      plan.type = type;
      plan.value = takeValue({ ...cursor, index: cursor.index - 1 }, line, isFormat);
    } else if (text === "code") plan.code = takeCode(cursor);
    else if (text === "set-cookie") plan.setCookie = `${takeArgument(cursor)}; path=/;`;
    // As in HAProxy: that it should be `NAME=` is the administrator's business.
    else if (text === "clear-cookie") plan.setCookie = `${takeArgument(cursor)}; path=/; Max-Age=0;`;
    else takeFlag(cursor, plan);
  }
  const { type, value } = plan;
  if (type === undefined || value === undefined) {
    throw new Complaint("redirection type expected ('prefix', 'location', or 'scheme')", peek(cursor));
  }
  if (type !== "location" && line.layer === "http-response") {
    throw new Complaint("response only supports redirect type 'location'", peek(cursor));
  }
  const { code = 302, dropQuery = false, appendSlash = false, ignoreEmpty = false, setCookie = null } = plan;
  return { type, value, code, dropQuery, appendSlash, ignoreEmpty, setCookie };
}

function takeArgument(cursor: Cursor): string {
  const argument = textAt(cursor, 1);
  if (argument === "") throw new Complaint(`missing argument for '${textAt(cursor)}'`, peek(cursor));
  cursor.index += 2;
  return argument;
}

function takeFlag(cursor: Cursor, plan: Partial<Mutable<RedirectPlan>>): void {
  const text = textAt(cursor);
  if (text === "drop-query") plan.dropQuery = true;
  else if (text === "append-slash") plan.appendSlash = true;
  else if (text === "ignore-empty") plan.ignoreEmpty = true;
  else throw new Complaint(`expects ${words} (was '${text}')`, peek(cursor));
  cursor.index += 1;
}

function takeValue(cursor: Cursor, line: ActionLine, isFormat: boolean): LogFormat {
  if (isFormat) return parseFormat(cursor, line.scope, line.sites, `${line.line} redirect`, true);
  const text = textAt(cursor);
  const flags = { quote: false, hex: false, escape: false };
  return { text, encoding: "text", parts: [{ kind: "text", text, flags, name: null }] };
}

function takeCode(cursor: Cursor): RedirectPlan["code"] {
  const word = cursor.statement.words[cursor.index + 1] ?? null;
  const text = takeArgument(cursor);
  const code = codes.find((one) => String(one) === text);
  if (code !== undefined) return code;
  throw new Complaint(`'code': unsupported HTTP code '${text}' (must be one of 301, 302, 303, 307 or 308)`, word);
}
