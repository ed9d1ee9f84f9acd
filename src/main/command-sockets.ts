/** The command sockets of a running process: those of the configuration, kept or changed by reloads, and the master's. */
import { parseMasterAddress } from "../cli/master-address.ts";
import type { AdminSources } from "../ops/admin-commands.ts";
import { adminAnswers, type CommandSocket, type CommandSocketPlan, openCommandSocket } from "../ops/admin-socket.ts";
import { masterAnswers, masterPrompt } from "../ops/master-socket.ts";
import type { Plan, StatsSocketPlan } from "../plan.ts";

/** All command sockets. */
export interface CommandSockets {
  /** Those that listen now. */
  list(): readonly CommandSocket[];
  /** Opens what the plan adds, then closes what it leaves out. What could not be bound, in HAProxy's words. */
  follow(plan: Plan): Promise<readonly string[]>;
  /** Opens the sockets of `-S`. What is wrong, in words. */
  openMaster(addresses: readonly string[]): Promise<readonly string[]>;
  close(): void;
}

/** `reload` and `reloads` serve the master socket; `adopt` is the runtime's. Nothing is open yet. */
export function openCommandSockets(
  sources: AdminSources,
  master: {
    readonly reload: () => Promise<boolean>;
    readonly reloads: () => { readonly done: number; readonly failed: number };
  },
  adopt: ((fd: number) => number) | null,
): CommandSockets {
  const open = new Map<string, CommandSocket>();
  const masters: CommandSocket[] = [];
  const answer = adminAnswers(sources);
  const limits = (): { maxconn: number; timeoutMs: number } => {
    const { statsMaxconn, statsTimeoutMs } = sources.plan().global;
    return { maxconn: statsMaxconn, timeoutMs: statsTimeoutMs };
  };

  return {
    list: () => [...open.values()],
    async follow(plan) {
      const wrong: string[] = [];
      const wanted = new Set<string>();
      for (const one of plan.global.statsSockets) {
        const { address, mode, uid, gid } = one.bind;
        const socket = { address, mode, uid, gid, level: one.level, severityOutput: one.severityOutput };
        const key = JSON.stringify(socket);
        wanted.add(key);
        if (open.has(key)) continue;
        const opened = await openCommandSocket({ ...socket, adopt }, limits, answer);
        if ("failed" in opened) wrong.push(bindText(one, opened.failed));
        else open.set(key, opened);
      }
      for (const [key, socket] of open) {
        if (wanted.has(key)) continue;
        socket.close();
        open.delete(key);
      }
      return wrong;
    },
    async openMaster(addresses) {
      const wrong: string[] = [];
      for (const text of addresses) {
        const plan: CommandSocketPlan | string = parseMasterAddress(text);
        if (typeof plan === "string") {
          wrong.push(plan);
          continue;
        }
        const answers = masterAnswers({ admin: sources, ...master });
        const opened = await openCommandSocket({ ...plan, adopt }, limits, answers, masterPrompt);
        if ("failed" in opened) wrong.push(`Cannot bind the master socket [${text}] (${opened.failed})`);
        else masters.push(opened);
      }
      return wrong;
    },
    close() {
      for (const socket of [...open.values(), ...masters]) socket.close();
    },
  };
}

const reasons: Record<string, string> = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EEXIST: "File exists and is not a socket",
  EBADF: "Bad file descriptor",
  EINVAL: "A socket without an address",
  EISCONN: "A connection, not a listening socket",
  EPROTOTYPE: "Not a stream socket",
};

function bindText({ bind }: StatsSocketPlan, code: string): string {
  const kind = bind.address.kind === "unix" || bind.address.kind === "abstract" ? "UNIX socket" : "socket";
  const where = `[${bind.position.file}:${bind.position.line}] for frontend GLOBAL`;
  return `Binding ${where}: cannot bind ${kind} (${reasons[code] ?? code}) [${bind.text.replace(/^unix@/, "")}]`;
}
