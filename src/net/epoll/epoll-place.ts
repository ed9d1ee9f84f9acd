/** Which epoll of this process a descriptor stands in, as /proc tells. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** An epoll, and the two words of data by which it knows a descriptor. */
export interface Place {
  readonly epoll: number;
  readonly low: number;
  readonly high: number;
}

/** Where a descriptor is registered, see proc(5), /proc/pid/fdinfo; null: nowhere. */
export function placeIn(fd: number): Place | null {
  const pattern = new RegExp(`^tfd:\\s+${fd}\\s.*\\sdata:\\s+([0-9a-f]+)`, "m");
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      if (!readlinkSync(`/proc/self/fd/${name}`).includes("[eventpoll]")) continue;
      const found = pattern.exec(readFileSync(`/proc/self/fdinfo/${name}`, "latin1"));
      if (found === null) continue;
      const data = BigInt(`0x${found[1]}`);
      return {
        epoll: Number(name),
        low: Number(BigInt.asIntN(32, data)),
        high: Number(BigInt.asIntN(32, data >> 32n)),
      };
    } catch {
      // The descriptor that the folder itself was read by.
    }
  }
  return null;
}
