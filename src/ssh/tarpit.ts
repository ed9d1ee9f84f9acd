/** Clients that are kept busy: before its identification a server may send other lines (RFC 4253, section 4.2), and these get nothing else. */
import { clockMs } from "../clock.ts";
import { expireAfter, expireIn } from "../net/deadlines.ts";
import type { Connection } from "../net/transport.ts";
import { HeldClient } from "./held-client.ts";

/** From one line to the next. */
const lineMs = 10_000;
/** Where no `timeout tarpit` is set. */
const defaultMs = 10 * 60_000;
const lineMostBytes = 32;

/** All of the process. */
export class Tarpit {
  readonly #held = new Set<HeldClient>();
  readonly #emptied = (): void => {};
  #isRetired = false;
  most = 0;
  /** Since the start. */
  total = 0;

  get size(): number {
    return this.#held.size;
  }

  /** For `ms`, 0: as long as usual. False: there are too many already, and nothing has been done. */
  take(client: Connection, ms: number): boolean {
    if (this.#isRetired || this.#held.size >= this.most) return false;
    this.total += 1;
    new Tarpitted(client, clockMs() + (ms || defaultMs), this.#held, this.#emptied).begin();
    return true;
  }

  /** Lets all go, for good. */
  retire(): void {
    this.#isRetired = true;
    for (const one of this.#held) one.letGo();
  }
}

class Tarpitted extends HeldClient {
  readonly #endsAt: number;

  constructor(client: Connection, endsAt: number, held: Set<HeldClient>, emptied: () => void) {
    super(client, held, emptied);
    this.#endsAt = endsAt;
  }

  begin(): void {
    this.takeOver();
    if (this.client.closed) return;
    if (this.client.ended) this.letGo();
    else this.#say();
  }

  #say(): void {
    const { client } = this;
    // One that does not even read is kept busy as it is.
    if (!client.isFull) {
      const line = randomLine();
      client.send(line, line.length);
    }
    const leftMs = this.#endsAt - clockMs();
    this.deadline = leftMs > lineMs ? expireAfter(lineMs, this) : expireIn(leftMs, this);
  }

  expire(): void {
    this.deadline = null;
    if (clockMs() >= this.#endsAt || this.client.closed) return this.letGo();
    this.readOn();
    this.#say();
  }
}

/** Of hexadecimal digits, so that it can begin no identification. */
function randomLine(): Uint8Array {
  let text = "";
  for (let left = 3 + Math.floor(Math.random() * (lineMostBytes - 4)); left > 0; left--) {
    text += Math.floor(Math.random() * 16).toString(16);
  }
  return new TextEncoder().encode(`${text}\r\n`);
}
