/** Moves bytes of one splice worker's sessions: small messages by recv and send, bulk by splice through a pipe. */
import { EAGAIN, EINTR } from "../libc/errno.ts";
import type { SpliceCalls } from "./splice-calls.ts";
import { control, option, slotCount, type SpliceMemory } from "./splice-memory.ts";
import { lowerMark, raiseMark } from "../libc/low-water.ts";
import { PipePool } from "./splice-pipes.ts";
import { LowWater, type LowWaterRule, type Stretch } from "../relay/stretch.ts";

/** Bits of a direction's state. A direction is named by its source: slot * 2 + side. */
const readable = 1;
const writable = 2;
const sawEnd = 4;
const passedEnd = 8;
const endBits = sawEnd | passedEnd;
const bulk = 16;
const mayBulk = 32;
/** FIN or an error is known to stand behind the bytes: a short read is then not the last one. */
const endComing = 64;
/** This side finished before the other one. */
const endedFirst = 128;
/** This side is lost: what it has said still goes on, and nothing goes to it. */
const lost = 256;

/** One recv of small messages; a full one means bulk. */
const copyBytes = 32 * 1024;
/** One recv of bulk for which there is no pipe, unless so many directions wait for their sinks with what was not taken of such. */
const wideBytes = 256 * 1024;
const mostWaiting = 64;
const spliceBytes = 1 << 20;
/** A splice that brings less goes back to recv: setting a pipe up costs more than copying. */
const smallSplice = 16 * 1024;
/** What one direction may move before the others have their turn. */
const turnBytes = 2 << 20;

/** What a turn of one direction came to: nothing more to do now, more to do later, both sides done, or a side failed. */
export type Turn = "idle" | "again" | "finished" | "source-failed" | "sink-failed";

/** The byte paths of all sessions of one worker. Descriptors are read from the shared memory; closing them is the caller's. */
export class Pump {
  readonly #calls: SpliceCalls;
  readonly #memory: SpliceMemory;
  readonly #pipes: PipePool;
  readonly #state = new Uint16Array(slotCount * 2);
  /** The pipe's number plus one; 0 for none. */
  readonly #pipe = new Int32Array(slotCount * 2);
  readonly #inPipe = new Int32Array(slotCount * 2);
  /** What recv brought and send did not take, per direction. */
  readonly #rest = new Map<number, Uint8Array>();
  readonly #wide = new Uint8Array(new ArrayBuffer(wideBytes));
  readonly #buffer = this.#wide.subarray(0, copyBytes);
  /** See `SideActivity` (idle.ts), on the worker's clock; indexed as descriptors are. */
  readonly heardAt = new Float64Array(slotCount * 2);
  readonly toldAt = new Float64Array(slotCount * 2);
  now = 0;
  /** Directions that bring much at a time. */
  readonly lowWater: LowWater<number>;
  /** By direction, from its first bulk on. */
  readonly #stretches: (Stretch<number> | undefined)[] = [];

  constructor(calls: SpliceCalls, memory: SpliceMemory) {
    this.#calls = calls;
    this.#memory = memory;
    this.#pipes = new PipePool(calls, memory);
    this.lowWater = new LowWater(lowWaterRule(memory), {
      raise: (side, bytes) => raiseMark(calls, memory.fds[side] as number, bytes),
      lower: (side) => lowerMark(calls, memory.fds[side] as number),
      isHeld: (side) => this.isHolding(side),
    });
  }

  start(slot: number): void {
    const options = this.#memory.options[slot] as number;
    // Not readable yet: registering with epoll tells at once what is there already.
    this.#state[slot * 2] = writable | (options & option.spliceRequest ? mayBulk : 0);
    this.#state[slot * 2 + 1] = writable | (options & option.spliceResponse ? mayBulk : 0);
    if (options & option.clientEnded) this.#state[slot * 2] = sawEnd | passedEnd | endedFirst;
    if (options & option.serverEnded) this.#state[slot * 2 + 1] = sawEnd | passedEnd | endedFirst;
    for (let side = slot * 2; side < slot * 2 + 2; side++) {
      this.heardAt[side] = this.now - (this.#memory.ages[side * 2] as number);
      this.toldAt[side] = this.now - (this.#memory.ages[side * 2 + 1] as number);
    }
  }

  /** Gives back what only sessions need; for a worker that has none. */
  rest(): void {
    this.#pipes.trim();
  }

  /** Forgets a session; a pipe that still holds bytes is closed. */
  stop(slot: number): void {
    for (const direction of [slot * 2, slot * 2 + 1]) {
      this.#releasePipe(direction);
      this.#rest.delete(direction);
      const stretch = this.#stretches[direction];
      if (stretch !== undefined) this.lowWater.forget(stretch);
      this.#stretches[direction] = undefined;
    }
  }

  /** `side` has bytes for us; `isLast` when FIN or an error was seen behind them. */
  markReadable(side: number, isLast: boolean): void {
    this.#state[side] = (this.#state[side] as number) | (isLast ? readable | endComing : readable);
  }

  /** `side` takes bytes again: that is the sink of the opposite direction. */
  markWritable(side: number): void {
    this.#state[side ^ 1] = (this.#state[side ^ 1] as number) | writable;
  }

  /** Whether bytes taken from `side` wait for the other side to take them. */
  isHolding(side: number): boolean {
    return (this.#inPipe[side] as number) > 0 || (this.#rest.size > 0 && this.#rest.has(side));
  }

  /** `side` has sent FIN, or is taken to have finished because it was silent for too long. */
  markEnded(side: number): void {
    this.#state[side] = (this.#state[side] as number) | (this.hasEnded(side ^ 1) ? sawEnd : sawEnd | endedFirst);
  }

  /** `side` has failed: it is "source-failed" once all that it has said has gone on, and takes nothing any more. */
  markLost(side: number): void {
    this.#state[side] = (this.#state[side] as number) | lost | readable | endComing;
  }

  /** The side that finished first. */
  firstEnd(slot: number): number {
    return slot * 2 + ((this.#state[slot * 2] as number) & endedFirst ? 0 : 1);
  }

  #cutsServer(side: number): boolean {
    return (side & 1) === 0 && ((this.#memory.options[side >> 1] as number) & option.serverNoLinger) !== 0;
  }

  /** Whether `side` has finished. */
  hasEnded(side: number): boolean {
    return ((this.#state[side] as number) & sawEnd) !== 0;
  }

  /** Whether `side`'s FIN has been passed on. */
  hasPassedEnd(side: number): boolean {
    return ((this.#state[side] as number) & passedEnd) !== 0;
  }

  /** All that a session's deadlines depend on besides instants, as one number: who has finished, whose end was passed on, who takes nothing. */
  phase(slot: number): number {
    const [client, server] = [slot * 2, slot * 2 + 1];
    const ends = ((this.#state[client] as number) & endBits) | (((this.#state[server] as number) & endBits) << 2);
    return ends | (this.isHolding(client) ? 64 : 0) | (this.isHolding(server) ? 128 : 0);
  }

  /** Moves what it can from `side` to the other one, at most a turn's worth. */
  turn(side: number): Turn {
    if ((this.#state[side ^ 1] as number) & lost) return this.#drop(side);
    let budget = turnBytes;
    for (;;) {
      if (this.isHolding(side)) {
        const flushed = this.#flush(side);
        if (flushed < 0) return "sink-failed";
        if (flushed === 0) return "idle";
      }
      const state = this.#state[side] as number;
      if (state & sawEnd) return state & lost ? "source-failed" : this.#passEnd(side);
      if (!(state & readable)) {
        this.#releasePipe(side);
        return "idle";
      }
      if (budget <= 0) return "again";
      const taken = state & bulk ? this.#fill(side) : this.#copy(side);
      if (taken < 0) return "source-failed";
      budget -= taken;
    }
  }

  /** Sends what is held: 1 when all of it went, 0 when the sink is full, -1 when it failed. */
  #flush(side: number): number {
    if (!((this.#state[side] as number) & writable)) return 0;
    const sink = this.#memory.fds[side ^ 1] as number;
    for (;;) {
      const inPipe = this.#inPipe[side] as number;
      const rest = inPipe > 0 ? undefined : this.#rest.get(side);
      const sent =
        rest === undefined
          ? this.#calls.splice(this.#pipes.readEnd((this.#pipe[side] as number) - 1), sink, inPipe)
          : this.#calls.send(sink, rest);
      if (sent < 0) {
        const errno = this.#calls.errno();
        if (errno === EINTR) continue;
        if (errno !== EAGAIN) return -1;
        this.#state[side] = (this.#state[side] as number) & ~writable;
        return 0;
      }
      this.toldAt[side ^ 1] = this.now;
      if (rest === undefined) {
        this.#inPipe[side] = inPipe - sent;
        this.#memory.spliced[0] = (this.#memory.spliced[0] as number) + sent;
      } else if (sent < rest.length) this.#rest.set(side, rest.subarray(sent));
      else this.#rest.delete(side);
      if (this.isHolding(side)) continue;
      // Reading goes on, and its clock starts anew.
      this.heardAt[side] = this.now;
      const stretch = this.#stretches[side];
      if (stretch !== undefined) this.lowWater.goOn(stretch, this.now);
      return 1;
    }
  }

  /** Small messages, and what no pipe is to be had for: through this thread's buffer. Returns bytes taken, or -1. */
  #copy(side: number, buffer = this.#buffer): number {
    const { fds, counts } = this.#memory;
    const taken = this.#calls.recv(fds[side] as number, buffer);
    if (taken <= 0) return this.#nothing(side, taken);
    counts[side] = (counts[side] as number) + taken;
    this.heardAt[side] = this.now;
    this.#moved(side, taken);
    const state = this.#state[side] as number;
    if (taken < buffer.length) {
      // A short read has emptied the socket, and what comes later is a new edge, unless an end is already known of.
      const kept = taken < copyBytes ? state & ~bulk : state;
      this.#state[side] = kept & endComing ? kept : kept & ~readable;
    } else if (state & mayBulk) this.#state[side] = state | bulk;
    const sent =
      (this.#state[side] as number) & writable
        ? this.#calls.send(fds[side ^ 1] as number, buffer.subarray(0, taken))
        : 0;
    // From here on bytes may wait for the sink: its clock starts, whether it took some or none.
    this.toldAt[side ^ 1] = this.now;
    // A failing or full sink shows itself again in #flush, which knows what to do.
    if (sent < taken) this.#rest.set(side, buffer.slice(Math.max(0, sent), taken));
    return taken;
  }

  /** Bulk: socket to pipe, never into user space. Returns bytes taken, or -1. */
  #fill(side: number): number {
    let pipe = (this.#pipe[side] as number) - 1;
    if (pipe < 0) {
      pipe = this.#pipes.take();
      if (pipe < 0) return this.#copy(side, this.#rest.size < mostWaiting ? this.#wide : this.#buffer);
      this.#pipe[side] = pipe + 1;
    }
    const { fds, counts } = this.#memory;
    const taken = this.#calls.splice(fds[side] as number, this.#pipes.writeEnd(pipe), spliceBytes);
    if (taken <= 0) return this.#nothing(side, taken);
    this.#inPipe[side] = taken;
    this.toldAt[side ^ 1] = this.now;
    counts[side] = (counts[side] as number) + taken;
    this.heardAt[side] = this.now;
    this.#moved(side, taken);
    if (taken < Math.min(smallSplice, this.#pipes.room(pipe)) && this.#stretches[side]?.isRaised !== true)
      this.#state[side] = (this.#state[side] as number) & ~bulk;
    return taken;
  }

  #moved(side: number, taken: number): void {
    let stretch = this.#stretches[side];
    if (stretch === undefined) {
      if (taken < copyBytes) return;
      this.#stretches[side] = stretch = this.lowWater.begin(side, this.now);
    }
    this.lowWater.moved(stretch, taken, this.now);
  }

  /** Has epoll tell of all that has come from `side`, which seems to be silent. False where it does already. */
  endStretch(side: number): boolean {
    const stretch = this.#stretches[side];
    if (stretch?.isRaised !== true) return false;
    this.lowWater.end(stretch);
    this.markReadable(side, false);
    return true;
  }

  /** A read that brought nothing: FIN, not now, or failed. */
  #nothing(side: number, taken: number): number {
    if (taken === 0) {
      this.markEnded(side);
      return 0;
    }
    const errno = this.#calls.errno();
    if (errno === EINTR) return 0;
    if (errno !== EAGAIN || (this.#state[side] as number) & lost) return -1;
    this.#state[side] = (this.#state[side] as number) & ~readable;
    return 0;
  }

  /** Nobody takes what `side` says. */
  #drop(side: number): Turn {
    if ((this.#state[side] as number) & lost) return "source-failed";
    this.#releasePipe(side);
    this.#rest.delete(side);
    return "idle";
  }

  #passEnd(side: number): Turn {
    this.#releasePipe(side);
    if (this.hasPassedEnd(side)) return "idle";
    this.#state[side] = (this.#state[side] as number) | passedEnd;
    // The second FIN goes with close(). `option nolinger` does not wait for what the server has yet to say.
    if (this.hasPassedEnd(side ^ 1) || this.#cutsServer(side)) return "finished";
    if (this.#calls.shutdownWrite(this.#memory.fds[side ^ 1] as number) < 0) return "sink-failed";
    const finMs = this.#memory.limits[(side >> 1) * 5 + 3 + ((side ^ 1) & 1)] as number;
    if (finMs > 0) this.heardAt[side ^ 1] = this.now;
    return "idle";
  }

  #releasePipe(side: number): void {
    const pipe = (this.#pipe[side] as number) - 1;
    if (pipe < 0) return;
    this.#pipes.give(pipe, this.#inPipe[side] === 0);
    this.#pipe[side] = 0;
    this.#inPipe[side] = 0;
  }
}

function lowWaterRule({ control: words }: SpliceMemory): LowWaterRule {
  return {
    afterBytes: words[control.streamAfter] as number,
    growth: words[control.streamGrowth] as number,
    markBytes: words[control.streamMark] as number,
    pauseMs: words[control.streamPauseMs] as number,
    limit: words[control.streamLimit] as number,
  };
}
