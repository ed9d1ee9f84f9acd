/** What the master socket (`-S`) answers: `show proc`, `reload`, and `@1 …` for the worker, which may be the same process. */
import type { AdminSession } from "./admin-commands.ts";
import type { AnswerCommand } from "./command-connection.ts";
import type { Rows } from "./slices.ts";

/** A process, for `show proc`. */
export interface ShownProcess {
  readonly pid: number;
  /** Milliseconds since 1970. */
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
  /** Reads the files again; whether the new configuration runs now. */
  readonly reload: () => Promise<boolean>;
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

async function answerMaster(
  line: string,
  sources: MasterSources,
  session: AdminSession,
  payload: string | null,
): Promise<Rows | AsyncIterable<string>> {
  const command = line.trim().split(/\s+/).join(" ");
  switch (command) {
    case "show proc":
      return [`${showProcesses(sources)}\n`];
    case "reload":
      return [`Success=${(await sources.reload()) ? 1 : 0}\n`];
    case "prompt":
      session.interactive = !session.interactive;
      return [""];
    case "quit":
      session.closing = true;
      return [];
    case "help":
      return [`${masterHelp}\n`];
    default:
      return sources.answerByWorker(line, session, payload);
  }
}

const masterHelp = `The following commands are valid at this level:
  @!<pid>                                 : send a command to the <pid> process
  @<relative pid>                         : send a command to the <relative pid> process
  @master                                 : send a command to the master process
  show proc                               : show processes status
  reload                                  : read the configuration again
  help [<command>]                        : list matching or all commands
  prompt                                  : toggle interactive mode with prompt
  quit                                    : disconnect
`;

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
  const seconds = Math.floor((Date.now() - startedAt) / 1000);
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return `${Math.floor(seconds / 86_400)}d${hours}h${minutes}m${rest}s`;
}
