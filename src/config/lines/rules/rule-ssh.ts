/** What the actions on clients of SSH take. */
import type { ActionArguments } from "../../../rules/actions/row.ts";
import { parseFormat } from "../../expressions/log-format.ts";
import { checkSshText } from "../ssh-text.ts";
import { readInteger } from "../../row/value.ts";
import { Complaint } from "../../text/complaint.ts";
import { type Cursor, peek, textAt } from "../../text/cursor.ts";
import type { Word } from "../../text/statement.ts";
import type { ActionLine } from "./action-line.ts";

/** SSH_DISCONNECT_BY_APPLICATION (RFC 4250, 4.2.2): a rule has decided. */
const usualCode = 11;

/** `TEXT [code CODE]`. Throws a Complaint. */
export function takeLastWord(cursor: Cursor, line: ActionLine, written: Word): ActionArguments["last word"] {
  if (textAt(cursor) === "") {
    throw new Complaint(`'${line.line} ${written.text}' expects the text that clients read as argument.`, written);
  }
  const said = peek(cursor);
  const text = parseFormat(cursor, line.scope, line.sites, `${line.line} expression`);
  checkSshText(text, cursor.statement, said, line.scope.diagnostics);
  if (textAt(cursor) !== "code") return { text, code: usualCode };
  const word = cursor.statement.words[cursor.index + 1] ?? null;
  const code = readInteger(word?.text ?? "");
  if (code === null || code < 1 || code > 15) {
    const text = `'${line.line} ${written.text}' expects a code of RFC 4250, from 1 to 15 (got '${word?.text ?? ""}').`;
    throw new Complaint(text, word ?? peek(cursor));
  }
  cursor.index += 2;
  return { text, code };
}
