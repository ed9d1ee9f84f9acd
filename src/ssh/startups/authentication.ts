/**
 * Tells from outside when authentication is over.
 *
 * What both sides say is hidden; when they say it, and how much, is not. Authentication is a talk in turns (RFC 4252): each request of
 * the client's has its answer. The one that ends it, SSH_MSG_USERAUTH_SUCCESS, carries a single byte: its packet is the smallest there
 * is, and no other answer comes near. Servers count a session as logging in for a moment longer, so authentication is over here with
 * whatever the server says next.
 *
 * Some servers put empty packets (SSH_MSG_IGNORE) in front of all that they say, which are as small with most ciphers. Only of one that
 * has been heard to answer the client's first request plainly, by a packet of the known size, a smallest packet is taken at its word.
 * Of all others there must be two of them together, or one that the client answers. Where packets show no length, a piece is a packet:
 * servers wait for an answer after each. What is missed that way is found in what follows, for channels have small answers, too.
 */
import { clearPacketEnd, type PacketSizes } from "./packet-sizes.ts";

/** Takes both directions' hidden bytes, in any pieces. */
export class Authentication {
  /** Set once: nobody looks at what follows. */
  isOver = false;
  /** Times that the client has spoken after the server, or first. */
  #turns = 0;
  #isClientsTurn = true;
  /** It answers without anything in front; null: it has not answered yet. */
  #isPlain: boolean | null = null;
  /** Smallest packets that came last, in this turn of the server's. */
  #small = 0;
  #hasSucceeded = false;
  /** Of the packet under way, where lengths are in the clear: what is still to come, and the length as far as it has. */
  #leftBytes = 0;
  readonly #length = new Uint8Array(4);
  #lengthBytes = 0;
  #size = 0;
  #isLost = false;

  constructor(readonly sizes: PacketSizes) {}

  fromClient(): void {
    // It answers a packet as small as that: nothing was in front of something else.
    if (this.#small > 0) this.#hasSucceeded = true;
    this.#small = 0;
    if (this.#isClientsTurn) this.#turns += 1;
    this.#isClientsTurn = false;
  }

  fromServer(bytes: Uint8Array): void {
    if (this.#isLost || bytes.length === 0) return;
    if (this.sizes.isLengthClear) this.#walk(bytes);
    else this.#packet(bytes.length);
  }

  #walk(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.isOver;) {
      if (this.#leftBytes === 0) {
        while (this.#lengthBytes < 4 && at < bytes.length) {
          this.#length[this.#lengthBytes] = bytes[at] ?? 0;
          this.#lengthBytes += 1;
          at += 1;
        }
        if (this.#lengthBytes < 4) return;
        this.#lengthBytes = 0;
        this.#size = clearPacketEnd(this.#length, 0, this.sizes);
        this.#leftBytes = this.#size - 4;
        this.#isLost = this.#size < 0;
        if (this.#isLost) return;
      }
      const taken = Math.min(this.#leftBytes, bytes.length - at);
      this.#leftBytes -= taken;
      at += taken;
      if (this.#leftBytes === 0) this.#packet(this.#size);
    }
  }

  #packet(size: number): void {
    // What a server says by itself, before it is asked for anything.
    if (this.#turns === 0) return;
    this.#isClientsTurn = true;
    if (this.#hasSucceeded) this.isOver = true;
    else if (size === this.sizes.least || size === this.sizes.leastByRule) this.#smallest(size);
    else {
      this.#small = 0;
      if (this.#turns === 1 && size === this.sizes.accept) this.#isPlain ??= true;
    }
  }

  #smallest(size: number): void {
    this.#small += 1;
    // Smaller than an empty one of those.
    const isCertain = size < this.sizes.leastByRule;
    if (this.#turns === 1) this.#isPlain ??= false;
    this.#hasSucceeded = isCertain || this.#isPlain === true || this.#small > 1;
  }
}
