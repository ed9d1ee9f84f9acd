/** Every action of rules, by the words that write it and by its kind in the plan. */
import type { Action } from "../../plan/rules/rule.ts";
import type { CompileContext } from "../samples/rows.ts";
import { answerActions } from "./http/answer.ts";
import { assigningActions } from "./assign.ts";
import { decidingActions } from "./decide.ts";
import { exchangeActions } from "./http/exchange.ts";
import { headerActions } from "./http/headers.ts";
import { listActions } from "./lists.ts";
import type { ActionRow, ActionWord, RunAction } from "./row.ts";
import { sshActions } from "./ssh-clients.ts";
import { settingActions } from "./settings.ts";
import { trackingActions } from "./track.ts";
import { uriActions } from "./http/uri.ts";

const rows = [
  ...decidingActions,
  ...trackingActions,
  ...assigningActions,
  ...settingActions,
  ...answerActions,
  ...headerActions,
  ...uriActions,
  ...exchangeActions,
  ...listActions,
  ...sshActions,
];

const byKind: ReadonlyMap<string, ActionRow> = new Map(rows.map((row) => [row.kind, row]));

/** A word and the row that it belongs to. */
export interface WordOfAction extends ActionWord {
  readonly row: ActionRow;
}

/** By the words that write them. */
export const actionWords: ReadonlyMap<string, WordOfAction> = new Map(
  rows.flatMap((row) => row.words.map((word) => [word.word, { ...word, row }] as const)),
);

/** Those that stand for all that begins as they do, the longest first. */
const prefixes = [...actionWords.keys()]
  .filter((word) => actionWords.get(word)?.isPrefix === true)
  .toSorted((one, other) => other.length - one.length);

/** What is written before any parenthesis; undefined: no action that works here. */
export function actionWord(written: string): WordOfAction | undefined {
  return actionWords.get(written) ?? actionWords.get(prefixes.find((prefix) => written.startsWith(prefix)) ?? "");
}

/** An action ready to run, and whether it may be done again. Throws on one that no version of the configuration's reader lets through. */
export function compileAction(
  action: Action,
  within: CompileContext,
): { readonly run: RunAction; readonly isRepeatable: boolean } {
  const row = byKind.get(action.kind);
  if (row === undefined) throw new Error(`'${action.kind}' cannot run`);
  return { run: row.compile(action, within), isRepeatable: row.isRepeatable };
}
