/** Where a measure runs: which network lies between the ends, and the congestion control of all who send there. */

/** Loopback; a veth pair, with both ends of the load on its far side; or that with delay. */
export type Network = "loopback" | "veth" | "delay";

export interface Place {
  readonly network: Network;
  readonly congestion: "reno" | "bbr";
}

/** What each end of the veth pair adds: a trip across takes twice as long. */
export const delayMs = 10;

/** Where what stands in no other place is measured. */
export const home: Place = { network: "loopback", congestion: "reno" };

/** What keys of a place's figures end with; nothing at home, so that runs can be compared with older ones. */
export function keySuffix({ network, congestion }: Place): string {
  const net = { loopback: "", veth: "-veth", delay: `-${2 * delayMs}ms` }[network];
  return `${net}${congestion === "reno" ? "" : `-${congestion}`}`;
}

/** The same for titles. */
export function titleSuffix({ network, congestion }: Place): string {
  const net = { loopback: "", veth: ", veth", delay: `, veth with ${2 * delayMs} ms` }[network];
  return `${net}${congestion === "reno" ? "" : `, ${congestion}`}`;
}
