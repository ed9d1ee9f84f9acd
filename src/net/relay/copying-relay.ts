/** Moves bytes between two streams until both have finished: the relay of every transport that has no better one. */
import { clockMs, restedMs } from "../../clock.ts";
import { noBytes } from "../buffers.ts";
import { expireAfter } from "../deadlines.ts";
import type { Gate, Gatekeeper } from "../gate.ts";
import { bulkBytes, isBulk, type Promotion, type PromotionRule, stretched, tappedMostBytes } from "./promotion.ts";
import { beginSide, type Side } from "./side.ts";
import { TimedRelay } from "./timed-relay.ts";
import type { Relay, Relayed, RelayHandler, RelayLimits, Stream, StreamOwner, Tap } from "../transport.ts";

/** How long a side may take what the other one said before it was lost, and how often it is looked whether it has. */
const lastWordMs = 10_000;
const lookMs = 20;

/**
 * The portable relay.
 *
 * A chunk goes to the other side's kernel buffer in the same turn it came; when that does not take it whole, the rest is kept
 * and its source paused, so a session holds at most one chunk per direction.
 */
class CopyingRelay extends TimedRelay implements Relay, RelayHandler, StreamOwner, Gatekeeper {
  readonly hearsOut = true;
  /** Null once it is open. */
  #gate: Gate | null;
  /** The server has finished while the gate was shut. */
  #hasServerEnded = false;
  readonly #promotion: Promotion | undefined;
  readonly #taps: readonly Tap[] | undefined;
  /** The relay that goes on in this one's place. */
  #successor: Relay | null = null;
  #firstEnd: "client" | "server" | null = null;
  /** It is lost, and the other has yet to take what it said. */
  #lost: Side | null = null;

  constructor(
    client: Stream,
    server: Stream,
    limits: RelayLimits,
    taps: readonly Tap[] | undefined,
    promotion: Promotion | undefined,
    gate: Gate | undefined,
  ) {
    const now = clockMs();
    super(beginSide("client", client, now, taps), beginSide("server", server, now, taps), limits);
    this.#gate = gate ?? null;
    gate?.guardedBy(this);
    this.#promotion = promotion;
    this.#taps = taps;
  }

  protected get isTunnel(): boolean {
    return this.#gate === null;
  }

  start(): void {
    try {
      this.#start();
    } catch (error) {
      this.fail(error);
    }
  }

  #start(): void {
    const sides = [this.client, this.server];
    for (const side of sides) {
      const { socket } = side;
      socket.owner = this;
      if (socket.mayKeep !== undefined) socket.mayKeep = this.other(side).socket.givesAway === true;
    }
    for (const side of sides) {
      if (side.socket.lostCode === null) side.writing = side.socket.isFull;
      else return this.#losesServer(side) ? undefined : this.abort(side.name, "reset");
    }
    for (const side of sides) side.reading = !this.other(side).writing;
    for (const { socket } of sides) {
      const { held } = socket;
      if (held.length > 0) {
        socket.held = noBytes;
        this.data(socket, held, held.length);
      }
      if (socket.ended) this.end(socket);
    }
    if (sides.some((one) => this.#isBulk(one)) && this.#handOn()) return;
    for (const side of sides) {
      if (this.isOver) return;
      if (side.reading) side.socket.readOn();
      else side.socket.pause();
    }
    this.arm();
  }

  counts(): { readonly bytesIn: number; readonly bytesOut: number } {
    const later = this.#successor?.counts();
    return {
      bytesIn: this.client.bytes + (later?.bytesIn ?? 0),
      bytesOut: this.server.bytes + (later?.bytesOut ?? 0),
    };
  }

  kill(): void {
    if (this.#successor === null) this.abort("proxy", "killed");
    else this.#successor.kill();
  }

  data(from: Stream, buffer: Uint8Array, length: number): boolean {
    try {
      return this.#data(from, buffer, length);
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  #data(from: Stream, buffer: Uint8Array, length: number): boolean {
    const source = this.sideOf(from);
    if (this.isOver || source.ended || this.#lost !== null) return false;
    const sink = this.other(source);
    if (sink.socket.closed) {
      this.abort(sink.name, "reset");
      return false;
    }
    const now = clockMs();
    source.bytes += length;
    source.heardAt = now;
    if (this.#promotion !== undefined) this.#measure(source, length, this.#promotion.rule);
    if (source.tap !== null && !source.tap(buffer.subarray(0, length))) source.tap = null;
    // The tap may have had the session ended.
    if (this.isOver) return false;
    if (this.#gate !== null && source === this.server) return this.#hold(this.#gate, buffer.slice(0, length));
    return this.#pass(source, sink, buffer, length, now, from.endFollows === true && this.#mayJoinEnd(sink, length));
  }

  /** Whether bytes may wait for the FIN behind them: where a reset would follow instead they would be lost, and many fill packets anyway. */
  #mayJoinEnd(sink: Side, length: number): boolean {
    const { clientNoLinger, serverNoLinger } = this.limits;
    return length < bulkBytes && !(sink === this.client ? clientNoLinger : serverNoLinger);
  }

  #measure(source: Side, length: number, rule: PromotionRule): void {
    const rested = restedMs();
    source.stretch = stretched(rule, source.stretch, rested - source.restedMs, length);
    source.restedMs = rested;
  }

  /** Holds back what the server said. */
  #hold(gate: Gate, bytes: Uint8Array): boolean {
    const { socket } = this.server;
    gate.hold(bytes);
    if (this.isOver || this.#gate === null) return !this.isOver && this.server.reading;
    if (!gate.isWhole) return true;
    this.server.reading = false;
    socket.pause();
    return false;
  }

  /** Gatekeeper. */
  opened(): void {
    const gate = this.#gate;
    this.#gate = null;
    if (this.isOver || gate === null) return;
    try {
      this.#opened(gate);
    } catch (error) {
      this.fail(error);
    }
  }

  #opened(gate: Gate): void {
    const [client, server] = [this.client, this.server];
    const wasPaused = !server.reading;
    server.reading = !client.writing;
    if (client.socket.closed) return this.abort("client", "reset");
    const { rest } = gate;
    if (rest.length > 0) this.#pass(server, client, rest, rest.length, clockMs());
    if (this.isOver) return;
    if (this.#hasServerEnded) return this.#end(server.socket);
    if (wasPaused && server.reading) server.socket.readOn();
    this.arm();
  }

  /** Gatekeeper. */
  passed(bytes: Uint8Array): void {
    if (this.isOver) return;
    const [client, server] = [this.client, this.server];
    try {
      if (client.socket.closed) this.abort("client", "reset");
      else this.#pass(server, client, bytes, bytes.length, clockMs());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Gatekeeper. */
  get isUndisturbed(): boolean {
    return !this.isOver && !this.client.ended && this.#lost === null && !this.hasTimedOut;
  }

  /** Gatekeeper. */
  gaveBack(): void {
    this.#gate = null;
    if (this.isOver) return;
    this.isOver = true;
    this.stopTimer();
    this.client.socket.owner = this.server.socket.owner = null;
  }

  #pass(source: Side, sink: Side, buffer: Uint8Array, length: number, now: number, endFollows = false): boolean {
    const from = source.socket;
    const isSent = sink.socket.send(buffer, length, endFollows);
    // A runtime may empty the kernel's queue of a paused socket when the connection is over.
    if (sink.writing) return false;
    sink.toldAt = now;
    if (isSent) return !this.isOver && !(length >= bulkBytes && this.#isBulk(source) && this.#handOn());
    sink.writing = true;
    source.reading = false;
    from.pause();
    this.arm();
    return false;
  }

  drained(to: Stream, isAll: boolean): void {
    if (this.isOver) return;
    try {
      this.#drained(to, isAll);
    } catch (error) {
      this.fail(error);
    }
  }

  #drained(to: Stream, isAll: boolean): void {
    const sink = this.sideOf(to);
    const now = clockMs();
    sink.toldAt = now;
    if (!isAll || !sink.writing) return;
    sink.writing = false;
    if (this.#lost !== null) return this.#resetOnceSent(this.#lost, sink, now + lastWordMs);
    const source = this.other(sink);
    // It has been told of the end already where both had to wait for it to take what it was told before.
    if (sink.shut && sink.ended) return this.#passEnd(sink, source);
    if (source.ended) return this.#passEnd(source, sink);
    source.reading = true;
    source.heardAt = now;
    source.restedMs = restedMs();
    if (this.#isBulk(source) && this.#handOn()) return;
    source.socket.readOn();
    this.arm();
  }

  end(from: Stream): void {
    if (this.isOver || this.#lost !== null) return;
    try {
      this.#end(from);
    } catch (error) {
      this.fail(error);
    }
  }

  #end(from: Stream): void {
    const source = this.sideOf(from);
    if (source.ended) return;
    if (this.#gate !== null && source === this.server) {
      if (this.#hasServerEnded) return;
      this.#hasServerEnded = true;
      source.reading = false;
      return this.#gate.end();
    }
    source.ended = true;
    source.reading = false;
    this.#firstEnd ??= source.name;
    const sink = this.other(source);
    if (!sink.writing) this.#passEnd(source, sink);
  }

  closed(which: Stream, code: string | null): void {
    if (this.isOver) return;
    const side = this.sideOf(which);
    try {
      if (code === null && (side.shut || (this.#gate !== null && side === this.server))) this.#end(which);
      // A unix socket's peer that closes leaves both directions at once: clean, unless there are bytes for it yet.
      else if (code === null && side.ended && !side.writing) return;
      else if (!this.#losesServer(side)) this.#lose(side);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The server is lost while its bytes are held, and whoever looks at them takes care of that. */
  #losesServer(side: Side): boolean {
    return side === this.server && this.#gate !== null && this.#gate.lost();
  }

  /** Ends, once what this side said is on its way to the other one. */
  #lose(side: Side): void {
    const other = this.other(side);
    if (this.#lost !== null || other.socket.closed) return this.abort((this.#lost ?? side).name, "reset");
    this.#lost = side;
    side.reading = side.writing = other.reading = false;
    other.socket.pause();
    if (other.writing) this.arm();
    else this.#resetOnceSent(side, other, clockMs() + lastWordMs);
  }

  #resetOnceSent(lost: Side, other: Side, until: number): void {
    if (this.isOver) return;
    if (other.socket.hasUnsent?.() !== true || clockMs() >= until) return this.abort(lost.name, "reset");
    expireAfter(lookMs, { expire: () => this.#resetOnceSent(lost, other, until) });
  }

  /** Whether what comes from a side is worth another relay. */
  #isBulk(source: Side): boolean {
    if (this.#promotion === undefined) return false;
    const { request, response } = this.limits.splice;
    const wish = source === this.client ? request : response;
    return isBulk(this.#promotion.rule, wish, this.client.bytes + this.server.bytes, source.stretch);
  }

  /** Lets whoever is better at bulk take the session, when nothing stands in the way. True when it is gone. */
  #handOn(): boolean {
    const [client, server] = [this.client, this.server];
    if (
      this.isOver ||
      this.#gate !== null ||
      this.#promotion === undefined ||
      this.hasTimedOut ||
      client.writing ||
      server.writing
    )
      return false;
    if ((client.tap !== null || server.tap !== null) && !this.#letTapsGo()) return false;
    client.socket.owner = server.socket.owner = null;
    const successor = this.#promotion.take(client, server, this.limits, this.#firstEnd);
    if (successor === null) {
      client.socket.owner = server.socket.owner = this;
      return false;
    }
    this.isOver = true;
    this.#successor = successor;
    this.stopTimer();
    successor.whenEnded(this);
    return true;
  }

  /** Whoever looks at first bytes has had them, though not all that he waits for; false: there may be more. */
  #letTapsGo(): boolean {
    const [client, server] = [this.client, this.server];
    if (client.bytes + server.bytes < tappedMostBytes) return false;
    client.tap = server.tap = null;
    for (const tap of this.#taps ?? []) tap.letGo?.();
    return true;
  }

  /** The successor has ended. */
  relayed(relayed: Relayed): void {
    this.settle({ ...relayed, ...this.counts() });
  }

  /** FIN to `sink`, for `source` has finished and all its bytes are sent. */
  #passEnd(source: Side, sink: Side): void {
    // HAProxy's `option nolinger` gives up the half-closed state towards the server: what it has not yet said is not waited for.
    const cut = sink === this.server && this.limits.serverNoLinger && !source.shut;
    if (cut) return this.#finish(source, sink, cut);
    if (source.shut) return this.#finishOnceSent(source, sink);
    sink.shut = true;
    const finMs = sink === this.client ? this.limits.clientFinMs : this.limits.serverFinMs;
    if (finMs > 0) sink.heardAt = clockMs();
    sink.socket.shutdown();
    this.arm();
  }

  /** Both directions are done. What a side has not taken when it is closed it does not get. */
  #finishOnceSent(source: Side, sink: Side): void {
    const isSourceLate = source.socket.sendNow?.() === false;
    const isSinkLate = sink.socket.sendNow?.() === false;
    if (!isSourceLate && !isSinkLate) return this.#finish(source, sink, false);
    (isSinkLate ? sink : source).writing = true;
    this.arm();
  }

  /** Both directions are done, `sink` having yet to be told; or it is cut off. */
  #finish(source: Side, sink: Side, cut: boolean): void {
    this.isOver = true;
    if (cut) sink.socket.terminate();
    // After both FINs close(2) says the last one. A runtime may close a socket by itself when both directions are shut, and tell so at once.
    else if (!sink.socket.ended || !source.socket.ended) sink.socket.shutdown();
    for (const { name, socket } of [source, sink]) {
      if (socket.closed) continue;
      // This peer sent no FIN: it was silent for too long, or the server was cut off.
      const noLinger = name === "client" ? this.limits.clientNoLinger : this.limits.serverNoLinger;
      if (noLinger || socket.isFull) socket.terminate();
      else socket.hangUp();
    }
    this.conclude(this.#firstEnd ?? source.name, "fin");
  }
}

/** Transport.relay by copying, or until `promotion` takes the session. */
export function copyingRelay(
  client: Stream,
  server: Stream,
  limits: RelayLimits,
  taps?: readonly Tap[],
  gate?: Gate,
  promotion?: Promotion,
): Relay {
  const relay = new CopyingRelay(client, server, limits, taps, promotion, gate);
  relay.start();
  return relay;
}
