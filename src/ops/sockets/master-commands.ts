/** What the master socket (`-S`) answers: `show proc`, `reload`, and `@1 …` for the worker, which may be the same process. */
import { clockMs } from "../../clock.ts";
import { wordTable } from "../../word-table.ts";
import type { AdminSession } from "../admin/command.ts";
import { isAllowed, type Level } from "../admin/level.ts";
import { reloadAnswer, type ReloadOutcome } from "../answers/reload-outcome.ts";
import type { AnswerCommand } from "./command-connection.ts";
import type { Rows } from "../answers/slices.ts";

/** A process, for `show proc`. */
export interface ShownProcess {
  readonly pid: number;
  /** Monotonic, of this process's clock. */
  readonly startedAt: number;
}

/** What only the process as a whole can do. */
export interface MasterSources {
  readonly version: string;
  /** The master itself. */
  readonly process: ShownProcess;
  /** The worker that serves now; null between two of them. */
  readonly worker: () => ShownProcess | null;
  /** Has the worker answer. */
  readonly answerByWorker: AnswerCommand;
  readonly reloads: () => { readonly done: number; readonly failed: number };
  /** Reads the files again; resolves when what came of it runs, or nothing does. `why`: who asked, for the log. */
  readonly reload: (why: string) => Promise<ReloadOutcome>;
}

/** Whether a connection talks to the worker (after a lone `@1`), by connection. */
const talksToWorker = new WeakSet<AdminSession>();

/** The prompt: `master> `, or the worker's number once `@1` chose it. */
export function masterPrompt(sources: Pick<MasterSources, "worker">): (session: AdminSession) => string {
  return (session) => (talksToWorker.has(session) ? `${sources.worker()?.pid ?? "none"}> ` : "master> ");
}

/** Answers commands of the master socket. `@1 CMD`, `@!PID CMD` and a lone `@1` reach the worker; anything else the master. */
export function masterAnswers(sources: MasterSources): AnswerCommand {
  const worker = sources.answerByWorker;
  return async (text, session, payload) => {
    const match = /^\s*@(!?)(\d+|master|)\s*(.*)$/s.exec(text);
    if (match === null)
      return talksToWorker.has(session)
        ? worker(text, session, payload)
        : answerMaster(text, sources, session, payload);
    const [, isPid, number = "", command = ""] = match;
    if (number === "master" || number === "") {
      if (command === "") talksToWorker.delete(session);
      return command === "" ? [""] : answerMaster(command, sources, session, payload);
    }
    const pid = sources.worker()?.pid;
    const isOurs = pid !== undefined && (isPid === "!" ? Number(number) === pid : number === "1");
    if (!isOurs) return [`Can't find the target PID matching the prefix '@${isPid}${number}'\n`];
    if (command !== "") return worker(command, session, payload);
    talksToWorker.add(session);
    return [""];
  };
}

type Answers = Rows | Promise<Rows | AsyncIterable<string>>;

/** One of the master's own commands; `level` as HAProxy wants it. */
interface MasterCommand {
  readonly usage: string;
  readonly help: string;
  readonly level: Level;
  /** With the empty line that follows an answer. */
  readonly run: (sources: MasterSources, session: AdminSession) => Answers;
}

const commands = wordTable<MasterCommand>({
  "show proc": {
    usage: "show proc",
    help: "show processes status",
    level: "user",
    run: (sources) => [`${showProcesses(sources)}\n`],
  },
  reload: {
    usage: "reload",
    help: "read the configuration again",
    level: "operator",
    run: async ({ reload }, session) => [reloadAnswer(await reload(`by command on ${session.origin ?? "a socket"}`))],
  },
  operator: {
    usage: "operator",
    help: "lower the level of the current CLI session to operator",
    level: "operator",
    run: (_sources, session) => lower(session, "operator"),
  },
  user: {
    usage: "user",
    help: "lower the level of the current CLI session to user",
    level: "user",
    run: (_sources, session) => lower(session, "user"),
  },
  help: {
    usage: "help [<command>]",
    help: "list matching or all commands",
    level: "user",
    run: (_sources, session) => [`${helpText(session)}\n`],
  },
  prompt: {
    usage: "prompt",
    help: "toggle interactive mode with prompt",
    level: "user",
    run(_sources, session) {
      session.interactive = !session.interactive;
      return [""];
    },
  },
  quit: {
    usage: "quit",
    help: "disconnect",
    level: "user",
    run(_sources, session) {
      session.closing = true;
      return [];
    },
  },
});

function lower(session: AdminSession, level: Level): Rows {
  session.level = level;
  return [""];
}

function answerMaster(line: string, sources: MasterSources, session: AdminSession, payload: string | null): Answers {
  const command = commands.get(line.trim().split(/\s+/).join(" "));
  if (command === undefined) return sources.answerByWorker(line, session, payload);
  return isAllowed(session, command.level) ? command.run(sources, session) : ["Permission denied\n\n"];
}

const elsewhere = [
  ["@!<pid>", "send a command to the <pid> process"],
  ["@<relative pid>", "send a command to the <relative pid> process"],
  ["@master", "send a command to the master process"],
] as const;

function helpText(session: AdminSession): string {
  const own = Array.from(commands.values()).filter(({ level }) => isAllowed(session, level));
  const lines = [...elsewhere, ...own.map(({ usage, help }) => [usage, help] as const)];
  const text = lines.map(([usage, help]) => `  ${usage.padEnd(40)}: ${help}\n`).join("");
  return `The following commands are valid at this level:\n${text}`;
}

function showProcesses({ version, process: master, worker: workerNow, reloads }: MasterSources): string {
  const { done, failed } = reloads();
  const worker = workerNow();
  return [
    row(["#<PID>", "<type>", "<reloads>", "<uptime>", "<version>"]),
    row([String(master.pid), "master", `${done} [failed: ${failed}]`, uptimeText(master), version]),
    "# workers\n",
    worker === null ? "" : row([String(worker.pid), "worker", "0", uptimeText(worker), version]),
    "# programs\n",
  ].join("");
}

function row(cells: readonly string[]): string {
  return `${cells.map((cell) => cell.padEnd(15)).join(" ")}\n`;
}

/** `0d00h00m03s`. */
function uptimeText({ startedAt }: ShownProcess): string {
  const seconds = Math.max(0, Math.floor((clockMs() - startedAt) / 1000));
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return `${Math.floor(seconds / 86_400)}d${hours}h${minutes}m${rest}s`;
}
