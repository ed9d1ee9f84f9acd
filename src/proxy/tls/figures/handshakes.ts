/** Handshakes of clients that are under way, by where they come from: no source may have them all. */
import { Roster } from "../../../roster.ts";
import type { SocketAddress } from "../../../address.ts";

/** One that can be given up. */
export interface Handshake {
  /** It must give way: another of its source has begun. Never throws. */
  giveWay(): void;
}

/** So many of one source at least, however few connections the process may have. */
const fewest = 16;
/** The part of all connections that one source's handshakes may take. */
const share = 1 / 4;

/**
 * Who begins handshakes and does not go on with them keeps a connection each for as long as `timeout client` allows. One source may do so
 * with a quarter of what the process may have: from then on its oldest one ends with each that begins. Whoever is served takes part in
 * this only while its handshake lasts.
 */
export class Handshakes {
  readonly #bySource = new Map<string, Roster<Handshake>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * `from`: as a PROXY header says where there is one, for who sends that speaks for many. `maxconn`: connections that the process may
   * have. What is returned must be called once it is over, however it ends.
   */
  begin(one: Handshake, from: SocketAddress, maxconn: number): () => void {
    const source = sourceOf(from);
    if (source === null) return this.#uncounted();
    const own = this.#bySource.get(source) ?? new Roster<Handshake>();
    this.#bySource.set(source, own);
    const oldest = own.first;
    const isTooMany = oldest !== null && own.size >= Math.max(fewest, Math.floor(maxconn * share));
    const place = own.add(one);
    this.#count += 1;
    if (isTooMany) oldest.giveWay();
    return () => {
      if (place.one === null) return;
      place.end();
      this.#count -= 1;
      if (own.size === 0 && this.#bySource.get(source) === own) this.#bySource.delete(source);
    };
  }

  #uncounted(): () => void {
    this.#count += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.#count -= 1;
      isOver = true;
    };
  }
}

/** An address of IPv4; of IPv6 its first 64 bits, which one customer has at least. Null: it came by a unix socket, and may be anybody's. */
export function sourceOf(address: SocketAddress): string | null {
  if (address.kind !== "tcp") return null;
  const { host } = address;
  if (!host.includes(":") || host.includes(".")) return host;
  return first64(host);
}

function first64(host: string): string {
  const [head = "", tail = ""] = host.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const left = Math.max(0, 8 - groups.length - after.length);
  return [...groups, ...Array.from({ length: left }, () => "0"), ...after]
    .slice(0, 4)
    .map((one) => Number.parseInt(one, 16).toString(16))
    .join(":");
}
