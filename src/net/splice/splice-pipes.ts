/** Pipes for splice(2), lent to a direction only while bytes are in it, so that idle sessions hold none. */
import type { SpliceCalls } from "./splice-calls.ts";
import { control, type SpliceMemory } from "./splice-memory.ts";

/** Empty pipes kept for the next direction; the others are closed when they come back. */
const keptEmpty = 64;
/** Tries that are spared after one that the system has refused. */
const skippedTries = 256;

/** A thread's pipes by number. A pipe comes back empty or not at all: bytes of one session never meet another. */
export class PipePool {
  readonly #calls: SpliceCalls;
  readonly #memory: SpliceMemory;
  readonly #room: number[] = [];
  readonly #empty: number[] = [];
  readonly #closed: number[] = [];
  #skips = 0;
  readonly #pair = new Int32Array(new ArrayBuffer(8));

  constructor(calls: SpliceCalls, memory: SpliceMemory) {
    this.#calls = calls;
    this.#memory = memory;
  }

  /** An empty pipe's number, or -1 when there are as many as may be or the system gives no more: the caller copies instead. */
  take(): number {
    const pipe = this.#empty.pop() ?? this.#open();
    const { control: words } = this.#memory;
    if (pipe < 0 !== (words[control.dry] === 1)) Atomics.store(words, control.dry, pipe < 0 ? 1 : 0);
    this.#tell();
    return pipe;
  }

  #open(): number {
    const { control: words, pipes } = this.#memory;
    if (this.#opened >= (words[control.pipeLimit] as number)) return -1;
    if (this.#skips > 0) {
      this.#skips -= 1;
      return -1;
    }
    const room = this.#calls.pipe(this.#pair, words[control.pipeBytes] as number);
    if (room < 0) {
      this.#skips = skippedTries;
      return -1;
    }
    const number = this.#closed.pop() ?? this.#room.length;
    this.#room[number] = room;
    pipes[number * 2] = this.#pair[0] as number;
    pipes[number * 2 + 1] = this.#pair[1] as number;
    return number;
  }

  /** Open pipes, lent or not. */
  get #opened(): number {
    return this.#room.length - this.#closed.length;
  }

  /** Takes a pipe back; one that may still hold bytes is closed, never lent again. */
  give(pipe: number, isEmpty: boolean): void {
    const isKept =
      isEmpty && this.#empty.length < keptEmpty && this.#opened <= (this.#memory.control[control.pipeLimit] as number);
    if (isKept) {
      this.#empty.push(pipe);
      this.#tell();
    } else this.#close(pipe);
    this.#skips = 0;
    if (this.#memory.control[control.dry] === 1) Atomics.store(this.#memory.control, control.dry, 0);
  }

  /** Closes every pipe that nobody holds: a worker without sessions keeps none. */
  trim(): void {
    for (const pipe of this.#empty.splice(0)) this.#close(pipe);
    this.#tell();
  }

  #tell(): void {
    this.#memory.control[control.freePipes] = this.#empty.length;
  }

  #close(pipe: number): void {
    this.#calls.close(this.readEnd(pipe));
    this.#calls.close(this.writeEnd(pipe));
    this.#memory.pipes[pipe * 2] = -1;
    this.#memory.pipes[pipe * 2 + 1] = -1;
    this.#closed.push(pipe);
  }

  readEnd(pipe: number): number {
    return this.#memory.pipes[pipe * 2] as number;
  }

  writeEnd(pipe: number): number {
    return this.#memory.pipes[pipe * 2 + 1] as number;
  }

  /** Bytes that fit into the pipe. */
  room(pipe: number): number {
    return this.#room[pipe] as number;
  }
}
