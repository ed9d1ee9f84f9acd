/** A stream that takes what it is sent, or so much of it, and remembers it. */
import type { Stream, StreamOwner } from "../../../src/net/transport.ts";

export class Sink implements Stream {
  owner: StreamOwner | null = null;
  held: Uint8Array = new Uint8Array(0);
  readonly ended = false;
  closed = false;
  readonly lostCode = null;
  isFull = false;
  readonly sends: string[] = [];

  get text(): string {
    return this.sends.join("");
  }

  send(buffer: Uint8Array, length: number): boolean {
    this.sends.push(Buffer.from(buffer.subarray(0, length)).toString("latin1"));
    return !this.isFull;
  }

  pause(): void {}
  resume(): void {}
  readOn(): void {}
  shutdown(): void {}
  hangUp(): void {}
  terminate(): void {}
}
