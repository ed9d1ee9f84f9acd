/** The master socket's way to the worker: commands go to it over sockets that nobody else can reach, one for each level. */
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AdminSession } from "../../ops/admin/command.ts";
import type { Level } from "../../ops/admin/level.ts";
import { AF_UNIX, SOCK_STREAM, type SocketCalls } from "../../net/libc/socket-calls.ts";
import { systemError } from "../../net/system-error.ts";

/** O_PATH: names the file, and opens nothing. */
const pathOnly = 0o10000000;
const backlog = 64;

/** The sockets of one worker. */
export class WorkerCommands {
  readonly #calls: SocketCalls;
  /** What still names a socket's file once it has gone, by level. */
  readonly #places = new Map<Level, number>();

  constructor(calls: SocketCalls) {
    this.#calls = calls;
  }

  /** A listening socket for the worker; what was opened before for this level leads nowhere any more. The caller owns it. */
  open(level: Level): number {
    const fd = this.#calls.socket(AF_UNIX, SOCK_STREAM);
    if (fd < 0) throw systemError(-fd);
    let folder: string | null = null;
    try {
      folder = mkdtempSync(join(tmpdir(), "worker-"));
      const path = join(folder, "s");
      const result = this.#calls.bind(fd, { kind: "unix", path }) || this.#calls.listen(fd, backlog);
      if (result < 0) throw systemError(-result);
      this.#forget(level);
      this.#places.set(level, openSync(path, constants.O_RDONLY | pathOnly));
      return fd;
    } catch (error) {
      this.#calls.close(fd);
      throw error;
    } finally {
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Has the worker answer, at its own speed and the reader's. Says so when it cannot. */
  async *ask(command: string, session: AdminSession, payload: string | null): AsyncGenerator<string> {
    const place = this.#places.get(session.level);
    const text = payload === null ? `${command}\n` : `${command} <<\n${payload}\n\n`;
    const socket = place === undefined ? null : await reach(`/proc/self/fd/${place}`);
    if (socket === null) {
      yield "The worker cannot be reached now.\n\n";
      return;
    }
    try {
      socket.setEncoding("utf8");
      socket.end(text);
      for await (const part of socket) yield String(part);
    } catch {
      // It has died, or was too slow for its own limits: what it said until then stands.
    } finally {
      socket.destroy();
    }
  }

  #forget(level: Level): void {
    const place = this.#places.get(level);
    if (place !== undefined) closeSync(place);
    this.#places.delete(level);
  }

  close(): void {
    for (const level of this.#places.keys()) this.#forget(level);
  }
}

function reach(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true }, () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
}
