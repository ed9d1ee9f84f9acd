/** A refused client that is to read why: it is told as soon as it has shown that it speaks SSH, and then given time. */
import { clockMs } from "../clock.ts";
import { expireAfter } from "../net/deadlines.ts";
import type { Connection, Peeked, PeekHandler } from "../net/transport.ts";
import { beginsSsh, decidingBytes } from "./first-bytes.ts";
import { HeldClient } from "./held-client.ts";

/** From the refusal to the end. */
const lingerMs = 3000;
/** So long the first bytes of one that has said nothing are waited for. */
const waitMs = 1000;

/** Lingers: close(2) at once would answer what comes meanwhile with RST, and the text would be lost with it. */
export class LastWord extends HeldClient implements PeekHandler {
  readonly #begunAt = clockMs();
  readonly #word: Uint8Array;
  #isTold = false;

  constructor(client: Connection, word: Uint8Array, held: Set<HeldClient>, emptied: () => void) {
    super(client, held, emptied);
    this.#word = word;
  }

  /** `isKnown`: it speaks SSH, and what it has sent may be gone. */
  begin(isKnown: boolean): void {
    this.deadline = expireAfter(lingerMs, this);
    const { client } = this;
    if (isKnown) this.#say();
    else this.#look(client.present?.(decidingBytes) ?? client.held);
  }

  #look(bytes: Uint8Array): void {
    const leftMs = this.#begunAt + waitMs - clockMs();
    const isSsh = beginsSsh(bytes);
    if (isSsh === false) this.#leave();
    else if (isSsh === true || leftMs <= 0) this.#say();
    else this.client.whenPeeked(bytes.length + 1, decidingBytes, Math.ceil(leftMs), this);
  }

  peeked({ bytes, state }: Peeked): void {
    // Cut off meanwhile.
    if (this.deadline === null) return;
    if (state === "lost" || (state === "end" && beginsSsh(bytes) !== true)) this.#leave();
    else if (state === "timeout" && beginsSsh(bytes) !== false) this.#say();
    else this.#look(bytes);
  }

  /** Without a word. */
  #leave(): void {
    this.forget();
    this.client.close();
  }

  #say(): void {
    const { client } = this;
    this.takeOver();
    if (client.closed) return;
    if (client.send(this.#word, this.#word.length)) this.#sent();
  }

  override drained(_to: unknown, isAll: boolean): void {
    if (isAll) this.#sent();
  }

  #sent(): void {
    const { client } = this;
    if (this.#isTold) return;
    this.#isTold = true;
    // Whoever speaks TLS for a client of SSH takes our end for that of both sides, and does not wait until it has read: that one leaves first.
    if (client.tls === undefined) client.shutdown();
    // It may have told the end at once.
    if (client.closed) this.forget();
    else if (client.ended && this.deadline !== null) this.letGo();
  }

  override end(): void {
    // One that finishes before it has been told reads on.
    if (this.#isTold) this.letGo();
  }

  expire(): void {
    this.deadline = null;
    this.letGo();
  }
}
