/** Commands on the connection itself: `operator`, `user`, `set timeout cli`, `set severity-output`. */
import { type Answer, err } from "./answer.ts";
import type { AdminCommand, AdminSession } from "./command.ts";
import { isAllowed, type Level } from "./level.ts";
import { wordTable } from "../../word-table.ts";

/** What a connection sets for itself. */
export const sessionCommands: readonly AdminCommand[] = [
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
  {
    words: ["set", "timeout"],
    usage: "set timeout [cli] <delay>",
    help: "change a timeout setting",
    level: "user",
    run: ([which, delay], _sources, session) => {
      if (which !== "cli") return err("'set timeout' only supports 'cli'.\n");
      if (delay === undefined) return err("Expects an integer value.\n");
      const ms = durationMs(delay);
      if (ms === null) return err("Invalid timeout value.\n");
      session.timeoutMs = ms;
      return "";
    },
  },
  {
    words: ["set", "severity-output"],
    usage: "set severity-output [none|number|string]",
    help: "set presence of severity level in feedback information",
    level: "user",
    run: ([format], _sources, session) => {
      if (format !== "none" && format !== "number" && format !== "string")
        return err("one of 'none', 'number', 'string' is a required argument\n");
      session.severityOutput = format;
      return "";
    },
  },
];

function lower(session: AdminSession, level: Level): Answer {
  if (!isAllowed(session, level)) return err("Permission denied\n");
  session.level = level;
  return "";
}

/** `10` (seconds), `500ms`, `1m`, …; null for anything else. */
function durationMs(text: string): number | null {
  const match = /^(\d{1,9})(us|ms|s|m|h|d)?$/.exec(text);
  if (match === null) return null;
  const units = wordTable<number>({ us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 });
  return Math.min(2_147_483_647, Number(match[1]) * (units.get(match[2] ?? "s") ?? 1000));
}
