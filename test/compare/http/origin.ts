/** A scripted HTTP server: it keeps what came, byte for byte, and answers what it is told to. */
import { createServer, type Server, type Socket } from "node:net";
import type { Answer, HttpCase } from "./case.ts";

const plain = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const chunkedEnd = /(?:^|\r\n)0+\r\n(?:[^\r\n]+\r\n)*\r\n/;

export interface Origin extends AsyncDisposable {
  readonly port: number;
  /** What each connection brought since `forget`. */
  readonly record: readonly string[];
  /** Whole requests since `forget`. */
  readonly served: number;
  /** Ends all connections. */
  forget(): void;
}

/** Where the first request in a text ends; -1: it is not whole. */
function requestEnd(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return -1;
  const fields = text.slice(0, head).toLowerCase();
  const body = head + 4;
  if (/\ntransfer-encoding: *chunked/.test(fields)) {
    const found = chunkedEnd.exec(text.slice(body));
    return found === null ? -1 : body + found.index + found[0].length;
  }
  const length = Number(/\ncontent-length: *(\d+)/.exec(fields)?.[1] ?? 0);
  return text.length >= body + length ? body + length : -1;
}

export async function startOrigin(row: HttpCase): Promise<Origin> {
  const record: string[] = [];
  const sockets = new Set<Socket>();
  const state = { served: 0 };
  const answers: readonly Answer[] =
    row.server === undefined ? [plain] : Array.isArray(row.server) ? row.server : [row.server as Answer];
  const serve = (socket: Socket): void => {
    const at = record.push("") - 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let left = "";
    socket.on("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      record[at] += text;
      if (typeof row.server === "function") return;
      left += text;
      for (;;) {
        const end = row.early === true && left.includes("\r\n\r\n") ? left.length : requestEnd(left);
        if (end < 0) return;
        left = left.slice(end);
        answer(socket, answers[Math.min(state.served++, answers.length - 1)] as Answer);
      }
    });
    socket.on("end", () => socket.end());
    if (typeof row.server === "function") row.server(socket);
  };
  const server: Server = createServer({ allowHalfOpen: true }, serve);
  if (row.server !== null) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: row.server === null ? 0 : (server.address() as { port: number }).port,
    record,
    get served() {
      return state.served;
    },
    forget() {
      for (const socket of sockets) socket.destroy();
      record.length = 0;
      state.served = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (row.server !== null) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(socket: Socket, what: Answer): void {
  if (typeof what === "string") return void socket.write(Buffer.from(what, "latin1"));
  if (what.say !== "") socket.write(Buffer.from(what.say, "latin1"));
  if (what.end === "fin") socket.end();
  else setTimeout(() => socket.resetAndDestroy(), 30);
}
