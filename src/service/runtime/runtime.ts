/** What the process has of the runtime underneath: Bun, Node or Deno, with or without FFI. */
import type { UdpSocket } from "../../net/libc/udp-socket.ts";
import type { Tls } from "../../net/tls/secure.ts";
import type { ListenOptions, Transport } from "../../net/transport.ts";
import type { KeptFiles } from "../kept/kept-files.ts";
import type { Verify } from "./thread-passwords.ts";
import type { FindHolder } from "./port-holder.ts";

/** A socket that the master has bound. `fd` is the caller's. */
export interface LentListener {
  readonly fd: number;
  /** It takes no new clients here; resolves when the master has closed it as well, and removed its file. */
  readonly release: () => Promise<void>;
}

/** Asks for a socket that listens as these options say. Rejects with a TransportError. */
export type SocketLender = (options: ListenOptions, isCommandSocket: boolean) => Promise<LentListener>;

/** The runtime's sockets and what else only it can do. */
export interface Runtime {
  /** For `-vv` and messages: `Bun 1.4.5`. */
  readonly description: string;
  readonly transport: Transport;
  /** Loads an engine of TLS. */
  readonly openTls: () => Promise<Tls>;
  /** Threads that may move data: the control thread, and the zero-copy plane's, which start with the first stream. */
  readonly threads: number;
  /** Whether bulk may be spliced, by threads that start with the first of it. That is settled when the process starts. */
  readonly splice: "possible" | "impossible" | "not wanted";
  /** Why it is impossible, where that is not the runtime's nature. */
  readonly spliceFault?: string;
  /** One datagram to a unix socket, by path or (after `@`) by name; false when it was not taken. Null: cannot. */
  readonly sendUnix: ((path: string, bytes: Uint8Array) => boolean) | null;
  /** A UDP socket of the system's own to a literal address, or why there is none. Left out: the runtime's serve. */
  readonly openUdp?: (host: string, port: number) => UdpSocket | string;
  /** Sets how many descriptors the process may open; the limit that stays in force when it cannot, else null. Null: cannot. */
  readonly limitDescriptors: ((count: number) => number | null) | null;
  /** A duplicate of an inherited descriptor that is fit for listening; throws a TransportError. Null: the runtime takes it as it is. */
  readonly adopt: ((fd: number) => number) | null;
  /** Where another process binds: asks it for a listening socket. Left out: this one binds. */
  readonly lend?: SocketLender;
  /** Who reads and writes files that are kept; left out: this process does. */
  readonly keptFiles?: KeptFiles;
  /** Who has a port that could not be bound; left out: this process looks itself. */
  readonly portHolder?: FindHolder;
  /** Whether a password is the hashed one, found out in a thread; rejects where that cannot be told. One question at a time. */
  readonly verify: Verify;
  /** What the heap holds, told in no time. */
  readonly heapBytes: () => number;
  /** Whether the kernel's clock is held to a time server's; null: it does not tell. Left out: nobody can be asked. */
  readonly clockState?: () => "synchronised" | "free" | null;
  /** chroot(2) and chdir("/"); throws what the system says. Null: cannot. */
  readonly chroot: ((path: string) => void) | null;
}

/** Hears what the data plane has to tell. */
export type RuntimeNotice = (level: "notice" | "warning" | "alert", text: string) => void;
