/** Which congestion control a socket gets: the one that is asked for, and between two ends of one machine none that paces. */
import { networkInterfaces } from "node:os";
import { clockMs } from "../../clock.ts";
import { IPPROTO_TCP, type SocketCalls, TCP_CONGESTION } from "../libc/socket-calls.ts";

/** What every kernel has, and grants to everybody. */
const unpaced = "reno";

/** How long the machine's addresses are taken for what they were. */
const freshMs = 10_000;

let own = new Set<string>();
let lookedAt = -Infinity;

/** Whether an address leads nowhere but to this machine. */
export function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}

/** Whether a peer at this address, a literal, is on this machine. */
export function isHere(host: string): boolean {
  if (isLoopback(host)) return true;
  const now = clockMs();
  if (now - lookedAt >= freshMs) {
    lookedAt = now;
    own = new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)));
  }
  return own.has(host);
}

/** `cc NAME`; the negative errno where the kernel does not have it or does not grant it. */
export function setCongestion(calls: SocketCalls, fd: number, name: string): number {
  return calls.setTextOption(fd, IPPROTO_TCP, TCP_CONGESTION, name);
}

/**
 * Takes the pace from a socket whose two ends are on this machine: BBR sends by timers there, one and an interrupt for every
 * 64 KiB, and nothing is ever lost that could make up for it. Others are left as they are. May be called at any time.
 */
export function unpace(calls: SocketCalls, fd: number): void {
  if (calls.getTextOption(fd, IPPROTO_TCP, TCP_CONGESTION)?.startsWith("bbr") === true)
    setCongestion(calls, fd, unpaced);
}
