/** The command sockets of a running process: those of the configuration, kept or changed by reloads, and the master's. */
import { clockMs } from "../clock.ts";
import { chmodSync, chownSync } from "node:fs";
import { parseMasterAddress } from "../cli/master-address.ts";
import type { AdminSources } from "../ops/admin/sources.ts";
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
import { systemText } from "../system-text.ts";
import { wordTable } from "../word-table.ts";
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

/** All command sockets. */
export interface CommandSockets {
  /** Those that listen now. */
  list(): readonly CommandSocket[];
  /** Opens what the plan adds; nothing is closed yet. One of the two is to be called when it is clear what runs. */
  prepare(plan: Plan): Promise<PreparedSockets>;
  /** Opens the sockets of `-S`. What is wrong, in words. */
  openMaster(addresses: readonly string[]): Promise<readonly string[]>;
  /** Answers commands of this level on a listening socket by which another process passes them on. Owns it. */
  openForwarded(level: CommandSocketPlan["level"], fd: number): Promise<void>;
  close(): void;
}

/** `reload` and `reloads` serve the master socket; `adopt` and `lend` are the runtime's. Nothing is open yet. */
export function openCommandSockets(
  sources: AdminSources,
  master: {
    readonly reload: () => Promise<boolean>;
    readonly reloads: () => { readonly done: number; readonly failed: number };
  },
  { adopt, lend }: Pick<Runtime, "adopt" | "lend">,
): CommandSockets {
  const open = new Map<string, OpenSocket>();
  const masters: CommandSocket[] = [];
  let isClosed = false;
  const answer: AnswerCommand = (command, session, payload) => adminAnswers(sources, command, session, payload);
  const own = { pid: process.pid, startedAt: clockMs() - sources.info.proxy.process.uptimeMs };
  const masterSources: MasterSources = {
    ...master,
    version: sources.info.version,
    process: own,
    worker: () => own,
    answerByWorker: answer,
  };
  const limits = (): { maxconn: number; timeoutMs: number } => {
    const { statsMaxconn, statsTimeoutMs } = sources.plan().global;
    return { maxconn: statsMaxconn, timeoutMs: statsTimeoutMs };
  };

  async function openOne(plan: CommandSocketPlan, { bind }: StatsSocketPlan): ReturnType<typeof openCommandSocket> {
    if (lend === undefined) return openCommandSocket(plan, limits, answer);
    try {
      return await openCommandSocket({ ...plan, lent: await lend(bind, true) }, limits, answer);
    } catch (error) {
      return { failed: (error as NodeJS.ErrnoException).code ?? String(error) };
    }
  }

  return {
    list: () => Array.from(open.values(), (one) => one.socket),
    async prepare(plan) {
      const wrong: string[] = [];
      const fresh = new Map<string, OpenSocket>();
      const wanted = new Map<string, { readonly plan: CommandSocketPlan; readonly line: StatsSocketPlan }>();
      for (const line of plan.global.statsSockets) {
        const { address, mode, uid, gid } = line.bind;
        const socket = { address, mode, uid, gid, level: line.level, severityOutput: line.severityOutput, adopt };
        const key = keyOf(address, wanted);
        wanted.set(key, { plan: socket, line });
        if (open.has(key)) continue;
        const draft = { ...socket };
        const opened = await openOne(draft, line);
        if ("failed" in opened) wrong.push(bindText(line, opened.failed));
        else fresh.set(key, { plan: draft, socket: opened });
      }
      const discard = (): void => {
        for (const { socket } of fresh.values()) socket.close();
      };
      // A socket that listens only now, after everything was closed, would stay.
      if (isClosed) discard();
      return {
        wrong,
        keep() {
          for (const [key, { socket }] of open) {
            if (wanted.has(key)) continue;
            socket.close();
            open.delete(key);
          }
          for (const [key, one] of fresh) open.set(key, one);
          return [...wanted].flatMap(([key, { plan: next, line }]) =>
            follow(open.get(key), next, line, lend === undefined),
          );
        },
        discard,
      };
    },
    async openMaster(addresses) {
      const opened = await openMasterSockets(addresses, masterSources, limits, adopt);
      masters.push(...opened.sockets);
      return opened.wrong;
    },
    async openForwarded(level, fd) {
      const address = { kind: "fd", fd } as const;
      const plan = { address, mode: null, uid: null, gid: null, level, severityOutput: "none" as const };
      const opened = await openCommandSocket(plan, limits, answer);
      if (!("failed" in opened)) masters.push(opened);
    },
    close() {
      isClosed = true;
      for (const { socket } of open.values()) socket.close();
      for (const socket of masters) socket.close();
    },
  };
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
  const isFile = plan.mode !== next.mode || plan.uid !== next.uid || plan.gid !== next.gid;
  Object.assign(plan, next);
  if (!isFile || !ownsFile || next.address.kind !== "unix") return [];
  try {
    // As a start would leave it where nothing is said.
    chmodSync(next.address.path, next.mode ?? 0o777 & ~process.umask());
    chownSync(next.address.path, next.uid ?? process.getuid?.() ?? -1, next.gid ?? process.getgid?.() ?? -1);
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
