/** A command of the admin socket: its words, its line in the help, who may give it, and what it does. */
import type { Answer, Message, SeverityOutput } from "./answer.ts";
import type { Level } from "./level.ts";
import type { AdminSources } from "./sources.ts";

/** One connection's own state; commands change it. */
export interface AdminSession {
  level: Level;
  interactive: boolean;
  timeoutMs: number;
  severityOutput: SeverityOutput;
  /** By what socket it has come, for the log; left out: nobody knows. */
  readonly origin?: string;
  /** Set by `quit`. */
  closing: boolean;
}

/** How a command begins (`words`), its line in the help, and who may give it. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly usage: string;
  readonly help: string;
  readonly level: Level;
}

/** One command. */
export interface AdminCommand extends CommandLine {
  /** Without the empty line that follows each answer. */
  readonly run: (
    args: readonly string[],
    sources: AdminSources,
    session: AdminSession,
    /** The lines that followed `<<`; null when there was none. */
    payload: string | null,
  ) => Answer;
}

/** One whose answer comes when what it asks for is done. */
export interface LaterCommand extends CommandLine {
  /** Without the empty line that follows each answer. */
  readonly later: (args: readonly string[], sources: AdminSources, session: AdminSession) => Promise<string | Message>;
}
