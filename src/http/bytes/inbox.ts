/** Bytes of one direction that have come and that nobody has taken yet. */

const nothing = new Uint8Array(0);

/** A window on them: from `give` to `keep` on the buffer that they came in, which is only lent, then on a copy of what is left. */
export class Inbox {
  bytes: Uint8Array = nothing;
  from = 0;
  end = 0;
  #isOwn = true;

  get length(): number {
    return this.end - this.from;
  }

  /** More has come: the first `length` bytes of `buffer`. */
  give(buffer: Uint8Array, length: number): void {
    if (this.from < this.end) return this.#append(buffer, length);
    this.bytes = buffer;
    this.from = 0;
    this.end = length;
    this.#isOwn = false;
  }

  /** The first `count` of them have gone on. */
  take(count: number): void {
    this.from += count;
    if (this.from === this.end) this.clear();
  }

  /** What is left is needed later, when whoever lent the buffer uses it again. */
  keep(): void {
    if (this.#isOwn) return;
    if (this.from === this.end) return this.clear();
    this.bytes = this.copy();
    this.end -= this.from;
    this.from = 0;
    this.#isOwn = true;
  }

  clear(): void {
    this.bytes = nothing;
    this.from = this.end = 0;
    this.#isOwn = true;
  }

  /** A copy of what is there. */
  copy(): Uint8Array {
    // Not `slice`, which a Buffer has otherwise.
    const copy = new Uint8Array(this.end - this.from);
    copy.set(this.bytes.subarray(this.from, this.end));
    return copy;
  }

  #append(buffer: Uint8Array, length: number): void {
    const have = this.length;
    if (!this.#isOwn || this.end + length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(1024, 2 * (have + length)));
      larger.set(this.bytes.subarray(this.from, this.end));
      this.bytes = larger;
      this.from = 0;
      this.end = have;
      this.#isOwn = true;
    }
    this.bytes.set(length < buffer.length ? buffer.subarray(0, length) : buffer, this.end);
    this.end += length;
  }
}
