/** One connected Bun socket: paused from birth, its bytes held until the proxy has decided. */
import type { Socket } from "bun";
import { BaseConnection, noAddress } from "../base-connection.ts";
import { joined } from "../buffers.ts";
import type { Connection } from "../transport.ts";
import { plainHost, type SocketAddress } from "../../address.ts";

/** How long `close` reads what nobody wants. */
const discardMs = 100;

/**
 * Connections of this turn. Most are relayed before it is over, and those spare Bun two changes of what it asks of the
 * kernel; until then a connection reads one chunk at the most.
 */
let fresh: BunConnection[] = [];

function pauseFresh(): void {
  const all = fresh;
  fresh = [];
  for (const connection of all) connection.settle();
}

/** Bun's handlers for every socket once it is connected: each event goes to the connection in the socket's `data`. */
export const connectionHandlers = {
  data: (socket: Socket<BunConnection>, bytes: Uint8Array): void => socket.data.onData(bytes),
  drain: (socket: Socket<BunConnection>): void => socket.data.onDrain(),
  end: (socket: Socket<BunConnection>): void => socket.data.onEnd(),
  close(socket: Socket<BunConnection>, error?: Error): void {
    // A client that was gone before it was accepted has no connection.
    (socket.data as BunConnection | undefined)?.onClosed(error);
  },
};

/** The portable Connection. A relay takes it over by setting `owner`. */
export class BunConnection extends BaseConnection implements Connection {
  readonly socket: Socket<BunConnection>;
  readonly remote: SocketAddress;
  /** To be sent: the kernel did not take it. */
  rest: Uint8Array | null = null;
  /** FIN was sent to the peer. */
  shut = false;
  /** The socket is paused: nobody wants its bytes, or others have their turn. */
  paused = false;
  #isWanted = false;
  #local: SocketAddress | null = null;

  /** `remote` is given where the socket itself does not say it. Paused from the next turn on, unless someone wants its bytes by then. */
  constructor(socket: Socket<BunConnection>, remote: SocketAddress, local: SocketAddress | null) {
    super();
    this.socket = socket;
    this.remote = remote;
    this.#local = local;
    socket.data = this;
    if (fresh.push(this) === 1) setImmediate(pauseFresh);
  }

  /** Leaves the bytes in the kernel, unless they are wanted. */
  settle(): void {
    if (!this.#isWanted && !this.closed) this.#stop();
  }

  get local(): SocketAddress {
    if (this.#local === null && this.socket.localAddress !== undefined)
      this.#local = { kind: "tcp", host: plainHost(this.socket.localAddress), port: this.socket.localPort };
    return this.#local ?? noAddress;
  }

  get fd(): number {
    return (this.socket as unknown as { fd: number }).fd;
  }

  get isFull(): boolean {
    return this.rest !== null;
  }

  send(buffer: Uint8Array, length: number): boolean {
    if (this.closed) return false;
    const bytes = length === buffer.length ? buffer : buffer.subarray(0, length);
    if (this.rest !== null) {
      this.rest = joined(this.rest, bytes);
      return false;
    }
    const taken = this.socket.write(bytes);
    if (taken === bytes.length) return true;
    // -1: the socket is going away, and its close event will say how. A copy, so that the chunk it was part of can go.
    this.rest = bytes.slice(Math.max(0, taken));
    return false;
  }

  protected want(): void {
    this.resume();
  }

  protected unwant(): void {
    if (!this.closed) this.pause();
  }

  /** Gives its socket away, without a word on the wire: this connection is over. Null when the peer is lost. */
  surrender(): Socket<unknown> | null {
    if (this.closed) return null;
    this.#local = this.local;
    this.closed = this.isLeaving = true;
    return this.socket as Socket<unknown>;
  }

  pause(): void {
    this.#isWanted = false;
    this.#stop();
  }

  #stop(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#isWanted = true;
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  /** Sends FIN; the socket closes itself when the peer has sent its own. */
  shutdown(): void {
    if (this.shut || this.closed) return;
    this.shut = true;
    this.socket.shutdown();
  }

  hangUp(): void {
    if (!this.closed) this.socket.close();
  }

  terminate(): void {
    this.rest = null;
    if (!this.closed) this.socket.terminate();
  }

  readOn(): void {
    this.resume();
  }

  onData(bytes: Uint8Array): void {
    if (this.owner !== null) {
      this.owner.data(this, bytes, bytes.length);
      return;
    }
    if (!this.isLeaving) this.hold(bytes);
  }

  onDrain(): void {
    if (this.rest === null) return;
    const taken = Math.max(0, this.socket.write(this.rest));
    this.rest = taken < this.rest.length ? this.rest.subarray(taken) : null;
    if (this.owner !== null) {
      if (taken > 0) this.owner.drained(this, this.rest === null);
    } else if (this.isLeaving) this.finish();
  }

  onEnd(): void {
    this.ended = true;
    if (this.owner !== null) return this.owner.end(this);
    if (!this.isLeaving) this.answer("end");
  }

  onClosed(error: Error | undefined): void {
    this.closed = true;
    const code = error === undefined ? null : ((error as { code?: string }).code ?? "ECONNRESET");
    // After a FIN of ours Bun does not tell the peer's FIN by `end`, but closes.
    if (code === null) this.ended = true;
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    if (this.owner !== null) return this.owner.closed(this, code);
    this.lostCode = code;
    if (this.isLeaving) return;
    this.answer(code === null ? "end" : "lost");
    this.tellLost();
  }

  /** Reads on for a moment after its FIN: close(2) would answer what has come and nobody wants with RST, and the last bytes sent could be lost. */
  protected finish(): void {
    if (this.rest !== null) return;
    this.shutdown();
    if (this.closed) return;
    this.resume();
    if (this.isLingering) return;
    if (this.leaveTimer !== null) clearTimeout(this.leaveTimer);
    this.leaveTimer = setTimeout(() => this.hangUp(), discardMs);
  }
}
