/** What is asked of sockets. */
import type { SocketAddress } from "../address.ts";

/** TCP keepalive. A field left null keeps the system's value. Times in whole seconds, as the socket options take them. */
export interface KeepAlive {
  readonly idleSeconds: number | null;
  readonly intervalSeconds: number | null;
  readonly count: number | null;
}

/** SO_RCVBUF, SO_SNDBUF and TCP_NOTSENT_LOWAT of a socket; 0 leaves what the system gives. Where libc cannot be called they are left alone. */
export interface SocketBuffers {
  readonly receiveBytes: number;
  readonly sendBytes: number;
  /** What the send buffer may hold unsent. */
  readonly unsentBytes: number;
}

/** What holds for a listening socket of which nothing is said. */
export const listeningDefaults: Omit<ListeningSocketPlan, "address"> = {
  v6only: null,
  backlog: null,
  interface: null,
  transparent: false,
  deferAccept: false,
  mss: null,
  userTimeoutMs: null,
  fastOpen: false,
  congestion: null,
  quickAck: true,
  sharesPort: true,
  keepAlive: null,
  buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
  mode: null,
  uid: null,
  gid: null,
};

/** One listening socket. As in HAProxy `*` is 0.0.0.0, IPv4 only; `::` takes IPv4 as well, unless `v6only`. */
export interface ListeningSocketPlan {
  readonly address: SocketAddress | { readonly kind: "fd"; readonly fd: number };
  /** IPV6_V6ONLY: true for `v6only`, false for `v4v6`, null for the form's own default. */
  readonly v6only: boolean | null;
  readonly backlog: number | null;
  /** SO_BINDTODEVICE. */
  readonly interface: string | null;
  /** IP_TRANSPARENT, TCP_DEFER_ACCEPT, TCP_MAXSEG, TCP_USER_TIMEOUT (ms), TCP_FASTOPEN. */
  readonly transparent: boolean;
  readonly deferAccept: boolean;
  readonly mss: number | null;
  readonly userTimeoutMs: number | null;
  readonly fastOpen: boolean;
  /** TCP_CONGESTION; null: the system's, but none that paces where both ends are on this machine. */
  readonly congestion: string | null;
  /** TCP_QUICKACK: false lets a client's first ACK wait for what else there is to send (`option tcp-smart-accept`). */
  readonly quickAck: boolean;
  /** SO_REUSEPORT: others may listen at the same address, and each gets its share of clients. */
  readonly sharesPort: boolean;
  /** Set on each accepted socket. */
  readonly keepAlive: KeepAlive | null;
  readonly buffers: SocketBuffers;
  /** Of a unix socket's file; null leaves the process's umask and ids. */
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}
