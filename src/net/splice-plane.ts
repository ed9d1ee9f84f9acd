/** The control thread's side of the data plane's workers: relays and watched descriptors by slot. */
import type { SpliceCalls } from "./splice-calls.ts";
import {
  command,
  control,
  drainTapped,
  endBy,
  endHow,
  message,
  option,
  push,
  shift,
  slotCount,
  slotMask,
  spliceMemory,
  type SpliceMemory,
} from "./splice-memory.ts";
import type { Relay, RelayLimits, Relayed, Tap } from "./transport.ts";

/** How the plane reports what an operator must know: a worker died. */
export type SpliceNotice = (level: "notice" | "alert", text: string) => void;

/** A descriptor that a worker looks at; see `SpliceWorker.watch`. */
export interface Watch {
  readonly fd: number;
  readonly onReady: () => void;
  slot: number;
}

class SpliceRelay implements Relay {
  readonly ended: Promise<Relayed>;
  #settle!: (relayed: Relayed) => void;
  #last: Relayed | null = null;

  readonly #memory: SpliceMemory;

  constructor(
    readonly worker: SpliceWorker,
    readonly slot: number,
    readonly early: { readonly in: number; readonly out: number },
    readonly tap: Tap | undefined,
  ) {
    this.#memory = worker.memory;
    this.ended = new Promise((settle) => (this.#settle = settle));
  }

  counts(): { bytesIn: number; bytesOut: number } {
    if (this.#last !== null) return { bytesIn: this.#last.bytesIn, bytesOut: this.#last.bytesOut };
    const { counts } = this.#memory;
    return {
      bytesIn: this.early.in + (counts[this.slot * 2] as number),
      bytesOut: this.early.out + (counts[this.slot * 2 + 1] as number),
    };
  }

  kill(): void {
    if (this.#last === null) this.worker.kill(this.slot);
  }

  end(by: Relayed["by"], how: Relayed["how"]): void {
    this.#last = { by, how, ...this.counts() };
    this.#settle(this.#last);
  }
}

/** The control thread's side of one worker. */
export class SpliceWorker {
  memory: SpliceMemory = spliceMemory();
  readonly #calls: SpliceCalls;
  readonly #notice: SpliceNotice;
  #thread: Worker;
  /** Slots that came back, and the lowest that was never used: taken in this order, so that few are ever touched. */
  #free: number[] = [];
  #fresh = 0;
  readonly #relays: (SpliceRelay | undefined)[] = [];
  readonly #watches: (Watch | undefined)[] = [];

  /** `pipeLimit`: pipes that it may have open, at most `pipeCapacity`. */
  constructor(
    calls: SpliceCalls,
    readonly pipeLimit: number,
    notice: SpliceNotice,
  ) {
    this.#calls = calls;
    this.#notice = notice;
    this.#thread = this.#launch();
  }

  /** Slots in use. */
  get load(): number {
    return this.#fresh - this.#free.length;
  }

  get isFull(): boolean {
    return this.load === slotCount;
  }

  /** Near the end of its slots: what has been accepted still finds one, but no more should be accepted. */
  get isCrowded(): boolean {
    return this.load > slotCount - slotCount / 8;
  }

  #takeSlot(): number {
    return this.#free.pop() ?? this.#fresh++;
  }

  /** Relays between two connected sockets, whose descriptors are the worker's from here on. Not when full. */
  start(clientFd: number, serverFd: number, limits: RelayLimits, early: { in: number; out: number }, tap?: Tap): Relay {
    const { memory } = this;
    const slot = this.#takeSlot();
    memory.fds[slot * 2] = clientFd;
    memory.fds[slot * 2 + 1] = serverFd;
    memory.counts[slot * 2] = 0;
    memory.counts[slot * 2 + 1] = 0;
    memory.options[slot] =
      (limits.splice.request ? option.spliceRequest : 0) |
      (limits.splice.response ? option.spliceResponse : 0) |
      (limits.clientNoLinger ? option.clientNoLinger : 0) |
      (limits.serverNoLinger ? option.serverNoLinger : 0) |
      (tap === undefined ? 0 : option.tapRequest | option.tapResponse);
    memory.limits[slot * 5] = limits.clientMs;
    memory.limits[slot * 5 + 1] = limits.serverMs;
    memory.limits[slot * 5 + 2] = limits.tunnelMs;
    memory.limits[slot * 5 + 3] = limits.clientFinMs;
    memory.limits[slot * 5 + 4] = limits.serverFinMs;
    const relay = new SpliceRelay(this, slot, early, tap);
    this.#relays[slot] = relay;
    this.#command(command.start | slot);
    return relay;
  }

  kill(slot: number): void {
    this.#command(command.kill | slot);
  }

  /**
   * Calls `onReady` whenever something has happened on `fd`: it became readable or writable, ended or failed. Edge-triggered,
   * so read until EAGAIN. The descriptor stays the caller's, who must not close it before `release`. Not when full.
   */
  watch(fd: number, onReady: () => void): Watch {
    const watch: Watch = { fd, onReady, slot: -1 };
    this.#look(watch);
    return watch;
  }

  /** Ends a watch: `onReady` is not called again, and the descriptor may be closed. */
  release(watch: Watch): void {
    this.#watches[watch.slot] = undefined;
    this.#calls.epollRemove(this.memory.control[control.epollFd] as number, watch.fd);
    this.#command(command.release | watch.slot);
  }

  #look(watch: Watch): void {
    const { memory } = this;
    watch.slot = this.#takeSlot();
    memory.fds[watch.slot * 2] = watch.fd;
    memory.fds[watch.slot * 2 + 1] = -1;
    memory.result[watch.slot] = 0;
    this.#watches[watch.slot] = watch;
    this.#command(command.watch | watch.slot);
  }

  #command(entry: number): void {
    const { memory } = this;
    push(memory, memory.commands, control.commandHead, entry);
    if (Atomics.exchange(memory.control, control.sleeping, 0) === 1)
      this.#calls.wake(memory.control[control.wakeFd] as number);
  }

  #launch(): Worker {
    const { memory } = this;
    this.#free = [];
    this.#fresh = 0;
    memory.control[control.wakeFd] = this.#calls.eventFd();
    memory.control[control.pipeLimit] = this.pipeLimit;
    const thread = new Worker(new URL("./splice-worker.ts", import.meta.url));
    thread.addEventListener("message", () => this.#drain());
    const died = (): void => this.#replace(thread);
    thread.addEventListener("error", died);
    thread.addEventListener("close", died);
    thread.postMessage(memory.buffer);
    thread.unref();
    return thread;
  }

  #drain(): void {
    const { memory } = this;
    Atomics.store(memory.control, control.told, 0);
    this.#drainTapped();
    for (;;) {
      const entry = shift(memory, memory.messages, control.messageHead, control.messageTail);
      if (entry < 0) return;
      const slot = entry & slotMask;
      switch (entry & ~slotMask) {
        case message.ended:
          this.#ended(slot);
          break;
        case message.ready:
          Atomics.store(memory.result, slot, 0);
          this.#watches[slot]?.onReady();
          break;
        case message.released:
          this.#free.push(slot);
          break;
      }
    }
  }

  /** Called before a slot is given back as well: a copy belongs to the session that had the slot when it was made. */
  #drainTapped(): void {
    drainTapped(this.memory, (direction, bytes) => this.#tapped(direction, bytes));
  }

  #tapped(direction: number, bytes: Uint8Array): void {
    const tap = this.#relays[direction >> 1]?.tap;
    const isFromServer = (direction & 1) === 1;
    const isTapping = tap !== undefined && (isFromServer ? tap.fromServer(bytes) : tap.fromClient(bytes));
    if (isTapping) return;
    Atomics.and(this.memory.options, direction >> 1, ~(isFromServer ? option.tapResponse : option.tapRequest));
  }

  #ended(slot: number): void {
    this.#drainTapped();
    const result = this.memory.result[slot] as number;
    const relay = this.#relays[slot] as SpliceRelay;
    this.#relays[slot] = undefined;
    this.#free.push(slot);
    relay.end(endBy[result >> 2] as Relayed["by"], endHow[result & 3] as Relayed["how"]);
  }

  /** A worker that died takes its sessions with it; its descriptors are closed and a new one takes its place. */
  #replace(thread: Worker): void {
    if (thread !== this.#thread) return;
    this.#drain();
    const { memory } = this;
    this.memory = spliceMemory();
    const relays = this.#relays.splice(0).filter((relay) => relay !== undefined);
    const watches = this.#watches.splice(0).filter((watch) => watch !== undefined);
    for (const relay of relays) {
      for (const fd of memory.fds.subarray(relay.slot * 2, relay.slot * 2 + 2)) if (fd >= 0) this.#calls.abort(fd);
      relay.end("proxy", "killed");
    }
    const own = [...memory.pipes, memory.control[control.wakeFd] as number, memory.control[control.epollFd] as number];
    for (const fd of own) if (fd > 0) this.#calls.close(fd);
    this.#thread = this.#launch();
    for (const watch of watches) this.#look(watch);
    const lost = relays.length;
    this.#notice(
      "alert",
      `A data plane worker died and took ${lost} session${lost === 1 ? "" : "s"} with it; another one has taken its place.`,
    );
  }
}
