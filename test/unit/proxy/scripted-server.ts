/** Small servers that say what a test wants, on ports that the kernel chooses. */
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** What a server does with one connection. */
export type Behaviour = (socket: Socket) => void;

/** Listens on 127.0.0.1 until disposed. `received` collects the bytes of each connection, in order of arrival. */
export class ScriptedServer implements AsyncDisposable {
  readonly received: Buffer[] = [];
  readonly #sockets = new Set<Socket>();
  #server: Server;

  private constructor(behaviour: Behaviour) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const index = this.received.push(Buffer.alloc(0)) - 1;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("data", (data: Buffer) => {
        this.received[index] = Buffer.concat([this.received[index] ?? Buffer.alloc(0), data]);
      });
      behaviour(socket);
    });
  }

  static async start(behaviour: Behaviour): Promise<ScriptedServer> {
    const one = new ScriptedServer(behaviour);
    await new Promise<void>((resolve) => one.#server.listen(0, "127.0.0.1", resolve));
    return one;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Sends at once and keeps the connection. */
export function says(text: string): Behaviour {
  return (socket) => void socket.write(text, "latin1");
}

/** Sends at once and ends its half. */
export function saysAndEnds(text: string): Behaviour {
  return (socket) => void socket.end(text, "latin1");
}

/** Answers the first, second, … thing it gets with one text each; ends its half behind the last one when `ends`. */
export function answers(texts: readonly string[], ends = false): Behaviour {
  return (socket) => {
    let at = 0;
    socket.on("data", () => {
      const text = texts[at++];
      if (text === undefined) return;
      if (ends && at === texts.length) socket.end(text, "latin1");
      else socket.write(text, "latin1");
    });
  };
}

export const silent: Behaviour = () => {};
export const endsAtOnce: Behaviour = (socket) => void socket.end();
/** Resets once it got something. */
export const resetsOnData: Behaviour = (socket) => void socket.on("data", () => socket.resetAndDestroy());
