/** Bytes that were read for a connection before it heard of them. */

/** Of each at most: who brings more reads by itself. */
export const aheadBytes = 4096;
// It takes any bytes, and makes no view of them.
const { copy } = Buffer.prototype;

/** Who has bytes read for it. */
export interface AheadReader {
  /** What they are read from now; -1: it reads by itself. */
  readonly aheadFd: number;
  /** Owns them until `keepAhead`. */
  tookAhead(bytes: AheadBytes): void;
  /** Others are about to be read where these are. */
  keepAhead(): void;
}

/** What one recv gave. */
export class AheadBytes {
  readonly #bytes: Uint8Array;
  #at: number;
  /** How many there are, 0: the peer's FIN, or the negative errno. */
  #result = 0;
  /** More may be there. */
  isCut = false;

  constructor(bytes: Uint8Array, at: number, result: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#result = result;
  }

  /** A recv gave this into memory `at` of the same bytes. */
  fill(at: number, result: number): void {
    this.#at = at;
    this.#result = result;
    this.isCut = result === aheadBytes;
  }

  /** Its end, or its failure, has been taken, or all of its bytes have. */
  get isTaken(): boolean {
    return this.#at < 0;
  }

  /** As SocketCalls.recv. */
  take(into: Uint8Array): number {
    const count = Math.min(this.#result, into.length);
    if (count > 0) copy.call(this.#bytes as Buffer, into, 0, this.#at, this.#at + count);
    this.#result -= Math.max(0, count);
    this.#at = this.#result > 0 ? this.#at + count : -1;
    return count;
  }

  /** The same in memory of its own, behind which more may have come. */
  kept(): AheadBytes {
    const bytes = this.#bytes.slice(this.#at, this.#at + Math.max(0, this.#result));
    const kept = new AheadBytes(bytes, 0, this.#result);
    kept.isCut = true;
    return kept;
  }
}
