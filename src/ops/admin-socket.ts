/** The admin socket (`stats socket`) and the master socket (`-S`): listening, lines in, answers out. */
import { chmodSync, chownSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { StatsSocketPlan } from "../plan.ts";
import type { SeverityOutput } from "./admin-answer.ts";
import { type AdminSession, type AdminSources, answerCommand, type Level, splitCommands } from "./admin-commands.ts";

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
}

/** A command socket that listens. */
export interface CommandSocket {
  /** As `show cli sockets` names it: `unix@/path`, `ipv4@127.0.0.1:9999`, … */
  readonly address: string;
  readonly level: Level;
  /** Stops listening, removes the file, ends connections. */
  close(): void;
}

/**
 * Answers one command line: a text for each of the commands between `;`, with the empty line after it. `payload`: the lines
 * that came after one that ended in `<<`, which is not part of `line` then; it is the last command's.
 */
export type AnswerLine = (
  line: string,
  session: AdminSession,
  payload: string | null,
) => readonly string[] | Promise<readonly string[]>;

/** Limits of all command sockets: connections at once (`stats maxconn`), idle time (`stats timeout`). */
export interface CommandSocketLimits {
  readonly maxconn: number;
  readonly timeoutMs: number;
}

/** HAProxy's buffer: no longer line is taken. */
const lineLimitBytes = 16_384;

/** The line language of the admin socket. */
export function adminAnswers(sources: AdminSources): AnswerLine {
  return (line, session, payload) => {
    const texts: string[] = [];
    const commands = splitCommands(line);
    for (const [index, command] of commands.entries()) {
      if (session.closing) break;
      const answer = answerCommand(command, sources, session, index === commands.length - 1 ? payload : null);
      if (!session.closing) texts.push(`${answer}\n`);
    }
    return texts;
  };
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
  answer: AnswerLine,
  prompt: (session: AdminSession) => string = () => "> ",
): Promise<CommandSocket | { readonly failed: string }> {
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const { maxconn, timeoutMs } = limits();
    if (connections.size >= maxconn) return void socket.destroy();
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    const { level, severityOutput } = plan;
    serveConnection(socket, { level, severityOutput, interactive: false, timeoutMs, closing: false }, answer, prompt);
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
          for (const socket of connections) socket.destroy();
          remove();
        },
      });
    });
  });
}

type Listening = (wrong: string | null, address: string, remove: () => void) => void;

function listen(server: Server, plan: CommandSocketPlan, done: Listening): void {
  const { address } = plan;
  switch (address.kind) {
    case "tcp": {
      const family = address.host.includes(":") ? "ipv6" : "ipv4";
      server.listen(address.port, address.host === "*" ? "0.0.0.0" : address.host, () => {
        const bound = server.address();
        const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
        done(null, `${family}@${address.host}:${port}`, () => {});
      });
      return;
    }
    case "fd":
      try {
        const fd = plan.adopt?.(address.fd) ?? address.fd;
        server.listen({ fd }, () => done(null, `fd@${address.fd}`, () => {}));
      } catch (error) {
        done((error as NodeJS.ErrnoException).code ?? String(error), `fd@${address.fd}`, () => {});
      }
      return;
    case "abstract":
      server.listen(`\0${address.name}`, () => done(null, `abns@${address.name}`, () => {}));
      return;
    case "unix":
      return listenUnix(server, plan, address.path, done);
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
    return done(null, `unix@${path}`, () => {
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

/** Reads lines, answers each; without `prompt` the connection ends after the last line that has come. */
function serveConnection(
  socket: Socket,
  session: AdminSession,
  answer: AnswerLine,
  prompt: (session: AdminSession) => string,
): void {
  let waiting = "";
  let hasEnded = false;
  let work = Promise.resolve();
  const idle = setTimeout(() => socket.destroy(), session.timeoutMs || 2_147_483_647);
  const touch = (): void => {
    clearTimeout(idle);
    socket.setTimeout(session.timeoutMs);
  };
  idle.unref();
  socket.on("timeout", () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clearTimeout(idle));

  async function answerWaiting(): Promise<void> {
    while (!session.closing) {
      const taken = takeLine(waiting);
      if (taken === null) break;
      const { line, payload } = taken;
      waiting = taken.rest;
      const wasInteractive = session.interactive;
      const texts = await answer(line, session, payload);
      if (socket.destroyed) return;
      const shown = session.interactive ? prompt(session) : "";
      socket.write(texts.map((text) => `${text}${shown}`).join("") + (session.closing && wasInteractive ? "\n" : ""));
      // A slow reader must not make us hold every answer it ever asked for.
      if (socket.writableNeedDrain) await drained(socket);
    }
    touch();
    // The rest of a payload is still to come.
    if (waiting.includes("\n") && !session.closing && !hasEnded) return;
    if (session.closing || !session.interactive || hasEnded)
      socket.end(session.interactive && hasEnded && !session.closing ? "\n" : "");
  }

  socket.setEncoding("utf8");
  socket.on("data", (part: string) => {
    waiting += part;
    if (waiting.length > lineLimitBytes && takeLine(waiting) === null) return void socket.destroy();
    if (waiting.includes("\n")) work = work.then(answerWaiting);
    return undefined;
  });
  socket.on("end", () => {
    hasEnded = true;
    work = work.then(() => void (socket.writableEnded || socket.end(session.interactive ? "\n" : "")));
  });
}

/** The first line, and what follows it up to an empty line when it ends in `<<`; null when that has not all come. */
function takeLine(
  text: string,
): { readonly line: string; readonly payload: string | null; readonly rest: string } | null {
  const end = text.indexOf("\n");
  if (end < 0) return null;
  const line = text.slice(0, end);
  const rest = text.slice(end + 1);
  const command = /^(|.*\s)<<\s*$/.exec(line)?.[1];
  if (command === undefined) return { line, payload: null, rest };
  if (rest.startsWith("\n")) return { line: command, payload: "", rest: rest.slice(1) };
  const close = rest.indexOf("\n\n");
  return close < 0 ? null : { line: command, payload: rest.slice(0, close), rest: rest.slice(close + 2) };
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("drain", () => resolve());
    socket.once("close", () => resolve());
  });
}
