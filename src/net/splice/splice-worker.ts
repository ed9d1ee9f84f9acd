/** One worker of the zero-copy data plane: an epoll of its own, sessions by slot, results by ring. */
import { clockMs } from "../../clock.ts";
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  type EpollCalls,
  epollEventInts,
  loadEpollCalls,
} from "../libc/epoll-calls.ts";
import { loadSpliceCalls, type SpliceCalls } from "./splice-calls.ts";
import {
  command,
  control,
  endBy,
  endHow,
  option,
  push,
  shift,
  slotCount,
  slotMask,
  spliceMemory,
  type SpliceMemory,
} from "./splice-memory.ts";
import { idleDeadline, type IdleDeadline, type SideActivity } from "../relay/idle-limits.ts";
import { Pump } from "./splice-pump.ts";

const batch = 256;
const wakeData = -1;
/** How long a side may take what the other one said before it was lost, and how often it is looked whether it has. */
const lastWordMs = 10_000;
const lookMs = 20;
const clientReset = endBy.indexOf("client") * 4 + endHow.indexOf("reset");
const serverReset = endBy.indexOf("server") * 4 + endHow.indexOf("reset");
const noDeadline = Number.POSITIVE_INFINITY;

type By = (typeof endBy)[number];
type How = (typeof endHow)[number];

/** The loop of one worker. Descriptors are closed only between batches, so that no event can meet a reused number. */
class Loop {
  readonly #calls: SpliceCalls;
  readonly #polling: EpollCalls;
  readonly #memory: SpliceMemory;
  readonly #pump: Pump;
  readonly #epoll: number;
  readonly #events = new Int32Array(new ArrayBuffer(batch * epollEventInts * 4));
  readonly #generation = new Int32Array(slotCount);
  readonly #active = new Uint8Array(slotCount);
  /** As the pump told it when the session's deadline was last looked at. */
  readonly #phase = new Uint8Array(slotCount);
  readonly #limits = {
    clientMs: 0,
    serverMs: 0,
    tunnelMs: 0,
    clientFinMs: 0,
    serverFinMs: 0,
    clientIndependent: false,
    serverIndependent: false,
  };
  #ready: number[] = [];
  readonly #queued = new Uint8Array(slotCount * 2);
  #ended: number[] = [];
  readonly #endedAt = new Float64Array(slotCount);
  #relays = 0;
  #highestSlot = -1;
  #nextDeadline = noDeadline;
  /** See `#expire`. */
  #earliestLookMs = 0;
  /** The side that was idle for too long, by slot; few at a time. */
  readonly #timedOut: Record<number, By> = {};
  /** 1: both sides get RST. */
  readonly #aborts = new Uint8Array(slotCount);
  readonly #tell: () => void;

  constructor(memory: SpliceMemory, tell: () => void) {
    this.#calls = loadSpliceCalls();
    this.#polling = loadEpollCalls();
    this.#memory = memory;
    this.#tell = tell;
    this.#pump = new Pump(this.#calls, memory);
    this.#epoll = this.#polling.create();
    memory.control[control.epollFd] = this.#epoll;
    const wake = memory.control[control.wakeFd] as number;
    if (this.#epoll < 0 || this.#polling.add(this.#epoll, wake, EPOLLIN, wakeData, 0) < 0)
      throw new Error(`epoll: errno ${this.#calls.errno()}`);
  }

  run(): never {
    for (;;) {
      const count = this.#wait();
      this.#pump.now = clockMs();
      for (let at = 0; at < count; at++) this.#onEvent(at * epollEventInts);
      this.#runReady();
      this.#takeCommands();
      if (this.#pump.now >= this.#nextLook()) this.#expire();
      this.#pump.lowWater.look(this.#pump.now, this.#readOn);
      this.#finishEnded();
    }
  }

  /** Sleeps until something happens; says that it sleeps, so that the control thread need not wake it otherwise. */
  #wait(): number {
    const { control: words } = this.#memory;
    let timeoutMs = this.#ready.length > 0 ? 0 : this.#untilDeadline();
    if (this.#ended.length > 0 && (timeoutMs < 0 || timeoutMs > lookMs)) timeoutMs = lookMs;
    if (timeoutMs !== 0) {
      Atomics.store(words, control.sleeping, 1);
      if (Atomics.load(words, control.commandHead) !== Atomics.load(words, control.commandTail)) timeoutMs = 0;
    }
    const count = this.#polling.wait(this.#epoll, this.#events, timeoutMs);
    Atomics.store(words, control.sleeping, 0);
    return count;
  }

  #untilDeadline(): number {
    const { lookAt } = this.#pump.lowWater;
    if (this.#nextDeadline === noDeadline && lookAt === Infinity) return -1;
    return Math.max(0, Math.min(60_000, Math.ceil(Math.min(this.#nextLook(), lookAt) - clockMs())));
  }

  #nextLook(): number {
    return Math.max(this.#nextDeadline, this.#earliestLookMs);
  }

  #onEvent(at: number): void {
    const events = this.#events[at] as number;
    const side = this.#events[at + epollEventInts - 2] as number;
    if (side === wakeData) {
      this.#calls.drain(this.#memory.control[control.wakeFd] as number);
      return;
    }
    const slot = side >> 1;
    if (!this.#active[slot] || this.#generation[slot] !== this.#events[at + epollEventInts - 1]) return;
    const failed = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if (events & EPOLLERR) this.#pump.markLost(side);
    if (failed || events & (EPOLLIN | EPOLLRDHUP)) {
      this.#pump.markReadable(side, failed || (events & EPOLLRDHUP) !== 0);
      this.#turn(side);
    }
    if (this.#active[slot] && (failed || events & EPOLLOUT)) {
      this.#pump.markWritable(side);
      this.#turn(side ^ 1);
    }
  }

  readonly #readOn = (side: number): void => {
    // One that has ended in this batch is still a stream.
    if (!this.#active[side >> 1]) return;
    this.#pump.markReadable(side, false);
    this.#turn(side);
  };

  #runReady(): void {
    if (this.#ready.length === 0) return;
    const sides = this.#ready;
    this.#ready = [];
    for (const side of sides) {
      this.#queued[side] = 0;
      if (this.#active[side >> 1]) this.#turn(side);
    }
  }

  #turn(side: number): void {
    const turn = this.#pump.turn(side);
    this.#bringForward(side >> 1);
    if (turn === "idle") return;
    if (turn === "again") return this.#turnLater(side);
    const slot = side >> 1;
    if (turn === "sink-failed" && !this.#pump.hasEnded(side ^ 1)) {
      // What it said before is heard first.
      this.#pump.markLost(side ^ 1);
      return this.#turnLater(side ^ 1);
    }
    if (turn === "finished") this.#end(slot, this.#name(this.#pump.firstEnd(slot)), "fin");
    else this.#end(slot, this.#name(turn === "source-failed" ? side : side ^ 1), "reset");
  }

  #turnLater(side: number): void {
    if (this.#queued[side]) return;
    this.#queued[side] = 1;
    this.#ready.push(side);
  }

  #name(side: number): By {
    return side & 1 ? "server" : "client";
  }

  #takeCommands(): void {
    const memory = this.#memory;
    for (;;) {
      const entry = shift(memory, memory.commands, control.commandHead, control.commandTail);
      if (entry < 0) return;
      const slot = entry & slotMask;
      if ((entry & ~slotMask) === command.start) this.#start(slot);
      else if (this.#active[slot]) this.#end(slot, "proxy", "killed");
      else this.#endedAt[slot] = -Infinity;
    }
  }

  #start(slot: number): void {
    this.#active[slot] = 1;
    this.#relays++;
    if (slot > this.#highestSlot) this.#highestSlot = slot;
    this.#pump.start(slot);
    if (!this.#register(slot, slot * 2) || !this.#register(slot, slot * 2 + 1)) {
      this.#end(slot, "proxy", "killed");
      return;
    }
    this.#phase[slot] = this.#pump.phase(slot);
    this.#nextDeadline = Math.min(this.#nextDeadline, this.#deadline(slot).atMs);
  }

  /** Bytes only put a deadline off; a side that ends, stalls or takes bytes again may have one that comes sooner. */
  #bringForward(slot: number): void {
    const phase = this.#pump.phase(slot);
    if (phase === this.#phase[slot]) return;
    this.#phase[slot] = phase;
    this.#nextDeadline = Math.min(this.#nextDeadline, this.#deadline(slot).atMs);
  }

  /** Hears of everything on one descriptor, edge-triggered. Each use of a slot has a generation of its own. */
  #register(slot: number, side: number): boolean {
    if (side === slot * 2) this.#generation[slot] = ((this.#generation[slot] as number) + 1) | 0;
    const everything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    const fd = this.#memory.fds[side] as number;
    return this.#polling.add(this.#epoll, fd, everything, side, this.#generation[slot] as number) >= 0;
  }

  /** When the session's next idle time-out is due, and whose it is. */
  #deadline(slot: number): IdleDeadline {
    const { limits, options } = this.#memory;
    const at = slot * 5;
    this.#limits.clientMs = limits[at] as number;
    this.#limits.serverMs = limits[at + 1] as number;
    this.#limits.tunnelMs = limits[at + 2] as number;
    this.#limits.clientFinMs = limits[at + 3] as number;
    this.#limits.serverFinMs = limits[at + 4] as number;
    this.#limits.clientIndependent = ((options[slot] as number) & option.clientIndependent) !== 0;
    this.#limits.serverIndependent = ((options[slot] as number) & option.serverIndependent) !== 0;
    return idleDeadline(this.#activity(slot * 2), this.#activity(slot * 2 + 1), this.#limits);
  }

  #activity(side: number): SideActivity {
    const pump = this.#pump;
    return {
      heardAt: pump.heardAt[side] as number,
      toldAt: pump.toldAt[side] as number,
      reading: !pump.hasEnded(side) && !pump.isHolding(side),
      writing: pump.isHolding(side ^ 1),
      shut: pump.hasPassedEnd(side ^ 1),
    };
  }

  /**
   * Ends what has been idle too long. Runs only when the earliest known deadline is reached, and then finds the next: not
   * before ten times as long as this look at every session took, or thousands of different deadlines would be all there is to do.
   */
  #expire(): void {
    const begunMs = performance.now();
    this.#nextDeadline = noDeadline;
    for (let slot = 0; slot <= this.#highestSlot; slot++) {
      if (!this.#active[slot]) continue;
      let deadline = this.#deadline(slot);
      while (this.#active[slot] && deadline.atMs <= this.#pump.now) {
        this.#timeOut(slot, deadline);
        deadline = this.#deadline(slot);
      }
      if (this.#active[slot]) this.#nextDeadline = Math.min(this.#nextDeadline, deadline.atMs);
    }
    const endedMs = performance.now();
    this.#earliestLookMs = endedMs + 10 * (endedMs - begunMs);
  }

  /** As in HAProxy, a side that says nothing is taken to have finished, and the other may go on; one that takes nothing ends both. */
  #timeOut(slot: number, { side: by, fault }: IdleDeadline): void {
    const side = slot * 2 + (by === "client" ? 0 : 1);
    // What has come of a stream may not have been told of yet.
    if (fault === "silent" && this.#pump.endStretch(side)) return this.#turn(side);
    this.#timedOut[slot] ??= by;
    if (fault === "stalled") return this.#end(slot, by, "timeout");
    this.#pump.markEnded(side);
    this.#turn(side);
  }

  /** A time-out stays the reason, whatever comes after it. */
  #end(slot: number, endedBy: By, endedHow: How): void {
    const late = this.#timedOut[slot];
    const by = late ?? endedBy;
    const how = late === undefined ? endedHow : "timeout";
    delete this.#timedOut[slot];
    this.#aborts[slot] = endedHow === "fin" ? 0 : 1;
    this.#active[slot] = 0;
    this.#memory.result[slot] = endBy.indexOf(by) * 4 + endHow.indexOf(how);
    this.#endedAt[slot] = this.#pump.now;
    this.#ended.push(slot);
  }

  /** Closes what has ended and tells the control thread. */
  #finishEnded(): void {
    if (this.#ended.length === 0) return;
    const memory = this.#memory;
    const waiting: number[] = [];
    for (const slot of this.#ended) {
      const aborts = this.#aborts[slot] === 1;
      if (aborts && this.#isUnsent(slot)) {
        waiting.push(slot);
        continue;
      }
      this.#pump.stop(slot);
      const options = memory.options[slot] as number;
      this.#close(slot * 2, aborts || (options & option.clientNoLinger) !== 0);
      this.#close(slot * 2 + 1, aborts || (options & option.serverNoLinger) !== 0);
      push(memory, memory.ended, control.endedHead, slot);
    }
    const closed = this.#ended.length - waiting.length;
    this.#ended = waiting;
    if (closed === 0) return;
    this.#relays -= closed;
    if (this.#relays === 0) this.#pump.rest();
    if (Atomics.exchange(memory.control, control.told, 1) === 0) this.#tell();
  }

  /** A side is lost, and a reset of the other one now would drop what it said before. */
  #isUnsent(slot: number): boolean {
    const { result, fds } = this.#memory;
    const end = result[slot];
    if ((end !== clientReset && end !== serverReset) || this.#pump.now >= (this.#endedAt[slot] as number) + lastWordMs)
      return false;
    return this.#calls.unsent(fds[end === serverReset ? slot * 2 : slot * 2 + 1] as number) > 0;
  }

  #close(side: number, withReset: boolean): void {
    const fd = this.#memory.fds[side] as number;
    this.#memory.fds[side] = -1;
    if (withReset) this.#calls.abort(fd);
    else this.#calls.close(fd);
  }
}

declare const self: Worker & { onmessage: ((message: MessageEvent<SharedArrayBuffer>) => void) | null };

function tell(): void {
  self.postMessage(0);
}

self.onmessage = (message) => {
  const loop = new Loop(spliceMemory(message.data), tell);
  // It serves.
  tell();
  loop.run();
};
