/** A client that is nobody's session any more, and whose connection stays open for a while. */
import type { Deadline, Expiring } from "../net/deadlines.ts";
import type { Connection, Stream, StreamOwner } from "../net/transport.ts";

/** So much of what comes is read and dropped at a time; the rest has to wait where it is. */
const readBytes = 64 * 1024;

/** Owns the connection. It keeps nothing of the session's, so that a client costs little more than its socket. */
export abstract class HeldClient implements StreamOwner, Expiring {
  protected deadline: Deadline | null = null;
  #leftBytes = readBytes;

  /** `held`: those of its kind; it is among them from here on until its connection is closed. */
  constructor(
    protected readonly client: Connection,
    private readonly held: Set<HeldClient>,
    private readonly emptied: () => void,
  ) {
    held.add(this);
    client.onLost = null;
  }

  /** From now on its bytes are dropped. */
  protected takeOver(): void {
    const { client } = this;
    client.consume(client.held.length);
    client.owner = this;
    if (client.closed) this.forget();
    else client.resume();
  }

  /** As many bytes again are read. */
  protected readOn(): void {
    const wasPaused = this.#leftBytes <= 0;
    this.#leftBytes = readBytes;
    if (wasPaused) this.client.resume();
  }

  data(from: Stream, _buffer: Uint8Array, length: number): boolean {
    this.#leftBytes -= length;
    if (this.#leftBytes > 0) return true;
    from.pause();
    return false;
  }

  drained(_to: Stream, _isAll: boolean): void {}

  end(_from: Stream): void {
    this.letGo();
  }

  closed(_which: Stream, _code: string | null): void {
    this.forget();
  }

  abstract expire(): void;

  /** It leaves, or has had its time: closes. */
  letGo(): void {
    const { client } = this;
    if (client.closed) return this.forget();
    this.forget();
    // What it did not take is lost, and must not look like a clean end.
    if (client.isFull) client.terminate();
    else client.hangUp();
  }

  cutOff(): void {
    this.forget();
    if (!this.client.closed) this.client.reset();
  }

  /** Its connection is, or will be, closed. */
  protected forget(): void {
    this.deadline?.cancel();
    this.deadline = null;
    if (this.held.delete(this) && this.held.size === 0) this.emptied();
  }
}
