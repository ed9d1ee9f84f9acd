/** Who has sent PROXY headers as they should be: forwarders in front of us, whose other connections must not bring a penalty upon all their clients. */

const lastsMs = 600_000;
const most = 1024;

/** By network, those of late. Bounded: whoever has not sent one for longest goes. */
export class Bearers {
  readonly #lastAt = new Map<string, number>();

  note(network: string, now: number): void {
    this.#lastAt.delete(network);
    this.#lastAt.set(network, now);
    if (this.#lastAt.size > most) this.#lastAt.delete(this.#lastAt.keys().next().value ?? "");
  }

  has(network: string, now: number): boolean {
    const lastAt = this.#lastAt.get(network);
    return lastAt !== undefined && now - lastAt < lastsMs;
  }
}
