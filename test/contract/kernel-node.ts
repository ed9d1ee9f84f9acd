/** Takes the place of `kernel.ts` where libc cannot be called: whoever runs the tests lends what they need. */
import { readdirSync, readlinkSync } from "node:fs";
import type { SocketCalls } from "../../src/net/libc/socket-calls.ts";
import type { SocketAddress } from "../../src/address.ts";

/** Open sockets of this process; for itself a runtime opens others as it goes. */
export function descriptorCount(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      // The one that reads this folder.
      return false;
    }
  }).length;
}

export const AF_INET = 0;
export const AF_INET6 = 0;
export const SOCK_STREAM = 0;
export const SOCK_DGRAM = 0;

/** Nothing is. */
export function setBlocking(): void {}

/** Not known. */
export function isBlocking(): boolean {
  return false;
}

/** There is none. */
export function socketCalls(): SocketCalls | null {
  return null;
}

/** Whether it was lent. */
export const hasDeafListener = process.env["CONTRACT_DEAF_PORT"] !== undefined;

/** The listener that the process which started us holds: its port is in CONTRACT_DEAF_PORT. */
export function deafListener(): { readonly address: SocketAddress } & Disposable {
  const port = Number(process.env["CONTRACT_DEAF_PORT"]);
  return { address: { kind: "tcp", host: "127.0.0.1", port }, [Symbol.dispose]: () => {} };
}
