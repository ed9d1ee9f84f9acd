/** A listener of a runtime that cannot leave clients in the kernel's queue: while paused, what comes is accepted and kept, unread. */
import type { SocketAddress } from "../../address.ts";
import { guarded } from "./accepting.ts";
import { patienceMs, Retirement, type Retiring } from "./retirement.ts";
import type { SocketFile } from "./socket-file.ts";
import type { Connection, Listener } from "../transport.ts";

/** What is the same of Bun's and node:net's listeners: all but the socket. */
export abstract class QueueingListener implements Listener, Retiring {
  abstract readonly address: SocketAddress;
  abstract readonly fd: number;
  protected abstract readonly file: SocketFile | null;
  protected isClosed = false;
  protected retirement: Retirement | null = null;
  readonly #accept: (client: Connection) => void;
  #gone: (() => void) | null = null;
  #isPaused = false;
  #waiting: Connection[] = [];

  constructor(accept: (client: Connection) => void) {
    this.#accept = guarded(accept);
  }

  abstract divert(attempt: number): void;
  abstract drain(): "empty" | "more";
  /** Once; the file of a unix socket is not its concern. */
  protected abstract closeSocket(): void;

  /** A client has come. Of those that wait there are at most so many; who is one too many is cut off. */
  protected take(client: Connection, mostWaiting = Infinity): void {
    if (!this.#isPaused) this.#accept(client);
    else if (this.#waiting.length < mostWaiting) this.#waiting.push(client);
    else client.reset();
  }

  /** Whether a client that had to wait is worth being accepted. */
  protected isThere(_client: Connection): boolean {
    return true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const client of this.#waiting.splice(0)) if (this.isThere(client)) this.#accept(client);
    if (this.isClosed) this.#tellGone();
  }

  keep(): void {
    this.file?.keep();
  }

  retire(gone: () => void): void {
    if (this.isClosed || this.#gone !== null) return;
    this.file?.remove();
    this.#gone = gone;
    this.beginRetirement();
  }

  protected beginRetirement(): void {
    if (this.isClosed) return;
    this.retirement = new Retirement(this, patienceMs(this.address, false));
    this.retirement.begin();
  }

  mayClose(): boolean {
    return true;
  }

  closeRetired(): void {
    this.#stop();
    this.#tellGone();
  }

  close(): void {
    this.#gone = null;
    for (const client of this.#waiting.splice(0)) client.reset();
    this.#stop();
  }

  #tellGone(): void {
    if (this.#waiting.length > 0) return;
    this.#gone?.();
    this.#gone = null;
  }

  #stop(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.retirement?.stop();
    this.closeSocket();
    this.file?.remove();
  }
}
