/** A connection of any transport as a stream of `node:stream`, for `node:tls` to run over. */
import { Duplex } from "node:stream";
import type { Connection, Stream, StreamOwner } from "../transport.ts";

/** Owns the connection: whoever destroys this ends that, and what it held goes first. */
export class PlainDuplex extends Duplex {
  readonly #plain: Connection;
  /** Called once what was written is on its way. */
  #written: (() => void) | null = null;
  /** How the connection ends when this is destroyed. */
  #isReset = false;
  #hasEnded = false;

  constructor(plain: Connection) {
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#plain = plain;
    plain.owner = new PlainEvents(this);
    const { held } = plain;
    if (held.length > 0) {
      plain.consume(held.length);
      this.push(held);
    }
    if (plain.ended) this.finished();
  }

  /** Destroys it with a reset of the connection. */
  reset(): void {
    this.#isReset = true;
    this.destroy();
  }

  override _read(): void {
    if (!this.#plain.closed && !this.#plain.ended) this.#plain.resume();
  }

  override _write(chunk: Uint8Array, _encoding: unknown, done: (error?: Error) => void): void {
    if (this.#plain.closed) return done(this.#lost());
    if (this.#plain.send(chunk, chunk.length)) done();
    else this.#written = done;
  }

  override _final(done: () => void): void {
    this.#plain.shutdown();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const plain = this.#plain;
    plain.owner = null;
    this.#written = null;
    if (!plain.closed) {
      if (this.#isReset) plain.reset();
      else plain.close();
    }
    done(error);
  }

  /** False when no more is wanted for now. */
  came(buffer: Uint8Array, length: number): boolean {
    const bytes = this.#plain.givesAway === true ? buffer.subarray(0, length) : buffer.slice(0, length);
    if (this.push(bytes)) return true;
    this.#plain.pause();
    return false;
  }

  /** What was written last is on its way. */
  sent(): void {
    const done = this.#written;
    this.#written = null;
    done?.();
  }

  /** The peer's FIN. */
  finished(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.push(null);
  }

  lost(): void {
    this.destroy(this.#lost());
  }

  #lost(): Error {
    const code = this.#plain.lostCode ?? "ECONNRESET";
    return Object.assign(new Error(code), { code });
  }
}

/** What the connection tells, under names that a stream of Node's has for other things. */
class PlainEvents implements StreamOwner {
  constructor(readonly duplex: PlainDuplex) {}

  data(_from: Stream, buffer: Uint8Array, length: number): boolean {
    return this.duplex.came(buffer, length);
  }

  drained(_to: Stream, isAll: boolean): void {
    if (isAll) this.duplex.sent();
  }

  end(): void {
    this.duplex.finished();
  }

  closed(_which: Stream, code: string | null): void {
    if (code === null) this.duplex.finished();
    else this.duplex.lost();
  }
}
