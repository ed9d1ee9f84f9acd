/** A scripted client: one connection that keeps what came and knows how it ended. */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { ConnectOptions } from "./case.ts";

const waitMs = 12_000;

/** A connection of a scripted client. Closed with the case at the latest. */
export interface Client {
  send(bytes: string | Uint8Array): void;
  /** FIN. */
  end(): void;
  /** RST. */
  reset(): void;
  /** FIN, and no more reading. */
  close(): void;
  /** Everything received so far, as Latin-1. */
  readonly text: string;
  /** Waits until `wanted` is among what came, or until the connection has ended; everything that came. */
  receive(wanted: string): Promise<string>;
  /** Waits for the end, at most so long: `fin`, `reset`, or `open` when it has not ended. */
  ended(atMostMs?: number): Promise<"fin" | "reset" | "open">;
}

/** Connects; rejects when nobody listens. A connection that is reset as soon as it stands counts as connected. */
export function connectClient(port: number, host: string, options: ConnectOptions, path?: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const place = path === undefined ? { port, host, localAddress: options.from } : { path };
    const socket = connect({ ...place, allowHalfOpen: true } as unknown as NetConnectOpts, () => {
      socket.off("error", failed);
      resolve(watched(socket));
    });
    const failed = (error: Error & { code?: string }): void => {
      if (error.code === "ECONNRESET") resolve(watched(socket, "reset"));
      else reject(error);
    };
    socket.once("error", failed);
  });
}

function watched(socket: Socket, already: "reset" | null = null): Client {
  let text = "";
  let end: "fin" | "reset" | null = already;
  const changed = new Set<() => void>();
  const tell = (): void => {
    for (const one of changed) one();
  };
  const ending = (how: "fin" | "reset"): void => {
    end ??= how;
    tell();
  };
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    tell();
  });
  socket.on("end", () => ending("fin"));
  socket.on("error", () => ending("reset"));
  socket.on("close", () => ending("reset"));
  function wait(condition: () => boolean, atMostMs: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => look(true), atMostMs);
      const look = (late = false): void => {
        if (!late && !condition()) return;
        clearTimeout(timer);
        changed.delete(look);
        resolve(condition());
      };
      changed.add(look);
    });
  }
  return {
    send: (bytes) => void socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.destroy(),
    get text() {
      return text;
    },
    async receive(wanted) {
      const came = await wait(() => text.includes(wanted) || end !== null, waitMs);
      if (!came) throw new Error(`waited in vain for ${JSON.stringify(wanted)}, got ${JSON.stringify(text)}`);
      return text;
    },
    async ended(atMostMs = waitMs) {
      await wait(() => end !== null, atMostMs);
      return end ?? "open";
    },
  };
}
