/** Scripted servers: each does one thing, and keeps who came, what was received and how it ended. */
import { createServer, type Server, type Socket } from "node:net";
import { type Running, start, waitUntil } from "../e2e/harness.ts";
import type { Behaviour, ServerScript } from "./case.ts";
import { connectClient, type Client } from "./client.ts";
import { ownPort } from "./port.ts";
import { describeHeader } from "./proxy-header.ts";

/** So much of each connection is kept. */
const keptBytes = 4096;

/** One scripted server of a run. */
export interface Scripted extends AsyncDisposable {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** One line per connection, in the order they came. */
  readonly record: readonly string[];
  /** How many connections came. */
  readonly count: number;
  /** As configurations write it. */
  readonly address: string;
  /** How many connections have not ended yet. */
  readonly openCount: number;
  stop(): Promise<void>;
  open(): Promise<void>;
}

/** Makes a server and lets it listen unless it refuses. */
export async function script(name: string, given: Behaviour | ServerScript, folder: string): Promise<Scripted> {
  const { does, on } = typeof given === "object" ? given : { does: given, on: undefined };
  const path = on === "unix" ? `${folder}/${name}.sock` : null;
  const host = path === null ? (on ?? "127.0.0.1") : "";
  if (does === "deaf") return deaf(name, host);
  const connections: Connection[] = [];
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let port = path === null ? await ownPort(host) : 0;
  async function open(): Promise<void> {
    const made = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      connections.push(take(socket, name, does as Exclude<Behaviour, "deaf">));
    });
    await new Promise<void>((resolve, reject) => {
      made.once("error", reject);
      if (path === null) made.listen(port, host, resolve);
      else made.listen(path, resolve);
    });
    server = made;
  }
  async function stop(): Promise<void> {
    const closing = server;
    server = null;
    if (closing === null) return;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => closing.close(resolve));
  }
  if (does !== "refuse") await open();
  return {
    name,
    host,
    port,
    address: path === null ? `${host}:${port}` : `unix@${path}`,
    get record() {
      return connections.map((one) => one.line());
    },
    get count() {
      return connections.length;
    },
    get openCount() {
      return connections.filter((one) => !one.isOver()).length;
    },
    stop,
    open,
    [Symbol.asyncDispose]: stop,
  };
}

interface Connection {
  line(): string;
  isOver(): boolean;
}

function take(socket: Socket, name: string, does: Exclude<Behaviour, "deaf">): Connection {
  let received = "";
  let end: string | null = null;
  socket.on("error", () => (end ??= "reset"));
  socket.on("end", () => (end ??= "fin"));
  socket.on("close", () => (end ??= "reset"));
  socket.on("data", (chunk: Buffer) => {
    if (received.length < keptBytes) received += chunk.toString("latin1");
  });
  act(socket, name, does);
  return {
    line: () => `got ${describeHeader(Buffer.from(received, "latin1"))} ${end ?? "open"}`,
    isOver: () => end !== null,
  };
}

function act(socket: Socket, name: string, does: Exclude<Behaviour, "deaf">): void {
  if (typeof does === "function") return does(socket);
  if (does === "name") socket.write(`${name}\n`);
  if (does === "echo") socket.on("data", (chunk: Buffer) => socket.write(chunk));
  if (does === "leave") return void socket.end(`${name}\n`);
  if (does === "reset") return void socket.once("data", () => socket.resetAndDestroy());
  socket.on("end", () => socket.end());
}

function none(): Promise<void> {
  return Promise.resolve();
}

/** One child holds the only connection, the queue behind it has one place: the kernel drops whoever comes after. */
async function deaf(name: string, host: string): Promise<Scripted> {
  const port = await ownPort(host);
  const listen = `TCP-LISTEN:${port},bind=${host},backlog=0,fork,max-children=1`;
  const running: Running = start(["socat", listen, "EXEC:sleep 1000"]);
  const held: Client[] = [];
  await waitUntil("it is full", async () => {
    const attempt = connectClient(port, host, {}).then((client) => held.push(client));
    attempt.catch(() => undefined);
    return (await Promise.race([attempt, Bun.sleep(300).then(() => null)])) === null && held.length > 1;
  });
  return {
    name,
    host,
    port,
    record: [],
    count: 0,
    openCount: 0,
    address: `${host}:${port}`,
    stop: none,
    open: none,
    async [Symbol.asyncDispose]() {
      for (const client of held) client.close();
      await running[Symbol.asyncDispose]();
    },
  };
}
