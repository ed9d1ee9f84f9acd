/** The admin socket (`stats socket`) and the master socket (`-S`): listening, lines in, answers out. */
import { chmodSync, chownSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { StatsSocketPlan } from "../../plan/global.ts";
import type { SeverityOutput } from "../admin/answer.ts";
import type { AdminSession } from "../admin/command.ts";
import type { AdminSources } from "../admin/sources.ts";
import { answerCommand, answerLater } from "../admin/commands.ts";
import type { Level } from "../admin/level.ts";
import { type AnswerCommand, CommandConnection } from "./command-connection.ts";
import type { Rows } from "../answers/slices.ts";

/** Where a command socket listens, and what its connections may do. */
export interface CommandSocketPlan {
  readonly address: StatsSocketPlan["bind"]["address"];
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly level: Level;
  readonly severityOutput: SeverityOutput;
  /** Gives a duplicate of an inherited descriptor, fit for listening; throws the system's error. Left out: it is taken as it is. */
  readonly adopt?: ((fd: number) => number) | null;
  /** What the log calls it; left out: by its address. */
  readonly origin?: string;
  /** A socket that another process has bound there, in place of one of our own; `release` once it is closed. */
  readonly lent?: { readonly fd: number; readonly release: () => unknown };
}

/** A command socket that listens. */
export interface CommandSocket {
  /** As `show cli sockets` names it: `unix@/path`, `ipv4@127.0.0.1:9999`, … */
  readonly address: string;
  readonly level: Level;
  /** Stops listening, removes the file, ends connections. */
  close(): void;
  /** The same, but commands that are carried out still have their answers. */
  retire(): void;
}

/** How many connections may wait for one of `stats maxconn` to end; one more is closed. */
const waitingLimit = 16;

/** Limits of all command sockets: connections at once (`stats maxconn`; more have to wait), idle time (`stats timeout`). */
export interface CommandSocketLimits {
  readonly maxconn: number;
  readonly timeoutMs: number;
}

/** The language of the admin socket. A command that throws is told of, and is only that one's end. */
export function adminAnswers(
  sources: AdminSources,
  command: string,
  session: AdminSession,
  payload: string | null,
): Rows | Promise<Rows> {
  const later = answerLater(command, sources, session);
  if (later === null) return answersAtOnce(sources, command, session, payload);
  return later.then(
    (rows) => [...rows, "\n"],
    (error: unknown) => [faultText(sources, error), "\n"],
  );
}

function* answersAtOnce(sources: AdminSources, command: string, session: AdminSession, payload: string | null): Rows {
  try {
    yield* answerCommand(command, sources, session, payload);
  } catch (error) {
    yield faultText(sources, error);
  }
  if (!session.closing) yield "\n";
}

function faultText(sources: AdminSources, error: unknown): string {
  sources.info.fault?.(error, "in a command");
  return "Internal error: what it was is in the log.\n";
}

/**
 * Listens. A stale unix socket is replaced without a moment in which nobody answers; mode and owner are set before the
 * path appears. Resolves to why it cannot be bound (the system's code) otherwise. Does not keep the process alive.
 * What connections may do is read from `plan` when they come.
 *
 * `prompt` is what an interactive connection is shown, by its state.
 */
export function openCommandSocket(
  plan: CommandSocketPlan,
  limits: () => CommandSocketLimits,
  answer: AnswerCommand,
  prompt: (session: AdminSession) => string = () => "> ",
): Promise<CommandSocket | { readonly failed: string }> {
  const connections = new Map<Socket, CommandConnection>();
  const waiting = new Set<Socket>();
  const serve = async (socket: Socket): Promise<void> => {
    const { level, severityOutput } = plan;
    const { timeoutMs } = limits();
    const session = {
      level,
      severityOutput,
      interactive: false,
      timeoutMs,
      origin: originOf(plan, socket),
      closing: false,
    };
    const connection = new CommandConnection(socket, session, answer, prompt);
    connections.set(socket, connection);
    const served = connection.serve();
    socket.resume();
    // It keeps its place until what it asked for is done, so that this is bounded as well.
    await served;
    connections.delete(socket);
    serveNext();
  };
  const serveNext = (): void => {
    for (const socket of waiting) {
      if (connections.size >= limits().maxconn) return;
      waiting.delete(socket);
      void serve(socket);
    }
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (waiting.size >= waitingLimit) return void socket.destroy();
    socket.pause();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => waiting.delete(socket));
    waiting.add(socket);
    serveNext();
    return undefined;
  });
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve({ failed: error.code ?? error.message }));
    listen(server, plan, (wrong, address, remove) => {
      if (wrong !== null) {
        server.close();
        return resolve({ failed: wrong });
      }
      server.unref();
      return resolve({
        address,
        get level() {
          return plan.level;
        },
        close() {
          server.close();
          for (const socket of [...waiting, ...connections.keys()]) socket.destroy();
          remove();
        },
        retire() {
          server.close();
          for (const socket of waiting) socket.destroy();
          for (const connection of connections.values()) connection.finish();
          remove();
        },
      });
    });
  });
}

type Listening = (wrong: string | null, address: string, remove: () => void) => void;

function listen(server: Server, plan: CommandSocketPlan, done: Listening): void {
  const { address, lent } = plan;
  if (lent !== undefined) {
    server.listen({ fd: lent.fd }, () => done(null, nameOf(address), lent.release));
    return;
  }
  switch (address.kind) {
    case "tcp": {
      server.listen(address.port, address.host === "*" ? "0.0.0.0" : address.host, () => {
        const bound = server.address();
        const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
        done(null, nameOf({ ...address, port }), () => {});
      });
      return;
    }
    case "fd":
      try {
        const fd = plan.adopt?.(address.fd) ?? address.fd;
        server.listen({ fd }, () => done(null, nameOf(address), () => {}));
      } catch (error) {
        done((error as NodeJS.ErrnoException).code ?? String(error), nameOf(address), () => {});
      }
      return;
    case "abstract":
      server.listen(`\0${address.name}`, () => done(null, nameOf(address), () => {}));
      return;
    case "unix":
      return listenUnix(server, plan, address.path, done);
  }
}

/** Who is on the other side, as far as that is known. */
function originOf({ address, origin }: CommandSocketPlan, { remoteAddress, remotePort }: Socket): string {
  if (origin !== undefined) return origin;
  const from = address.kind === "tcp" && remoteAddress !== undefined ? ` from ${remoteAddress}:${remotePort}` : "";
  return `${nameOf(address)}${from}`;
}

function nameOf(address: CommandSocketPlan["address"]): string {
  switch (address.kind) {
    case "tcp":
      return `${address.host.includes(":") ? "ipv6" : "ipv4"}@${address.host}:${address.port}`;
    case "fd":
      return `fd@${address.fd}`;
    case "abstract":
      return `abns@${address.name}`;
    case "unix":
      return `unix@${address.path}`;
  }
}

function listenUnix(server: Server, plan: CommandSocketPlan, path: string, done: Listening): void {
  const draft = `${path}.${process.pid}.tmp`;
  server.listen(draft, () => {
    try {
      if (plan.mode !== null) chmodSync(draft, plan.mode);
      if (plan.uid !== null || plan.gid !== null) chownSync(draft, plan.uid ?? -1, plan.gid ?? -1);
      if (!isFree(path)) throw Object.assign(new Error("not a socket"), { code: "EEXIST" });
      renameSync(draft, path);
    } catch (error) {
      return done((error as NodeJS.ErrnoException).code ?? String(error), path, () => {});
    }
    const { ino } = lstatSync(path);
    return done(null, nameOf({ kind: "unix", path }), () => {
      try {
        // A process that took over has put its own socket there.
        if (lstatSync(path).ino === ino) unlinkSync(path);
      } catch {
        // Gone already, or out of reach after chroot or a change of user: HAProxy leaves it as well.
      }
    });
  });
}

/** Whether a socket may be put at `path`: nothing is there, or a socket. Anything else is not ours to replace. */
function isFree(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return true;
  }
}
