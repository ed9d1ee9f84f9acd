/** The command sockets of a running process: those of the configuration, kept or changed by reloads, and the master's. */
import { clockMs } from "../clock.ts";
import { parseMasterAddress } from "../cli/master-address.ts";
import type { AdminSources } from "../ops/admin/sources.ts";
import type { ReloadOutcome } from "../ops/answers/reload-outcome.ts";
import {
  adminAnswers,
  type CommandSocket,
  type CommandSocketLimits,
  type CommandSocketPlan,
  openCommandSocket,
} from "../ops/sockets/command-socket.ts";
import type { AnswerCommand } from "../ops/sockets/command-connection.ts";
import { masterAnswers, masterPrompt, type MasterSources } from "../ops/sockets/master-commands.ts";
import type { Plan } from "../plan/plan.ts";
import type { StatsSocketPlan } from "../plan/global.ts";
import { systemText } from "../system/text.ts";
import { wordTable } from "../word-table.ts";
import { giveFileRights, isSameRights } from "./file-rights.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** Sockets opened ahead of a plan. */
export interface PreparedSockets {
  /** What could not be bound, in HAProxy's words. */
  readonly wrong: readonly string[];
  /** The plan runs: closes what it leaves out, and gives what stays its new rights. What could not be given, in words. */
  keep(): readonly string[];
  /** It does not: closes what was opened for it. */
  discard(): void;
}

/** What the master socket's commands do beyond those of the process. */
interface MasterCommands {
  readonly reload: (why: string) => Promise<ReloadOutcome>;
  readonly reloads: () => { readonly done: number; readonly failed: number };
}

/** A socket that a plan wants. */
interface Wanted {
  readonly plan: CommandSocketPlan;
  readonly line: StatsSocketPlan;
}

/** All command sockets. Nothing is open at first. */
export class CommandSockets {
  readonly #sources: AdminSources;
  readonly #runtime: Pick<Runtime, "adopt" | "lend">;
  readonly #answer: AnswerCommand;
  readonly #masterSources: MasterSources;
  readonly #open = new Map<string, OpenSocket>();
  readonly #masters: CommandSocket[] = [];
  #isClosed = false;

  /** `adopt` and `lend` are the runtime's. */
  constructor(sources: AdminSources, master: MasterCommands, runtime: Pick<Runtime, "adopt" | "lend">) {
    this.#sources = sources;
    this.#runtime = runtime;
    this.#answer = (command, session, payload) => adminAnswers(sources, command, session, payload);
    const own = { pid: process.pid, startedAt: clockMs() - sources.info.proxy.process.uptimeMs };
    this.#masterSources = {
      ...master,
      version: sources.info.version,
      process: own,
      worker: () => own,
      answerByWorker: this.#answer,
    };
  }

  readonly #limits = (): CommandSocketLimits => {
    const { statsMaxconn, statsTimeoutMs } = this.#sources.plan().global;
    return { maxconn: statsMaxconn, timeoutMs: statsTimeoutMs };
  };

  /** Those that listen now. */
  list(): readonly CommandSocket[] {
    return Array.from(this.#open.values(), (one) => one.socket);
  }

  /** Opens what the plan adds; nothing is closed yet. One of the two is to be called when it is clear what runs. */
  async prepare(plan: Plan): Promise<PreparedSockets> {
    const wrong: string[] = [];
    const fresh = new Map<string, OpenSocket>();
    const wanted = this.#wantedBy(plan);
    for (const [key, { plan: socket, line }] of wanted) {
      if (this.#open.has(key)) continue;
      const draft = { ...socket };
      const opened = await this.#openOne(draft, line);
      if ("failed" in opened) wrong.push(bindText(line, opened.failed));
      else fresh.set(key, { plan: draft, socket: opened });
    }
    const discard = (): void => {
      for (const { socket } of fresh.values()) socket.close();
    };
    // A socket that listens only now, after everything was closed, would stay.
    if (this.#isClosed) discard();
    return { wrong, keep: () => this.#keep(wanted, fresh), discard };
  }

  #wantedBy(plan: Plan): ReadonlyMap<string, Wanted> {
    const { adopt } = this.#runtime;
    const wanted = new Map<string, Wanted>();
    for (const line of plan.global.statsSockets) {
      const { address, mode, uid, gid } = line.bind;
      const socket = { address, mode, uid, gid, level: line.level, severityOutput: line.severityOutput, adopt };
      wanted.set(keyOf(address, wanted), { plan: socket, line });
    }
    return wanted;
  }

  async #openOne(plan: CommandSocketPlan, { bind }: StatsSocketPlan): ReturnType<typeof openCommandSocket> {
    const { lend } = this.#runtime;
    if (lend === undefined) return openCommandSocket(plan, this.#limits, this.#answer);
    try {
      return await openCommandSocket({ ...plan, lent: await lend(bind, true) }, this.#limits, this.#answer);
    } catch (error) {
      return { failed: (error as NodeJS.ErrnoException).code ?? String(error) };
    }
  }

  #keep(wanted: ReadonlyMap<string, Wanted>, fresh: ReadonlyMap<string, OpenSocket>): readonly string[] {
    for (const [key, { socket }] of this.#open) {
      if (wanted.has(key)) continue;
      // Whoever asked for the reload by it still reads what came of it.
      socket.retire();
      this.#open.delete(key);
    }
    for (const [key, one] of fresh) this.#open.set(key, one);
    const ownsFiles = this.#runtime.lend === undefined;
    return [...wanted].flatMap(([key, { plan, line }]) => follow(this.#open.get(key), plan, line, ownsFiles));
  }

  /** Opens the sockets of `-S`. What is wrong, in words. */
  async openMaster(addresses: readonly string[]): Promise<readonly string[]> {
    const opened = await openMasterSockets(addresses, this.#masterSources, this.#limits, this.#runtime.adopt);
    this.#masters.push(...opened.sockets);
    return opened.wrong;
  }

  /** Answers commands of this level on a listening socket by which another process passes them on. Owns it. */
  async openForwarded(level: CommandSocketPlan["level"], fd: number): Promise<void> {
    const address = { kind: "fd", fd } as const;
    const rights = { mode: null, uid: null, gid: null, level, severityOutput: "none" as const };
    const plan = { address, ...rights, origin: "the master socket" };
    const opened = await openCommandSocket(plan, this.#limits, this.#answer);
    if (!("failed" in opened)) this.#masters.push(opened);
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of [...this.list(), ...this.#masters]) socket.close();
  }
}

/** Opens the sockets of `-S`; what is wrong, in words. */
export async function openMasterSockets(
  addresses: readonly string[],
  sources: MasterSources,
  limits: () => CommandSocketLimits,
  adopt: Runtime["adopt"],
): Promise<{ readonly sockets: readonly CommandSocket[]; readonly wrong: readonly string[] }> {
  const sockets: CommandSocket[] = [];
  const wrong: string[] = [];
  for (const text of addresses) {
    const plan: CommandSocketPlan | string = parseMasterAddress(text);
    if (typeof plan === "string") {
      wrong.push(plan);
      continue;
    }
    const opened = await openCommandSocket({ ...plan, adopt }, limits, masterAnswers(sources), masterPrompt(sources));
    if ("failed" in opened) wrong.push(`Cannot bind the master socket [${text}] (${reasonOf(opened.failed)})`);
    else sockets.push(opened);
  }
  return { sockets, wrong };
}

/** A socket that listens, and what its next connections may do. */
interface OpenSocket {
  readonly plan: { -readonly [Name in keyof CommandSocketPlan]: CommandSocketPlan[Name] };
  readonly socket: CommandSocket;
}

/** An address, and which of those that name it. */
function keyOf(address: CommandSocketPlan["address"], taken: ReadonlyMap<string, unknown>): string {
  for (let number = 0; ; number += 1) {
    const key = JSON.stringify([address, number]);
    if (!taken.has(key)) return key;
  }
}

/** Gives a socket that stays what its line says now; its file, if that is ours. What could not be given, in words. */
function follow(
  one: OpenSocket | undefined,
  next: CommandSocketPlan,
  line: StatsSocketPlan,
  ownsFile: boolean,
): string[] {
  if (one === undefined) return [];
  const { plan } = one;
  const isSame = isSameRights(plan, next);
  Object.assign(plan, next);
  if (isSame || !ownsFile || next.address.kind !== "unix") return [];
  try {
    giveFileRights(next.address.path, next);
    return [];
  } catch (error) {
    return [bindText(line, (error as NodeJS.ErrnoException).code ?? String(error))];
  }
}

/** Where more can be said than the system does. */
const ownReasons = wordTable<string>({
  EEXIST: "File exists and is not a socket: remove it if nothing needs it",
  EINVAL: "A socket without an address",
  EISCONN: "A connection, not a listening socket",
  EPROTOTYPE: "Not a stream socket",
});

function reasonOf(code: string): string {
  return ownReasons.get(code) ?? systemText(code) ?? code;
}

function bindText({ bind }: StatsSocketPlan, code: string): string {
  const kind = bind.address.kind === "unix" || bind.address.kind === "abstract" ? "UNIX socket" : "socket";
  const where = `[${bind.position.file}:${bind.position.line}] for frontend GLOBAL`;
  return `Binding ${where}: cannot bind ${kind} (${reasonOf(code)}) [${bind.text.replace(/^unix@/, "")}]`;
}
