/** Which congestion control a socket gets: the one that is asked for, and between two ends of one machine none that paces. */
import { networkInterfaces } from "node:os";
import { clockMs } from "../../clock.ts";
import { IPPROTO_TCP, type SocketCalls, TCP_CONGESTION } from "../libc/socket-calls.ts";
import { isLoopback } from "../../address.ts";

/** What every kernel has, and grants to everybody. */
const unpaced = "reno";

/** How long the machine's addresses are taken for what they were. */
const freshMs = 10_000;

/** How long the system's choice is taken for what it was. */
const choiceFreshMs = 1000;

let isChoicePaced = false;
let askedAt = -Infinity;
let own = new Set<string>();
let lookedAt = -Infinity;

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
  if (isPaced(calls, fd)) setCongestion(calls, fd, unpaced);
}

function isPaced(calls: SocketCalls, fd: number): boolean {
  return calls.getTextOption(fd, IPPROTO_TCP, TCP_CONGESTION)?.startsWith("bbr") === true;
}

/** The same for a socket that has what the system chooses, which is asked for once a second. */
export function unpaceChosen(calls: SocketCalls, fd: number): void {
  const now = clockMs();
  if (now - askedAt >= choiceFreshMs) {
    askedAt = now;
    isChoicePaced = isPaced(calls, fd);
  }
  if (isChoicePaced) setCongestion(calls, fd, unpaced);
}
