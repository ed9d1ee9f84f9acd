/** Moves bytes between two Bun sockets until both have finished. */
import type { BunConnection, SocketOwner } from "./bun-connection.ts";
import { type IdleDeadline, idleDeadline, type SideActivity } from "./idle.ts";
import { EAGAIN, IPPROTO_TCP, socketCalls, TCP_NOTSENT_LOWAT } from "./libc-socket.ts";
import type { Relay, Relayed, RelayLimits, Tap } from "./transport.ts";

/** A chunk from which on more is taken to be waiting. */
const bulkBytes = 32 * 1024;
/** What one session may read in a turn before the others have theirs, in buffers. */
const turnReads = 8;
/** What a bulk sink's kernel buffer may hold unsent; without it one that does not read costs megabytes. */
const unsentBytes = 512 * 1024;
const calls = socketCalls();
const pullBuffer = new Uint8Array(new ArrayBuffer(128 * 1024));

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
  /** It gets more than small messages, and its kernel buffer was bounded. */
  isBulk: boolean;
}

/**
 * The portable relay.
 *
 * A chunk goes to the other side's kernel buffer in the same turn it came; when that does not take it whole, the rest is kept
 * and its source paused, so a session holds at most one chunk per direction: 128 KiB while it reads by libc, 512 KiB
 * for a chunk that Bun read. A hundred KiB per stalled session is what is seen with many at once.
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
  /** The first side that was idle for too long; it stays the reason whatever comes after. */
  #fault: Pick<Relayed, "by" | "how"> | null = null;

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
    const sides = [this.#client, this.#server];
    for (const { connection } of sides) connection.owner = this;
    for (const side of sides) {
      if (side.connection.lostCode !== null) return this.#abort(side.name, "reset");
      side.writing = side.connection.rest !== null;
    }
    for (const side of sides) side.reading = !this.#other(side).writing;
    for (const { connection } of sides) {
      const { held } = connection;
      connection.held = held.subarray(0, 0);
      if (held.length > 0) this.data(connection, held);
      if (connection.ended) this.end(connection);
    }
    for (const side of sides) if (side.reading && !this.#done) side.connection.resume();
    this.#arm();
  }

  counts(): { readonly bytesIn: number; readonly bytesOut: number } {
    return { bytesIn: this.#client.bytes, bytesOut: this.#server.bytes };
  }

  kill(): void {
    this.#abort("proxy", "killed");
  }

  data(from: BunConnection, bytes: Uint8Array): void {
    const source = this.#sideOf(from);
    if (this.#done || source.ended) return;
    const sink = this.#other(source);
    if (this.#forward(source, sink, bytes, performance.now()) && bytes.length >= bulkBytes && calls !== null)
      this.#pull(source, sink);
  }

  drain(to: BunConnection): void {
    if (this.#done || to.rest === null) return;
    const taken = to.socket.write(to.rest);
    if (taken <= 0) return;
    const sink = this.#sideOf(to);
    const now = performance.now();
    sink.activeAt = now;
    if (taken < to.rest.length) {
      to.rest = to.rest.subarray(taken);
      return;
    }
    to.rest = null;
    sink.writing = false;
    const source = this.#other(sink);
    if (source.ended) {
      this.#passEnd(source, sink);
      return;
    }
    source.reading = true;
    source.activeAt = now;
    if (calls === null) source.connection.resume();
    else this.#pull(source, sink);
    this.#arm();
  }

  end(from: BunConnection): void {
    const source = this.#sideOf(from);
    if (this.#done || source.ended) return;
    source.ended = true;
    source.reading = false;
    this.#firstEnd ??= source.name;
    const sink = this.#other(source);
    if (!sink.writing) this.#passEnd(source, sink);
  }

  closed(which: BunConnection, code: string | null): void {
    if (this.#done) return;
    const side = this.#sideOf(which);
    if (code === null && side.shut) this.end(which);
    else this.#abort(side.name, "reset");
  }

  #sideOf(connection: BunConnection): Side {
    return connection === this.#client.connection ? this.#client : this.#server;
  }

  #other(side: Side): Side {
    return side === this.#client ? this.#server : this.#client;
  }

  /** Counts and sends what came from `source`. False when `sink` did not take it whole, and `source` has to wait. */
  #forward(source: Side, sink: Side, bytes: Uint8Array, now: number): boolean {
    source.bytes += bytes.length;
    source.activeAt = now;
    if (source.tap !== null && !source.tap(bytes)) source.tap = null;
    const to = sink.connection;
    if (to.rest !== null) {
      // Bun empties the kernel's queue of a paused socket when the connection is over.
      to.write(bytes);
      return false;
    }
    const taken = to.socket.write(bytes);
    sink.activeAt = now;
    if (taken === bytes.length) return true;
    // -1: the socket is going away, and its close event will say how. A copy, so that the chunk it was part of can go.
    to.rest = bytes.slice(Math.max(0, taken));
    sink.writing = true;
    source.reading = false;
    source.connection.pause();
    this.#arm();
    return false;
  }

  /**
   * Reads on by libc while there is more, into one buffer for all sessions.
   *
   * Bun would allocate up to 512 KiB for each read, copy into it, and leave that much with us when the other side stalls.
   */
  #pull(source: Side, sink: Side): void {
    if (calls === null) return;
    const from = source.connection;
    if (!sink.isBulk) {
      sink.isBulk = true;
      if (sink.connection.remote.kind === "tcp")
        calls.setOption(sink.connection.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsentBytes);
    }
    for (let left = turnReads; left > 0; left--) {
      const count = calls.recv(from.fd, pullBuffer);
      if (count > 0) {
        const bytes = count === pullBuffer.length ? pullBuffer : pullBuffer.subarray(0, count);
        if (!this.#forward(source, sink, bytes, performance.now())) return;
        if (this.#done) return;
        if (count === pullBuffer.length) continue;
      } else if (count < 0 && count !== -EAGAIN) {
        // The error is told only once, and Bun would take what follows for a clean end.
        this.#abort(source.name, "reset");
        return;
      }
      // Nothing more for now, or FIN, which Bun finds again by itself.
      from.resume();
      return;
    }
    from.pause();
    setImmediate(() => this.#pullAgain(source, sink));
  }

  /** The next turn of a session that had more to read than one turn allows. */
  #pullAgain(source: Side, sink: Side): void {
    if (!this.#done && !source.ended && !sink.writing) this.#pull(source, sink);
  }

  /** FIN to `sink`, for `source` has finished and all its bytes are sent. */
  #passEnd(source: Side, sink: Side): void {
    sink.shut = true;
    // HAProxy's `option nolinger` gives up the half-closed state towards the server: what it has not yet said is not waited for.
    const cut = sink === this.#server && this.#limits.serverNoLinger && !source.shut;
    if (source.shut || cut) {
      this.#finish(source, sink, cut);
      return;
    }
    const finMs = sink === this.#client ? this.#limits.clientFinMs : this.#limits.serverFinMs;
    if (finMs > 0) sink.activeAt = performance.now();
    sink.connection.shutdown();
    this.#arm();
  }

  /** Both directions are done, `sink` having yet to be told; or it is cut off. */
  #finish(source: Side, sink: Side, cut: boolean): void {
    this.#done = true;
    if (cut) sink.connection.socket.terminate();
    // Bun closes a socket by itself, and tells so at once, when both directions are shut.
    else sink.connection.shutdown();
    for (const { name, connection } of [source, sink]) {
      if (connection.closed) continue;
      // This peer sent no FIN: it was silent for too long, or the server was cut off.
      const noLinger = name === "client" ? this.#limits.clientNoLinger : this.#limits.serverNoLinger;
      if (noLinger || connection.rest !== null) connection.socket.terminate();
      else connection.socket.close();
    }
    this.#conclude(this.#firstEnd ?? source.name, "fin");
  }

  /** Nothing more is sent, and neither side can take what it got for the whole. */
  #abort(by: Relayed["by"], how: Relayed["how"]): void {
    if (this.#done) return;
    this.#done = true;
    for (const { connection } of [this.#client, this.#server]) {
      connection.rest = null;
      if (!connection.closed) connection.socket.terminate();
    }
    this.#conclude(by, how);
  }

  #conclude(by: Relayed["by"], how: Relayed["how"]): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#settle({ ...(this.#fault ?? { by, how }), ...this.counts() });
  }

  /** Sees to it that the timer fires no later than the deadline. It may fire earlier, and is armed again then, so bytes cost no timer. */
  #arm(): void {
    if (this.#done) return;
    const { atMs } = idleDeadline(this.#client, this.#server, this.#limits);
    if (atMs >= this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = atMs;
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.ceil(atMs - performance.now())));
  }

  #tick(): void {
    this.#timer = null;
    this.#timerAt = Infinity;
    while (!this.#done) {
      const deadline = idleDeadline(this.#client, this.#server, this.#limits);
      if (deadline.atMs > performance.now()) return this.#arm();
      this.#expire(deadline);
    }
  }

  /** As in HAProxy, a side that says nothing is taken to have finished, and the other may go on; one that takes nothing ends both. */
  #expire({ side, fault }: IdleDeadline): void {
    this.#fault ??= { by: side, how: "timeout" };
    const silent = side === "client" ? this.#client : this.#server;
    if (fault === "stalled") {
      this.#abort(side, "timeout");
      return;
    }
    silent.connection.pause();
    this.end(silent.connection);
  }
}

function side(name: "client" | "server", connection: BunConnection, now: number, tap: Side["tap"]): Side {
  return {
    name,
    connection,
    tap,
    bytes: 0,
    ended: false,
    isBulk: false,
    activeAt: now,
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
