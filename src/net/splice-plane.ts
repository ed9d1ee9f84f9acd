/** The control thread's side of the data plane's workers: relays by slot. */
import { clockMs } from "../clock.ts";
import { RelayEnding } from "./relay-ending.ts";
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
import { systemError } from "./system-error.ts";
import { type StreamRule, streamRule } from "./stretch.ts";
import { threadRoom, workerThreads } from "./thread-room.ts";
import type { Relay, RelayLimits, Relayed, SpliceFigures } from "./transport.ts";

/** The pause before another thread takes the place of one that died right after another, or that could not be started: first and longest. */
const pauseMs = 100;
const longestPauseMs = 30_000;
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

class SpliceRelay extends RelayEnding implements Relay {
  #last: Relayed | null = null;

  readonly #memory: SpliceMemory;

  constructor(
    readonly worker: SpliceWorker,
    readonly slot: number,
  ) {
    super();
    this.#memory = worker.memory;
  }

  counts(): { bytesIn: number; bytesOut: number } {
    if (this.#last !== null) return { bytesIn: this.#last.bytesIn, bytesOut: this.#last.bytesOut };
    const { counts } = this.#memory;
    return {
      bytesIn: counts[this.slot * 2] as number,
      bytesOut: counts[this.slot * 2 + 1] as number,
    };
  }

  kill(): void {
    if (this.#last === null) this.worker.kill(this.slot);
  }

  end(by: Relayed["by"], how: Relayed["how"]): void {
    this.#last = { by, how, ...this.counts() };
    this.settle(this.#last);
  }
}

/** The control thread's side of one worker. */
export class SpliceWorker {
  memory: SpliceMemory = spliceMemory();
  readonly #calls: SpliceCalls;
  readonly #notice: SpliceNotice;
  readonly #room: () => number;
  readonly #streams: StreamRule;
  /** Null while there is none: then bytes are copied. */
  #thread: Worker | null = null;
  #launchedAt = 0;
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

  /** `pipeLimit`: pipes that it may have open, at most `pipeCapacity`, of `pipeBytes` each as far as the system allows. `room`: how many threads more there may be. `streams`: its share. */
  constructor(
    calls: SpliceCalls,
    readonly pipeLimit: number,
    readonly pipeBytes: number,
    notice: SpliceNotice,
    room: () => number = threadRoom,
    streams: StreamRule = streamRule,
  ) {
    this.#calls = calls;
    this.#notice = notice;
    this.#room = room;
    this.#streams = streams;
    const refused = this.#launch();
    if (refused !== null) this.#rest(refused);
  }

  /** Slots in use. */
  get load(): number {
    return this.#fresh - this.#free.length;
  }

  /** It takes no more. A thread that follows one that died has to show first that it lives. */
  get isFull(): boolean {
    return this.#thread === null || (this.#failures > 0 && !this.#isUp) || this.load === slotCount;
  }

  figures(): SpliceFigures {
    const { pipes, spliced, control: numbers } = this.memory;
    let open = 0;
    for (let at = 0; at < pipes.length; at += 2) if ((pipes[at] as number) > 0) open += 1;
    const free = Math.min(open, numbers[control.freePipes] as number);
    const bytes = this.#splicedBefore + (spliced[0] as number);
    return { pipesAllowed: this.pipeLimit, pipesUsed: open - free, pipesFree: free, bytes };
  }

  #takeSlot(): number {
    return this.#free.pop() ?? this.#fresh++;
  }

  /** Relays between two connected sockets, whose descriptors are the worker's from here on; `ended`: a side had finished before. Not when full. */
  start(client: SpliceSide, server: SpliceSide, limits: RelayLimits, ended: "client" | "server" | null): Relay {
    const { memory } = this;
    const slot = this.#takeSlot();
    for (const [at, side] of [client, server].entries()) {
      memory.fds[slot * 2 + at] = side.fd;
      memory.ages[slot * 4 + at * 2] = side.heardMsAgo;
      memory.ages[slot * 4 + at * 2 + 1] = side.toldMsAgo;
    }
    memory.counts[slot * 2] = 0;
    memory.counts[slot * 2 + 1] = 0;
    memory.options[slot] =
      (limits.splice.request ? option.spliceRequest : 0) |
      (limits.splice.response ? option.spliceResponse : 0) |
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
    const relay = new SpliceRelay(this, slot);
    this.#relays[slot] = relay;
    this.#command(command.start | slot);
    return relay;
  }

  kill(slot: number): void {
    this.#command(command.kill | slot);
  }

  #command(entry: number): void {
    const { memory } = this;
    push(memory, memory.commands, control.commandHead, entry);
    if (Atomics.exchange(memory.control, control.sleeping, 0) === 1)
      this.#calls.wake(memory.control[control.wakeFd] as number);
  }

  /** Starts a thread with the memory, which is fresh. Null, or why there is none. */
  #launch(): string | null {
    const { memory } = this;
    this.#free = [];
    this.#fresh = 0;
    if (this.#room() < workerThreads) return "a limit on processes";
    const wakeFd = this.#calls.eventFd();
    if (wakeFd < 0) return systemError(this.#calls.errno(), "eventfd").message;
    memory.control[control.wakeFd] = wakeFd;
    memory.control[control.pipeLimit] = this.pipeLimit;
    memory.control[control.pipeBytes] = this.pipeBytes;
    setStreamRule(memory, this.#streams);
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

  /** No thread is to be had now: tries again after a while, longer each time. */
  #rest(why: string): void {
    this.#failures += 1;
    if (this.#failures === 1)
      this.#notice("alert", `A data plane worker cannot be started (${why}); bytes are copied until it can.`);
    this.#launchLater();
  }

  #launchLater(): void {
    const waitMs = Math.min(longestPauseMs, pauseMs * 2 ** Math.max(0, this.#failures - 1));
    const timer = setTimeout(() => {
      const refused = this.#launch();
      if (refused !== null) this.#rest(refused);
    }, waitMs);
    timer.unref();
  }

  #drain(): void {
    const { memory } = this;
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
    const { memory } = this;
    this.#splicedBefore += memory.spliced[0] as number;
    this.memory = spliceMemory();
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
    if (!isFirst || refused !== null) this.#launchLater();
    const lost = relays.length;
    if (this.#failures > 2 && lost === 0) return;
    this.#notice(
      "alert",
      `A data plane worker died and took ${lost} session${lost === 1 ? "" : "s"} with it; ${this.#thread === null ? "bytes are copied until another one can take its place" : "another one has taken its place"}.`,
    );
  }
}

function setStreamRule({ control: words }: SpliceMemory, rule: StreamRule): void {
  words[control.streamAfter] = rule.afterBytes;
  words[control.streamGrowth] = rule.growth;
  words[control.streamMark] = rule.markBytes;
  words[control.streamPauseMs] = rule.pauseMs;
  words[control.streamLimit] = rule.limit;
}
