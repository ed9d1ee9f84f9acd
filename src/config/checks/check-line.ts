/** A `tcp-check` or `http-check` line while it is read: its words, its texts, formats and expressions. */
import type { CheckStep } from "../../plan/check.ts";
import { Complaint, prefixed } from "../text/complaint.ts";
import { positionOf } from "../draft/draft.ts";
import { parseExpression } from "../expressions/expression.ts";
import { parseLogFormat } from "../expressions/log-format.ts";
import type { ProxySection } from "../draft/proxy-section.ts";
import type { Line } from "../row/row.ts";
import type { Word } from "../text/statement.ts";

/** A check line and where its words stand. */
export interface CheckLine {
  readonly target: ProxySection;
  readonly line: Line;
  /** `tcp-check` or `http-check`. */
  readonly family: "tcp" | "http";
  /** The words after the step's own: `string x` of `tcp-check expect string x`. */
  readonly words: readonly Word[];
  /** Index of the first of them in the statement. */
  readonly start: number;
}

/** The layer that check expressions are evaluated at. */
export const checkSite = "backend tcp-check rule";

/** What every step says of itself. */
export function stepBase(check: CheckLine, comment: string | null): Pick<CheckStep, "comment" | "number" | "position"> {
  return { comment, number: 0, position: positionOf(check.line.statement) };
}

/** The text after `comment`; the words after it are refused or, for a line of its own, let pass. */
export function commentAt(check: CheckLine, index: number): string {
  const text = check.words[index + 1]?.text ?? "";
  if (text === "") {
    const end = check.line.keyword.text === "expect" ? "." : "..";
    throw new Complaint(`'comment' expects a string as argument${end}`, check.words[index] ?? check.line.keyword);
  }
  return text;
}

/** HAProxy's words for hexadecimal text that cannot be read. */
export const evenHex = "an even number of hex digit is expected";

/** Hexadecimal text as bytes. */
export function binary(text: string, complaint: () => Complaint): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw complaint();
  return new Uint8Array(Buffer.from(text, "hex"));
}

/** Reads a word as a log-format string. */
export function checkFormat(check: CheckLine, index: number): ReturnType<typeof parseLogFormat> {
  const word = check.words[index];
  const cursor = { statement: check.line.statement, index: check.start + index };
  try {
    return parseLogFormat(cursor, check.target.scope, checkSite, `${check.family}-check`);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    const text = `'${word?.text ?? ""}' invalid log-format string (${error.message}).\n.`;
    throw new Complaint(text, error.word ?? word, error.advice);
  }
}

/** Reads a word as a sample expression; `what` names it in messages. */
export function checkExpression(check: CheckLine, index: number, what: string): ReturnType<typeof parseExpression> {
  const cursor = { statement: check.line.statement, index: check.start + index };
  return prefixed(`error detected while parsing ${what} expression : `, () => {
    try {
      return parseExpression(cursor, check.target.scope, { site: checkSite, where: null });
    } catch (error) {
      if (error instanceof Complaint) throw new Complaint(`${error.message}.`, error.word, error.advice);
      throw error;
    }
  });
}
