/** A connection without a socket, for tests of clients that are held: what is done with it is told. */
import type { Connection, PeekHandler, StreamOwner } from "../../../src/net/transport.ts";

export class FakeClient {
  owner: StreamOwner | null = null;
  held: Uint8Array = new Uint8Array(0);
  ended = false;
  closed = false;
  isFull = false;
  onLost: (() => void) | null = () => {};
  readonly done: string[] = [];
  /** Who waits for its first bytes, and how long at most. */
  waiting: { readonly handler: PeekHandler; readonly deadlineMs: number } | null = null;

  constructor(said = "") {
    this.held = Buffer.from(said);
  }

  get connection(): Connection {
    return this as unknown as Connection;
  }

  /** What was sent and done, in one line. */
  get story(): string {
    return this.done.join(" ");
  }

  consume(count: number): void {
    this.held = this.held.subarray(count);
  }

  whenPeeked(_atLeast: number, _limit: number, deadlineMs: number, handler: PeekHandler): void {
    this.waiting = { handler, deadlineMs };
  }

  send(bytes: Uint8Array): boolean {
    this.done.push(`sent:${Buffer.from(bytes).toString("latin1").trim()}`);
    return !this.isFull;
  }

  resume(): void {
    this.done.push("resume");
  }

  pause(): void {
    this.done.push("pause");
  }

  shutdown(): void {
    this.done.push("shutdown");
  }

  #end(how: string): void {
    this.done.push(how);
    this.closed = true;
  }

  hangUp(): void {
    this.#end("hangUp");
  }

  terminate(): void {
    this.#end("terminate");
  }

  reset(): void {
    this.#end("reset");
  }

  close(): void {
    this.#end("close");
  }
}
