/** How often one address is asked for host keys: several servers of a plan may be the same sshd, which counts by the source that it sees. */
import { addressText, type SocketAddress } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import { ProbePace, probePaceMs } from "../../proxy/time/probe-pace.ts";

/** Addresses that are remembered before those are looked through whose time has passed. */
const manyAddresses = 256;

/** One per process. */
export class AddressPace {
  readonly #paces = new Map<string, ProbePace>();

  /** `gapMs`: between two connections. */
  constructor(
    private readonly now: () => number = clockMs,
    private readonly gapMs = probePaceMs,
  ) {}

  /** How long to wait until that address, as a server with that pace of its own, may be asked; 0: now. */
  waitMs(address: SocketAddress, own: ProbePace): number {
    const now = this.now();
    return Math.max(own.waitMs(now), this.#paces.get(addressText(address))?.waitMs(now) ?? 0);
  }

  /** It is asked now. `isShared`: others ask the server as well, who must not find it asked already each time: every second turn is theirs. */
  begin(address: SocketAddress, own: ProbePace, isShared: boolean): void {
    const now = this.now();
    if (this.#paces.size >= manyAddresses) this.#forget(now);
    const key = addressText(address);
    const pace = this.#paces.get(key) ?? new ProbePace();
    this.#paces.set(key, pace);
    own.rest(now, this.gapMs);
    pace.rest(now, isShared ? 2 * this.gapMs : this.gapMs);
  }

  #forget(now: number): void {
    for (const [key, pace] of this.#paces) if (pace.waitMs(now) === 0) this.#paces.delete(key);
  }
}
