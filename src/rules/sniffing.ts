/** What is remembered between looks at bytes that keep coming, so that all looks together cost no more than the bytes are. */

/** A reader that is given all that has come, again and again, and goes on where it ended. */
export type ReaderKind<Reader> = new () => Reader;

/** One direction's memory: its readers, and how much was looked at again. Bytes only ever come behind those seen before. */
export class Sniffing {
  readonly #readers = new Map<ReaderKind<unknown>, unknown>();
  #lookedAtBytes = 0;

  /** The one reader of its kind. */
  reader<Reader>(kind: ReaderKind<Reader>): Reader {
    let reader = this.#readers.get(kind) as Reader | undefined;
    if (reader === undefined) this.#readers.set(kind, (reader = new kind()));
    return reader;
  }

  /** Counts bytes that were taken out to be looked at as a whole, whether or not they were before. */
  count(bytes: number): void {
    this.#lookedAtBytes += bytes;
  }

  get lookedAtBytes(): number {
    return this.#lookedAtBytes;
  }
}
