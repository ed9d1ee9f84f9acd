/** Datagrams to one receiver by libc: one system call each, and nothing is waited for. */
import { systemError } from "../system-error.ts";
import { familyOf, type SocketCalls } from "./socket-calls.ts";

const SOCK_DGRAM = 2;

/** A connected UDP socket. */
export interface UdpSocket {
  /** Sends one; null, or why it was not sent: the system's name (`ECONNREFUSED` tells of an earlier one). */
  send(bytes: Uint8Array): string | null;
  close(): void;
}

/** Opens one to a literal address; or why there is none, by the system's name. */
export function openUdpSocket(calls: SocketCalls, host: string, port: number): UdpSocket | string {
  const address = { kind: "tcp", host, port } as const;
  const fd = calls.socket(familyOf(address), SOCK_DGRAM);
  if (fd < 0) return systemError(-fd).code;
  const connected = calls.connect(fd, address);
  if (connected < 0) {
    calls.close(fd);
    return systemError(-connected).code;
  }
  return {
    send(bytes) {
      const sent = calls.send(fd, bytes);
      return sent < 0 ? systemError(-sent).code : null;
    },
    close: () => void calls.close(fd),
  };
}
