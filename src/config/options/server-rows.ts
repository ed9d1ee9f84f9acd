/** What the rows of server options have in common: flags, counts, times, and their messages. */
import { serverMessage } from "../text/complaint.ts";
import { type OptionLine, optionsOf } from "../row/line-options.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import type { ServerSettings } from "../draft/draft.ts";
import type { Word } from "../text/statement.ts";
import { integer, time, type TimeMessages, type WordSchema } from "../row/value.ts";

/** A `server`, `default-server` or `server-template` line while its options are read. */
export interface ServerLine {
  readonly settings: ServerSettings;
  readonly isDefault: boolean;
  /** What messages call it: `'server b/s' : `; "" for `default-server`. */
  readonly label: string;
  /** Its section is in `mode http`. */
  readonly isHttp: boolean;
  /** Null until `id` is given. */
  id: number | null;
  /** The word that names the resolvers section, for messages. */
  resolversWord: Word | null;
  /** Reads the word after the option as a format evaluated per session. */
  readonly parseFormat: (line: OptionLine, option: string) => LogFormat;
}

const { works } = optionsOf<ServerLine>("server");

/** A message about an option that HAProxy goes on after. */
export function serverWarning({ statement, draft, keyword }: OptionLine, text: string): void {
  serverMessage(draft.diagnostics, "warning", statement, text, keyword);
}

/** Times of servers have messages of their own, with the server's name: `%s` stands for it. */
export function delay(name: string, missing: string, called = name, least = 0): WordSchema {
  const messages: TimeMessages = {
    missing,
    fault: (fault, word) =>
      fault.kind === "character"
        ? `unexpected character '${fault.character}' in '${called}' argument of server %s.`
        : `timer overflow in argument <${word}> to <${name}> of server %s, maximum value is 2147483647 ms (~24.8 days).`,
    min: { value: least, message: `invalid value 0 for argument '${name}' of server %s.` },
  };
  return time(messages);
}

/** A time between checks. */
export const interval = (
  name: "inter" | "fastinter" | "downinter",
  set: (target: ServerLine, value: number) => void,
  help: string,
) =>
  works(name, {
    usage: "<time>",
    hasTimes: true,
    tier: "A",
    help,
    takes: [delay(name, `'${name}' expects a delay as argument.`, "agent-inter", 1)],
    land(target, [value]) {
      set(target, Number(value));
    },
  });

/** A count that is never negative. */
export const count = (
  name: string,
  help: string,
  tier: "A" | "B" | "C",
  set: (target: ServerLine, value: number) => void,
) =>
  works(name, {
    usage: "<number>",
    tier,
    help,
    takes: [integer({ name, missing: `'${name}' expects an integer argument.` })],
    land(target, [value]) {
      set(target, Math.max(0, value));
    },
  });

/** A count of at least one; `says` is how messages call it. */
export const positive = (name: string, says: string) =>
  integer({
    name,
    missing: `'${name}' expects an integer argument.`,
    unreadable: () => `${says} has to be > 0.`,
    min: { value: 1, message: () => `${says} has to be > 0.` },
  });

/** A word by itself that sets something. */
export const flag = (name: string, tier: "A" | "B" | "C", help: string, set: (target: ServerLine) => void) =>
  works(name, {
    tier,
    help,
    takes: [],
    land(target) {
      set(target);
    },
  });
