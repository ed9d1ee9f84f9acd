/** The command language of the admin socket: one table of commands, found by their first words, answered in HAProxy's words. */
import { type Answer, answerRows, err, info } from "./answer.ts";
import type { AdminCommand, AdminSession, CommandLine, LaterCommand } from "./command.ts";
import { crtListCommands } from "./tls/crt-lists.ts";
import { dynamicCookieCommands } from "./dynamic-cookies.ts";
import { errorCommands } from "./errors.ts";
import { isAllowed } from "./level.ts";
import { maintenanceCommands } from "./maintenance.ts";
import { patternCommands } from "./patterns.ts";
import { reloadCommands } from "./own/reload.ts";
import { resolversCommands } from "./resolvers.ts";
import { sessionCommands } from "./session.ts";
import { setCommands } from "./set.ts";
import { showCommands } from "./show.ts";
import { showTlsFileCommands } from "./tls/show-files.ts";
import type { Rows } from "../answers/slices.ts";
import type { AdminSources } from "./sources.ts";
import { tableCommands } from "./tables.ts";
import { tlsFileCommands } from "./tls/files.ts";
import { sshCommands } from "./ssh/ssh.ts";
import { sshPenaltyCommands } from "./ssh/ssh-penalties.ts";
import { refusedTlsCommands } from "./tls/refused.ts";

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

const commands: readonly (AdminCommand | LaterCommand)[] = [
  ...reloadCommands,
  ...showCommands,
  ...setCommands,
  ...dynamicCookieCommands,
  ...errorCommands,
  ...maintenanceCommands,
  ...sshCommands,
  ...sshPenaltyCommands,
  ...tableCommands,
  ...patternCommands,
  ...resolversCommands,
  ...sessionCommands,
  ...crtListCommands,
  ...refusedTlsCommands,
  ...showTlsFileCommands,
  ...tlsFileCommands,
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

/** As `answerCommand`, of a command whose answer takes its time; null: of any other. */
export function answerLater(text: string, sources: AdminSources, session: AdminSession): Promise<Rows> | null {
  const words = splitWords(text);
  const found = commandOf(words);
  if (found === undefined || !("later" in found) || !isAllowed(session, found.level)) return null;
  const answer = found.later(words.slice(found.words.length), sources, session);
  return answer.then((one) => answerRows(one, session.severityOutput));
}

function commandOf(words: readonly string[]): AdminCommand | LaterCommand | undefined {
  return [...commands, ...builtIns]
    .filter((command) => command.words.every((word, index) => words[index] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}

function carryOut(text: string, sources: AdminSources, session: AdminSession, payload: string | null): Answer {
  const words = splitWords(text);
  const [first] = words;
  if (first === undefined)
    return unknown(words, session, "Unknown command. Please enter one of the following commands only:");
  const found = commandOf(words);
  if (found === undefined) {
    return unknown(words, session, "Unknown command, but maybe one of the following ones is a better match:");
  }
  if (!isAllowed(session, found.level)) return err("Permission denied\n");
  if (!("run" in found)) throw new Error(`'${found.usage}' is answered later`);
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

function list(headline: string, chosen: readonly CommandLine[]): Answer {
  const lines = [...chosen, ...builtIns].map((command) => `  ${command.usage.padEnd(40)}: ${command.help}\n`);
  return info(`${headline}\n${lines.join("")}`);
}
