/** What the admin socket answers: data as it is, and words about a command with how serious they are (manual, 9.3, "severity-output"). */
import type { StatsSocketPlan } from "../../plan/global.ts";
import type { Refusal } from "../../proxy/public.ts";
import { pieces, type Rows } from "../answers/slices.ts";

/** Whether, and how, severities are shown. */
export type SeverityOutput = StatsSocketPlan["severityOutput"];

const numbers = { err: 3, warning: 4, notice: 5, info: 6 } as const;

/** Words about a command. */
export interface Message {
  readonly severity: keyof typeof numbers;
  readonly text: string;
}

/** Data, or nothing at all, is a text, or rows where there may be many; words may come of them, too. With its own line ends. */
export type Answer = string | Message | Iterable<string | Message>;

/** The command was not carried out. */
export function err(text: string): Message {
  return { severity: "err", text };
}

export function warning(text: string): Message {
  return { severity: "warning", text };
}

/** It was as it should be already. */
export function notice(text: string): Message {
  return { severity: "notice", text };
}

export function info(text: string): Message {
  return { severity: "info", text };
}

/** The answer to a change that may have been refused. */
export function told(refusal: Refusal | null): Answer {
  return refusal === null ? "" : err(`${refusal.refused}\n`);
}

/** Whether a command came to words about it, and not to what it asked for. */
export function isMessage(answer: string | Message | Iterable<unknown>): answer is Message {
  return typeof answer === "object" && "severity" in answer;
}

/** An answer as it is sent. */
export function answerRows(answer: Answer, format: SeverityOutput): Rows {
  if (typeof answer === "string") return pieces(answer);
  return isMessage(answer) ? pieces(messageText(answer, format)) : withMessages(answer, format);
}

function* withMessages(rows: Iterable<string | Message>, format: SeverityOutput): Rows {
  for (const row of rows) yield typeof row === "string" ? row : messageText(row, format);
}

function messageText({ severity, text }: Message, format: SeverityOutput): string {
  return format === "none" ? text : `[${format === "number" ? numbers[severity] : severity}]: ${text}`;
}
