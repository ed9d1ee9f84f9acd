/** Pipes for splice(2), lent to a direction only while bytes are in it, so that idle sessions hold none. */
import type { SpliceCalls } from "./splice-calls.ts";
import { control, type SpliceMemory } from "./splice-memory.ts";

/** Empty pipes kept for the next direction; the others are closed when they come back. */
const keptEmpty = 64;

/** A thread's pipes by number. A pipe comes back empty or not at all: bytes of one session never meet another. */
export class PipePool {
  readonly #calls: SpliceCalls;
  readonly #memory: SpliceMemory;
  readonly #room: number[] = [];
  readonly #empty: number[] = [];
  readonly #closed: number[] = [];
  readonly #pair = new Int32Array(new ArrayBuffer(8));

  constructor(calls: SpliceCalls, memory: SpliceMemory) {
    this.#calls = calls;
    this.#memory = memory;
  }

  /** An empty pipe's number, or -1 when there are as many as may be or the system gives no more: the caller copies instead. */
  take(): number {
    const pipe = this.#empty.pop();
    this.#tell();
    if (pipe !== undefined) return pipe;
    const number = this.#closed.pop() ?? this.#room.length;
    if (number >= (this.#memory.control[control.pipeLimit] as number)) {
      if (number < this.#room.length) this.#closed.push(number);
      return -1;
    }
    const room = this.#calls.pipe(this.#pair, this.#memory.control[control.pipeBytes] as number);
    if (room < 0) {
      if (number < this.#room.length) this.#closed.push(number);
      return -1;
    }
    this.#room[number] = room;
    this.#memory.pipes[number * 2] = this.#pair[0] as number;
    this.#memory.pipes[number * 2 + 1] = this.#pair[1] as number;
    return number;
  }

  /** Takes a pipe back; one that may still hold bytes is closed, never lent again. */
  give(pipe: number, isEmpty: boolean): void {
    if (isEmpty && this.#empty.length < keptEmpty) {
      this.#empty.push(pipe);
      this.#tell();
      return;
    }
    this.#close(pipe);
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
