/** The control thread's side of the data plane's workers: relays by slot. */
import { clockMs } from "../../clock.ts";
import { RelayOutcome } from "../relay/relay-outcome.ts";
import type { SpliceCalls } from "./splice-calls.ts";
import {
  command,
  control,
  endBy,
  endHow,
  option,
  push,
  shift,
  slotCount,
  spliceMemory,
  type SpliceMemory,
} from "./splice-memory.ts";
import { systemError } from "../system-error.ts";
import { type LowWaterRule, lowWaterRule } from "../relay/stretch.ts";
import { workerThreads } from "../../system/spare-threads.ts";
import type { Relay, RelayLimits, Relayed, SpliceFigures } from "../transport.ts";

/** The pause before another thread takes the place of one that died right after another, or that could not be started: first and longest. */
const pauseMs = 100;
const longestPauseMs = 30_000;
/** Where no pipe is to be had, sessions are kept away from a worker for so long at a time. */
const dryMs = 1000;
/** A thread that lived so long did not die of what the one before it died of. */
const healthyMs = 60_000;

/** How the plane reports what an operator must know: a worker died. */
export type SpliceNotice = (level: "notice" | "alert", text: string) => void;

/** One side of a session that a worker takes over: its descriptor, and how long ago bytes came from it and went to it. */
export interface SpliceSide {
  readonly fd: number;
  readonly heardMsAgo: number;
  readonly toldMsAgo: number;
}

class SpliceRelay extends RelayOutcome implements Relay {
  #last: Relayed | null = null;

  constructor(
    readonly worker: SpliceWorker,
    readonly memory: SpliceMemory,
    readonly slot: number,
  ) {
    super();
  }

  counts(): { bytesIn: number; bytesOut: number } {
    if (this.#last !== null) return { bytesIn: this.#last.bytesIn, bytesOut: this.#last.bytesOut };
    const { counts } = this.memory;
    return {
      bytesIn: counts[this.slot * 2] as number,
      bytesOut: counts[this.slot * 2 + 1] as number,
    };
  }

  kill(): void {
    if (this.#last === null) this.worker.kill(this);
  }

  end(by: Relayed["by"], how: Relayed["how"]): void {
    this.#last = { by, how, ...this.counts() };
    this.settle(this.#last);
  }
}

/** The control thread's side of one worker, which has no thread and no memory before somebody wants it. */
export class SpliceWorker {
  /** Of the latest thread. */
  #memory: SpliceMemory | null = null;
  readonly #calls: SpliceCalls;
  readonly #notice: SpliceNotice;
  readonly #room: () => number;
  readonly #lowWater: LowWaterRule;
  /** Null while there is none: then bytes are copied. */
  #thread: Worker | null = null;
  #launchedAt = 0;
  /** Until then none is started. */
  #restsUntil = 0;
  /** It has said that it serves. */
  #isUp = false;
  /** Threads that died, or were not to be had, one after the other. */
  #failures = 0;
  /** Slots that came back, and the lowest that was never used: taken in this order, so that few are ever touched. */
  #free: number[] = [];
  #fresh = 0;
  readonly #relays: (SpliceRelay | undefined)[] = [];
  /** By workers that died. */
  #splicedBefore = 0;
  #pipeLimit: number;
  /** When pipes are looked for again that were not to be had; 0: they were. */
  #dryUntil = 0;

  /** `pipeLimit`: pipes that it may have open, at most `pipeCapacity`, of `pipeBytes` each as far as the system allows. `room`: how many threads more there may be. `streams`: its share. */
  constructor(
    calls: SpliceCalls,
    pipeLimit: number,
    readonly pipeBytes: number,
    notice: SpliceNotice,
    room: () => number,
    lowWater: LowWaterRule = lowWaterRule,
  ) {
    this.#calls = calls;
    this.#pipeLimit = pipeLimit;
    this.#notice = notice;
    this.#room = room;
    this.#lowWater = lowWater;
  }

  /** Slots in use. */
  get load(): number {
    return this.#fresh - this.#free.length;
  }

  get hasThread(): boolean {
    return this.#thread !== null;
  }

  /** It takes sessions: a thread has said that it lives, and there is room, and a pipe to be had. */
  get isOpen(): boolean {
    return this.#thread !== null && this.#isUp && this.load < slotCount && !this.#isDry();
  }

  /** Sets how many pipes it may have open; more that are lent already are closed when they come back. */
  allowPipes(limit: number): void {
    this.#pipeLimit = limit;
    if (this.#memory !== null) this.#memory.control[control.pipeLimit] = limit;
  }

  /** Somebody has bulk for it: starts a thread where there is none, which takes a while, unless that failed just now. */
  want(): void {
    if (this.#thread !== null || this.#pipeLimit === 0 || clockMs() < this.#restsUntil) return;
    const refused = this.#launch();
    if (refused !== null) this.#rest(refused);
  }

  figures(): SpliceFigures {
    const memory = this.#memory;
    if (memory === null) return { pipesAllowed: this.#pipeLimit, pipesUsed: 0, pipesFree: 0, bytes: 0 };
    const { pipes, spliced, control: numbers } = memory;
    let open = 0;
    for (let at = 0; at < pipes.length; at += 2) if ((pipes[at] as number) > 0) open += 1;
    const free = Math.min(open, numbers[control.freePipes] as number);
    const bytes = this.#splicedBefore + (spliced[0] as number);
    return { pipesAllowed: this.#pipeLimit, pipesUsed: open - free, pipesFree: free, bytes };
  }

  /** The worker looked for a pipe in vain, and none has come back since: who has bytes had better copy them. It may look again from time to time. */
  #isDry(): boolean {
    const { control: words } = this.#memory as SpliceMemory;
    if (Atomics.load(words, control.dry) === 0) {
      this.#dryUntil = 0;
      return false;
    }
    const now = clockMs();
    if (this.#dryUntil === 0) this.#dryUntil = now + dryMs;
    if (now < this.#dryUntil) return true;
    this.#dryUntil = 0;
    Atomics.store(words, control.dry, 0);
    return false;
  }

  #takeSlot(): number {
    return this.#free.pop() ?? this.#fresh++;
  }

  /** Relays between two connected sockets, whose descriptors are the worker's from here on; `ended`: a side had finished before. Only when open. */
  start(client: SpliceSide, server: SpliceSide, limits: RelayLimits, ended: "client" | "server" | null): Relay {
    const memory = this.#memory as SpliceMemory;
    const slot = this.#takeSlot();
    for (const [at, side] of [client, server].entries()) {
      memory.fds[slot * 2 + at] = side.fd;
      memory.ages[slot * 4 + at * 2] = side.heardMsAgo;
      memory.ages[slot * 4 + at * 2 + 1] = side.toldMsAgo;
    }
    memory.counts[slot * 2] = 0;
    memory.counts[slot * 2 + 1] = 0;
    memory.options[slot] =
      (limits.splice.request === false ? 0 : option.spliceRequest) |
      (limits.splice.response === false ? 0 : option.spliceResponse) |
      (limits.clientNoLinger ? option.clientNoLinger : 0) |
      (limits.serverNoLinger ? option.serverNoLinger : 0) |
      (limits.clientIndependent ? option.clientIndependent : 0) |
      (limits.serverIndependent ? option.serverIndependent : 0) |
      (ended === "client" ? option.clientEnded : ended === "server" ? option.serverEnded : 0);
    memory.limits[slot * 5] = limits.clientMs;
    memory.limits[slot * 5 + 1] = limits.serverMs;
    memory.limits[slot * 5 + 2] = limits.tunnelMs;
    memory.limits[slot * 5 + 3] = limits.clientFinMs;
    memory.limits[slot * 5 + 4] = limits.serverFinMs;
    const relay = new SpliceRelay(this, memory, slot);
    this.#relays[slot] = relay;
    this.#command(memory, command.start | slot);
    return relay;
  }

  kill({ memory, slot }: SpliceRelay): void {
    this.#command(memory, command.kill | slot);
  }

  #command(memory: SpliceMemory, entry: number): void {
    push(memory, memory.commands, control.commandHead, entry);
    if (Atomics.exchange(memory.control, control.sleeping, 0) === 1)
      this.#calls.wake(memory.control[control.wakeFd] as number);
  }

  /** Starts a thread, with memory of its own. Null, or why there is none. */
  #launch(): string | null {
    if (this.#room() < workerThreads) return "a limit on processes";
    const wakeFd = this.#calls.eventFd();
    if (wakeFd < 0) return systemError(this.#calls.errno(), "eventfd").message;
    const memory = spliceMemory();
    this.#memory = memory;
    this.#free = [];
    this.#fresh = 0;
    memory.control[control.wakeFd] = wakeFd;
    memory.control[control.pipeLimit] = this.#pipeLimit;
    memory.control[control.pipeBytes] = this.pipeBytes;
    setLowWaterRule(memory, this.#lowWater);
    try {
      const thread = new Worker(new URL("./splice-worker.ts", import.meta.url));
      thread.addEventListener("message", () => this.#hear(thread));
      const died = (): void => this.#replace(thread);
      thread.addEventListener("error", died);
      thread.addEventListener("close", died);
      thread.postMessage(memory.buffer);
      thread.unref();
      this.#thread = thread;
      this.#launchedAt = clockMs();
      this.#isUp = false;
      return null;
    } catch (error) {
      this.#calls.close(wakeFd);
      return error instanceof Error ? error.message : String(error);
    }
  }

  #hear(thread: Worker): void {
    if (thread !== this.#thread) return;
    if (!this.#isUp && this.#failures > 1) this.#notice("notice", "The data plane worker is back.");
    this.#isUp = true;
    this.#drain();
  }

  /** No thread is to be had now: none is tried for a while, longer each time. */
  #rest(why: string): void {
    this.#failures += 1;
    if (this.#failures === 1)
      this.#notice("alert", `A data plane worker cannot be started (${why}); bytes are copied until it can.`);
    this.#pause();
  }

  #pause(): void {
    this.#restsUntil = clockMs() + Math.min(longestPauseMs, pauseMs * 2 ** Math.max(0, this.#failures - 1));
  }

  #drain(): void {
    const memory = this.#memory as SpliceMemory;
    Atomics.store(memory.control, control.told, 0);
    for (;;) {
      const slot = shift(memory, memory.ended, control.endedHead, control.endedTail);
      if (slot < 0) return;
      const result = memory.result[slot] as number;
      const relay = this.#relays[slot] as SpliceRelay;
      this.#relays[slot] = undefined;
      this.#free.push(slot);
      relay.end(endBy[result >> 2] as Relayed["by"], endHow[result & 3] as Relayed["how"]);
    }
  }

  /** A worker that died takes its sessions with it; its descriptors are closed and a new one takes its place. */
  #replace(thread: Worker): void {
    if (thread !== this.#thread) return;
    this.#drain();
    const memory = this.#memory as SpliceMemory;
    this.#splicedBefore += memory.spliced[0] as number;
    memory.spliced[0] = 0;
    const relays = this.#relays.splice(0).filter((relay) => relay !== undefined);
    for (const relay of relays) {
      for (const fd of memory.fds.subarray(relay.slot * 2, relay.slot * 2 + 2)) if (fd >= 0) this.#calls.abort(fd);
      relay.end("proxy", "killed");
    }
    const own = [...memory.pipes, memory.control[control.wakeFd] as number, memory.control[control.epollFd] as number];
    for (const fd of own) if (fd > 0) this.#calls.close(fd);
    this.#thread = null;
    if (clockMs() - this.#launchedAt >= healthyMs) this.#failures = 0;
    const isFirst = this.#failures === 0;
    this.#failures += 1;
    const refused = isFirst ? this.#launch() : null;
    if (!isFirst || refused !== null) this.#pause();
    const lost = relays.length;
    if (this.#failures > 2 && lost === 0) return;
    this.#notice(
      "alert",
      `A data plane worker died and took ${lost} session${lost === 1 ? "" : "s"} with it; ${this.#thread === null ? "bytes are copied until another one can take its place" : "another one has taken its place"}.`,
    );
  }
}

function setLowWaterRule({ control: words }: SpliceMemory, rule: LowWaterRule): void {
  words[control.streamAfter] = rule.afterBytes;
  words[control.streamGrowth] = rule.growth;
  words[control.streamMark] = rule.markBytes;
  words[control.streamPauseMs] = rule.pauseMs;
  words[control.streamLimit] = rule.limit;
}
