/** The command language of the admin socket: one table of commands, found by their first words, answered in HAProxy's words. */
import type { Plan } from "../../plan/plan.ts";
import type { StatsSocketPlan } from "../../plan/global.ts";
import { type Answer, answerRows, err, info, type SeverityOutput } from "./answer.ts";
import type { InfoSource } from "../stats/info.ts";
import { patternCommands, type PatternSource } from "./patterns.ts";
import { resolversCommands } from "./resolvers.ts";
import { setCommands } from "./set.ts";
import { showCommands } from "./show.ts";
import type { Rows } from "../answers/slices.ts";
import { tableCommands, type TableView } from "./tables.ts";

/** How much a connection may do, in rising order. */
export type Level = StatsSocketPlan["level"];

const ranks: Record<Level, number> = { user: 0, operator: 1, admin: 2 };

/** Whether a connection may do what needs this level. */
export function isAllowed(session: Pick<AdminSession, "level">, level: Level): boolean {
  return ranks[session.level] >= ranks[level];
}

/** What commands read and act on. */
export interface AdminSources {
  readonly info: InfoSource;
  readonly plan: () => Plan;
  readonly tables: { get(name: string): TableView | undefined; all(): Iterable<TableView> };
  readonly patterns: PatternSource;
  readonly startupLogs: () => string;
  /** `show cli sockets`. */
  readonly sockets: () => readonly { readonly address: string; readonly level: Level }[];
  /** `get var` and `show env` read these. */
  readonly variable: (name: string) => string | null;
  readonly environment: () => Readonly<Record<string, string | undefined>>;
}

/** One connection's own state; commands change it. */
export interface AdminSession {
  level: Level;
  interactive: boolean;
  timeoutMs: number;
  severityOutput: SeverityOutput;
  /** Set by `quit`. */
  closing: boolean;
}

/** One command. `words`: how it begins; `usage` and `help`: its line in the help. */
export interface AdminCommand {
  readonly words: readonly string[];
  readonly usage: string;
  readonly help: string;
  readonly level: Level;
  /** Without the empty line that follows each answer. */
  readonly run: (
    args: readonly string[],
    sources: AdminSources,
    session: AdminSession,
    /** The lines that followed `<<`; null when there was none. */
    payload: string | null,
  ) => Answer;
}

const sessionCommands: readonly AdminCommand[] = [
  {
    words: ["operator"],
    usage: "operator",
    help: "lower the level of the current CLI session to operator",
    level: "user",
    run: (_args, _sources, session) => lower(session, "operator"),
  },
  {
    words: ["user"],
    usage: "user",
    help: "lower the level of the current CLI session to user",
    level: "user",
    run: (_args, _sources, session) => lower(session, "user"),
  },
];

function lower(session: AdminSession, level: Level): Answer {
  if (!isAllowed(session, level)) return err("Permission denied\n");
  session.level = level;
  return "";
}

const builtIns: readonly AdminCommand[] = [
  { words: ["help"], usage: "help [<command>]", help: "list matching or all commands", level: "user", run: help },
  {
    words: ["prompt"],
    usage: "prompt",
    help: "toggle interactive mode with prompt",
    level: "user",
    run(_args, _sources, session) {
      session.interactive = !session.interactive;
      return "";
    },
  },
  {
    words: ["quit"],
    usage: "quit",
    help: "disconnect",
    level: "user",
    run(_args, _sources, session) {
      session.closing = true;
      return "";
    },
  },
];

const commands: readonly AdminCommand[] = [
  ...showCommands,
  ...setCommands,
  ...tableCommands,
  ...patternCommands,
  ...resolversCommands,
  ...sessionCommands,
].sort((a, b) => (a.usage < b.usage ? -1 : 1));

/** Answers one command (no `;` in it). The answer has no closing empty line; see `adminAnswers`. What changes something may do so while the rows are made: they are to be gone through. */
export function answerCommand(
  text: string,
  sources: AdminSources,
  session: AdminSession,
  payload: string | null = null,
): Rows {
  return answerRows(carryOut(text, sources, session, payload), session.severityOutput);
}

function carryOut(text: string, sources: AdminSources, session: AdminSession, payload: string | null): Answer {
  const words = splitWords(text);
  const [first] = words;
  if (first === undefined)
    return unknown(words, session, "Unknown command. Please enter one of the following commands only:");
  const found = [...commands, ...builtIns]
    .filter((command) => command.words.every((word, index) => words[index] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
  if (found === undefined) {
    return unknown(words, session, "Unknown command, but maybe one of the following ones is a better match:");
  }
  if (!isAllowed(session, found.level)) return err("Permission denied\n");
  return found.run(words.slice(found.words.length), sources, session, payload);
}

/** Splits at blanks; a backslash takes the next character as it is; there are no comments. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    if (character === " " || character === "\t" || character === "\r") {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "\\" && index + 1 < text.length) word = (word ?? "") + (text[++index] ?? "");
    else word = (word ?? "") + character;
  }
  if (word !== null) words.push(word);
  return words;
}

function help(args: readonly string[], _sources: AdminSources, session: AdminSession): Answer {
  const allowed = commands.filter((command) => isAllowed(session, command.level));
  const chosen = allowed.filter((command) =>
    args.every((word, index) => command.words[index]?.startsWith(word) === true),
  );
  return list(
    "The following commands are valid at this level:",
    args.length === 0 ? allowed : chosen.length > 0 ? chosen : [],
  );
}

/** What is listed for a command nobody knows: all, or those that begin alike. */
function unknown(words: readonly string[], session: AdminSession, headline: string): Answer {
  const allowed = commands.filter((command) => isAllowed(session, command.level));
  const [first = ""] = words;
  const alike = allowed.filter(
    (command) => command.words[0] === first || (first.length > 1 && command.words[0]?.startsWith(first)),
  );
  return list(headline, first === "" ? allowed : alike.slice(0, 12));
}

function list(headline: string, chosen: readonly AdminCommand[]): Answer {
  const lines = [...chosen, ...builtIns].map((command) => `  ${command.usage.padEnd(40)}: ${command.help}\n`);
  return info(`${headline}\n${lines.join("")}`);
}
