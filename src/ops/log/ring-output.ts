/** Log lines to the servers of a ring, over TCP or a stream socket: bounded, in order, and again after a connection is lost. */
import { connect, type Socket } from "node:net";
import type { RingPlan } from "../../plan/log.ts";

/** The way out of one ring. */
export interface RingOutput {
  /** Takes a whole line with its line feed. */
  write(line: Uint8Array): void;
  /** Lines that gave way to later ones before a server had them. */
  readonly dropped: number;
  /** Settles when everything taken so far has been handed to the system. */
  flushed(): Promise<void>;
  close(): void;
}

/** Until a server is tried again. */
const retryMs = 1000;

/** Connects when the first line comes. `fail` hears of each connection that failed, in words. */
export function openRing(plan: RingPlan, fail: (name: string, reason: string) => void): RingOutput {
  const servers = plan.servers.map((server) => new RingServer(plan, server, fail));
  return {
    write(line) {
      for (const server of servers) server.write(line);
    },
    get dropped() {
      return servers.reduce((sum, server) => sum + server.dropped, 0);
    },
    async flushed() {
      await Promise.all(servers.map((server) => server.flushed()));
    },
    close() {
      for (const server of servers) server.close();
    },
  };
}

type Server = RingPlan["servers"][number];

/** One server's lines. Those handed to the system are forgotten: when it loses the connection, they are lost. */
class RingServer {
  dropped = 0;
  readonly #plan: RingPlan;
  readonly #server: Server;
  readonly #fail: (name: string, reason: string) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #socket: Socket | null = null;
  #isConnected = false;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #isClosed = false;
  #emptied: (() => void)[] = [];

  constructor(plan: RingPlan, server: Server, fail: (name: string, reason: string) => void) {
    this.#plan = plan;
    this.#server = server;
    this.#fail = fail;
  }

  write(line: Uint8Array): void {
    if (this.#isClosed) return;
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    while (this.#waitingBytes > this.#plan.sizeBytes && this.#waiting.length > 1) {
      this.#waitingBytes -= this.#waiting.shift()?.length ?? 0;
      this.dropped++;
    }
    if (this.#isConnected) this.#send();
    else if (this.#socket === null && this.#retry === null) this.#connect();
  }

  flushed(): Promise<void> {
    if (this.#isDone) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.destroySoon();
    this.#socket = null;
  }

  get #isDone(): boolean {
    return this.#waiting.length === 0 && (this.#socket?.writableLength ?? 0) === 0;
  }

  #connect(): void {
    const { address, name } = this.#server;
    const { connectMs, serverMs } = this.#plan;
    const socket = connect(targetOf(address));
    this.#socket = socket;
    let why = "the connection was closed";
    socket.unref();
    socket.setNoDelay(true);
    const limit =
      connectMs === 0 ? null : setTimeout(() => socket.destroy(new Error("Connection timed out")), connectMs);
    limit?.unref();
    socket.once("connect", () => {
      if (limit !== null) clearTimeout(limit);
      this.#isConnected = true;
      // Only a server that does not take what is sent is given up, not one that nothing is sent to.
      if (serverMs > 0) {
        socket.setTimeout(serverMs, () => {
          if (socket.writableLength > 0) socket.destroy(new Error("it takes nothing"));
        });
      }
      this.#send();
    });
    socket.on("drain", () => this.#send());
    // What a server says is nobody's business, but must be read for its end to be seen.
    socket.resume();
    socket.on("end", () => socket.destroy());
    socket.on("error", (error) => (why = error.message));
    socket.once("close", () => {
      if (limit !== null) clearTimeout(limit);
      if (this.#socket !== socket) return;
      const hadLines = this.#waiting.length > 0 || !this.#isConnected;
      this.#socket = null;
      this.#isConnected = false;
      if (hadLines) this.#fail(`${this.#plan.name}/${name}`, why);
      if (this.#isClosed || this.#waiting.length === 0) return;
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.#connect();
      }, retryMs);
      this.#retry.unref();
    });
  }

  #send(): void {
    const socket = this.#socket;
    if (socket === null) return;
    while (this.#waiting.length > 0 && !socket.writableNeedDrain) {
      const line = this.#waiting.shift() ?? new Uint8Array(0);
      this.#waitingBytes -= line.length;
      socket.write(framed(line, this.#server.countsOctets), () => this.#tellEmptied());
    }
    this.#tellEmptied();
  }

  #tellEmptied(): void {
    if (!this.#isDone) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }
}

/** RFC 6587: `LENGTH SP LINE`, or the line and its line feed. */
function framed(line: Uint8Array, countsOctets: boolean): Uint8Array {
  if (!countsOctets) return line;
  const head = new TextEncoder().encode(`${line.length - 1} `);
  const bytes = new Uint8Array(head.length + line.length - 1);
  bytes.set(head);
  bytes.set(line.subarray(0, -1), head.length);
  return bytes;
}

function targetOf(address: Server["address"]): { path: string } | { host: string; port: number } {
  if (address.kind === "unix") return { path: address.path };
  if (address.kind === "abstract") return { path: `\0${address.name}` };
  return { host: address.host, port: address.port ?? 514 };
}
