/** One connection of a command socket: a command in, its answer out, then the next. */
import type { Socket } from "node:net";
import type { AdminSession } from "../admin/command.ts";
import { CommandReader } from "./command-reader.ts";
import { PacedWriter } from "../answers/paced-writer.ts";
import { pour, type Rows } from "../answers/slices.ts";

const foreignText = "Commands are in lower case, and nothing else is served here.\n\n";

/** Answers one command, with the empty line after it; see `Command`. What comes from another process comes when it comes. */
export type AnswerCommand = (
  command: string,
  session: AdminSession,
  payload: string | null,
) => Rows | Promise<Rows | AsyncIterable<string>>;

/**
 * Serves until either side is done; the socket is closed then.
 *
 * Nothing is read while a command is carried out, and the next is begun only when the answer to the last was taken, so
 * that the connection costs a slice and a buffer however much is asked. Without `prompt` it ends with its first line (HAProxy 2.6
 * also answers what came along with that), and what begins as another protocol does is not carried out at all: a page in a
 * browser on this machine may make it send almost anything to a TCP address, and the request's line goes first. `prompt` is
 * what an interactive connection is shown, by its state.
 */
export class CommandConnection {
  readonly #socket: Socket;
  readonly #session: AdminSession;
  readonly #answer: AnswerCommand;
  readonly #prompt: (session: AdminSession) => string;
  readonly #commands = new CommandReader();
  readonly #writer: PacedWriter;
  #isAnswering = false;
  #isDone = false;
  #hasBegun = false;
  #hasEnded = false;
  #idle: ReturnType<typeof setTimeout> | null = null;

  constructor(socket: Socket, session: AdminSession, answer: AnswerCommand, prompt: (session: AdminSession) => string) {
    this.#socket = socket;
    this.#session = session;
    this.#answer = answer;
    this.#prompt = prompt;
    this.#writer = new PacedWriter(socket);
  }

  /** Resolves when the connection is closed and nothing is done for it any more. */
  async serve(): Promise<void> {
    const socket = this.#socket;
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.on("error", () => socket.destroy());
    socket.setEncoding("utf8");
    let work = Promise.resolve();
    const begin = (): void => {
      if (this.#isAnswering) return;
      this.#isAnswering = true;
      work = this.#answerAll().catch(() => void socket.destroy());
    };
    socket.on("data", (part: string) => {
      // What comes after the end is not for anybody; unread, it would take the end of the answer with it.
      if (this.#isDone) return;
      this.#commands.push(part);
      begin();
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      begin();
    });
    this.#wait();
    await closed;
    this.#stopWaiting();
    await work;
  }

  /** Ends it, once the command that is carried out has its answer. */
  finish(): void {
    this.#session.closing = true;
    if (!this.#isAnswering) this.#socket.destroy();
  }

  /** Answers what has come; then waits for more, or ends. */
  async #answerAll(): Promise<void> {
    const session = this.#session;
    this.#stopWaiting();
    this.#socket.pause();
    if (!this.#hasBegun && this.#commands.isForeign) return this.#end(foreignText);
    this.#hasBegun ||= !this.#commands.isEmpty;
    while (!session.closing) {
      const command = this.#commands.next();
      if (command === "too long") return void this.#socket.destroy();
      if (command !== null) {
        if (!(await this.#respond(command.text, command.payload))) return;
        if (command.endsLine && !session.interactive) break;
      } else if (this.#hasEnded || (!session.interactive && this.#commands.isEmpty && !(await this.#hasMore()))) break;
      else if (session.interactive || !this.#commands.isEmpty) {
        this.#isAnswering = false;
        this.#wait();
        this.#socket.resume();
        return;
      }
    }
    this.#end(session.interactive ? "\n" : "");
  }

  /** Says the last word. What still comes is read, for unread it would take that with it. */
  #end(text: string): void {
    this.#isDone = true;
    this.#wait();
    this.#socket.end(text);
    this.#socket.resume();
  }

  /** Carries one command out; false: nobody is there any more. */
  async #respond(text: string, payload: string | null): Promise<boolean> {
    const session = this.#session;
    const write = (part: string): Promise<boolean> => this.#writer.write(part, session.timeoutMs);
    const rows = await this.#answer(text, session, payload);
    const isTaken = isRows(rows) ? await pour(rows, write) : await passOn(rows, write);
    if (!isTaken || this.#socket.destroyed) return false;
    return !session.interactive || session.closing || write(this.#prompt(session));
  }

  /** Whether something is there to be read already. */
  async #hasMore(): Promise<boolean> {
    this.#socket.resume();
    // One turn may pass before the loop looks at the socket, and the next after what it found.
    for (let turns = 0; turns < 2 && this.#commands.isEmpty && !this.#hasEnded; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#socket.pause();
    return !this.#commands.isEmpty;
  }

  #wait(): void {
    const { timeoutMs } = this.#session;
    this.#stopWaiting();
    if (timeoutMs > 0) this.#idle = setTimeout(() => this.#socket.destroy(), Math.min(timeoutMs, 2_147_483_647));
    this.#idle?.unref();
  }

  #stopWaiting(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }
}

function isRows(rows: Rows | AsyncIterable<string>): rows is Rows {
  return typeof (rows as Partial<Rows>)[Symbol.iterator] === "function";
}

/** False when there is nobody to take it any more. */
async function passOn(parts: AsyncIterable<string>, write: (text: string) => Promise<boolean>): Promise<boolean> {
  for await (const part of parts) if (!(await write(part))) return false;
  return true;
}
