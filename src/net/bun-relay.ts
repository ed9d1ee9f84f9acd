/** Moves bytes between two Bun sockets until both have finished. */
import type { BunConnection, SocketOwner } from "./bun-connection.ts";
import { type IdleDeadline, idleDeadline, type SideActivity } from "./idle.ts";
import type { Relay, Relayed, RelayLimits, Tap } from "./transport.ts";

/** What the relay keeps of one side. */
interface Side extends SideActivity {
  readonly name: "client" | "server";
  readonly connection: BunConnection;
  /** The tap's function for what comes from this side, until it has seen enough. */
  tap: ((bytes: Uint8Array) => boolean) | null;
  /** Bytes taken from this side. */
  bytes: number;
  /** This side sent FIN. */
  ended: boolean;
}

/**
 * The portable relay.
 *
 * A chunk goes to the other side's kernel buffer in the same turn it came; when that does not take it whole, the rest is kept
 * and its source paused, so a session holds at most one chunk per direction (Bun reads up to 512 KiB at a time).
 */
class BunRelay implements Relay, SocketOwner {
  readonly ended: Promise<Relayed>;
  readonly #client: Side;
  readonly #server: Side;
  readonly #limits: RelayLimits;
  readonly #settle: (relayed: Relayed) => void;
  #done = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAt = Infinity;
  #firstEnd: "client" | "server" | null = null;

  constructor(client: BunConnection, server: BunConnection, limits: RelayLimits, tap: Tap | undefined) {
    const { promise, resolve } = Promise.withResolvers<Relayed>();
    this.ended = promise;
    this.#settle = resolve;
    this.#limits = limits;
    const now = performance.now();
    this.#client = side("client", client, now, tap === undefined ? null : (bytes) => tap.fromClient(bytes));
    this.#server = side("server", server, now, tap === undefined ? null : (bytes) => tap.fromServer(bytes));
  }

  start(): void {
    const client = this.#client.connection;
    const server = this.#server.connection;
    client.owner = this;
    server.owner = this;
    for (const side of [this.#client, this.#server]) {
      const { connection } = side;
      if (connection.closed) return this.closed(connection, connection.lostCode);
      side.writing = connection.rest !== null;
    }
    for (const side of [this.#client, this.#server]) {
      const { connection } = side;
      const held = connection.held;
      connection.held = held.subarray(0, 0);
      if (held.length > 0) this.data(connection, held);
      if (this.#done) return;
      if (connection.ended) this.end(connection);
      if (this.#done) return;
    }
    for (const side of [this.#client, this.#server]) {
      if (!side.ended && !this.#other(side).writing) side.connection.resume();
      else if (!side.ended) this.#stopReading(side);
    }
    this.#arm();
  }

  counts(): { readonly bytesIn: number; readonly bytesOut: number } {
    return { bytesIn: this.#client.bytes, bytesOut: this.#server.bytes };
  }

  kill(): void {
    this.#finish("proxy", "killed", true);
  }

  data(from: BunConnection, bytes: Uint8Array): void {
    if (this.#done) return;
    const source = this.#sideOf(from);
    const sink = this.#other(source);
    const now = performance.now();
    source.bytes += bytes.length;
    source.readAt = now;
    if (source.tap !== null && !source.tap(bytes)) source.tap = null;
    const to = sink.connection;
    if (to.rest !== null) {
      // Bun empties the kernel's queue of a paused socket when the connection is over.
      to.write(bytes);
      return;
    }
    const taken = to.socket.write(bytes);
    if (taken === bytes.length) {
      sink.writtenAt = now;
      sink.readAt = now;
      return;
    }
    // -1: the socket is going away, and its close event will say how.
    to.rest = taken > 0 ? bytes.subarray(taken) : bytes;
    sink.writtenAt = now;
    sink.readAt = now;
    sink.writing = true;
    this.#stopReading(source);
    this.#arm();
  }

  drain(to: BunConnection): void {
    if (this.#done || to.rest === null) return;
    const sink = this.#sideOf(to);
    const source = this.#other(sink);
    const taken = to.socket.write(to.rest);
    if (taken <= 0) return;
    const now = performance.now();
    sink.writtenAt = now;
    sink.readAt = now;
    if (taken < to.rest.length) {
      to.rest = to.rest.subarray(taken);
      return;
    }
    to.rest = null;
    sink.writing = false;
    if (source.ended) {
      this.#passEnd(source, sink);
      return;
    }
    source.reading = true;
    source.readAt = now;
    source.connection.resume();
    this.#arm();
  }

  end(from: BunConnection): void {
    if (this.#done) return;
    const source = this.#sideOf(from);
    if (source.ended) return;
    source.ended = true;
    source.reading = false;
    this.#firstEnd ??= source.name;
    const sink = this.#other(source);
    if (!sink.writing) this.#passEnd(source, sink);
  }

  closed(which: BunConnection, code: string | null): void {
    if (this.#done) return;
    const side = this.#sideOf(which);
    if (code !== null || !side.shut) {
      this.#finish(side.name, "reset", true);
      return;
    }
    this.end(which);
  }

  #sideOf(connection: BunConnection): Side {
    return connection === this.#client.connection ? this.#client : this.#server;
  }

  #other(side: Side): Side {
    return side === this.#client ? this.#server : this.#client;
  }

  #stopReading(source: Side): void {
    source.reading = false;
    source.connection.pause();
  }

  /** FIN to `sink`, for `source` has finished and all its bytes are sent. */
  #passEnd(source: Side, sink: Side): void {
    sink.shut = true;
    sink.readAt = performance.now();
    const last = source.shut;
    const noLinger = sink.name === "client" ? this.#limits.clientNoLinger : this.#limits.serverNoLinger;
    // Bun closes a socket by itself, and tells so at once, when both directions are shut.
    if (last) this.#finish(this.#firstEnd ?? source.name, "fin", false);
    if (last && noLinger && !sink.connection.closed) sink.connection.socket.terminate();
    else sink.connection.shutdown();
    if (!last) this.#arm();
  }

  #finish(by: Relayed["by"], how: Relayed["how"], abort: boolean): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { connection } of [this.#client, this.#server]) {
      if (abort) {
        connection.rest = null;
        if (!connection.closed) connection.socket.terminate();
      }
    }
    this.#settle({ by, how, ...this.counts() });
  }

  /** Sees to it that the timer fires no later than the deadline; it may fire earlier, and is armed again then. */
  #arm(): void {
    if (this.#done) return;
    const deadline = idleDeadline(this.#client, this.#server, this.#limits);
    if (deadline.atMs >= this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = deadline.atMs;
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.ceil(deadline.atMs - performance.now())));
  }

  #tick(): void {
    this.#timer = null;
    this.#timerAt = Infinity;
    const deadline = idleDeadline(this.#client, this.#server, this.#limits);
    if (deadline.atMs <= performance.now()) this.#expire(deadline);
    else this.#arm();
  }

  #expire(deadline: IdleDeadline): void {
    this.#finish(deadline.side, "timeout", true);
  }
}

function side(name: "client" | "server", connection: BunConnection, now: number, tap: Side["tap"]): Side {
  return {
    name,
    connection,
    tap,
    bytes: 0,
    ended: false,
    readAt: now,
    writtenAt: now,
    reading: true,
    writing: false,
    shut: false,
  };
}

/** Transport.relay for two BunConnections. */
export function bunRelay(client: BunConnection, server: BunConnection, limits: RelayLimits, tap?: Tap): Relay {
  const relay = new BunRelay(client, server, limits, tap);
  relay.start();
  return relay;
}
