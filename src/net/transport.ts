/** The seam between deciding and moving bytes: what every runtime's sockets must offer, and nothing else. */
import type { SocketAddress } from "../address.ts";
import type { KeepAlive, ListeningSocketPlan, SocketBuffers } from "../plan/socket.ts";
import type { Gate } from "./gate.ts";
import type { TcpInfo } from "../tcp-info.ts";
import type { TlsFacts } from "../tls-facts.ts";

/** What a listening socket is to be, and what of it is there already. */
export interface ListenOptions extends ListeningSocketPlan {
  /** Taken in place of a socket of our own; only Linux's transport can. Its file is not ours. */
  readonly lent?: LentSocket;
}

/** A listening socket that another process has bound and shares with us. */
export interface LentSocket {
  /** The listener's from the call on, whatever comes of it. */
  readonly fd: number;
  /**
   * Called once it is to take no new clients: whoever lent it has no use for it any more. Resolves when its file has gone,
   * so that nobody finds a socket there that refuses.
   */
  readonly giveBack: () => Promise<void>;
}

/** One connection to be opened. */
export interface ConnectOptions {
  readonly address: SocketAddress;
  /** Local address to bind before connecting; port 0 lets the kernel choose. */
  readonly source: { readonly host: string; readonly port: number } | null;
  readonly interface: string | null;
  /** IP_TRANSPARENT, for a source that is not ours (`usesrc`). */
  readonly transparent: boolean;
  readonly keepAlive: KeepAlive | null;
  readonly buffers: SocketBuffers;
  readonly userTimeoutMs: number | null;
  readonly fastOpen: boolean;
  /** As of a listener. */
  readonly congestion: string | null;
  /** TCP_QUICKACK: false sends the handshake's last ACK with the first bytes; only where there are some to be sent. */
  readonly quickAck: boolean;
  /** Little is sent, so how it would be paced does not matter; left out: that much may be. */
  readonly isBrief?: boolean;
  /** SO_MARK; null leaves it alone. */
  readonly mark: number | null;
  /** Time allowed for the handshake; 0 waits as long as the kernel does. */
  readonly timeoutMs: number;
}

/**
 * How far an attempt to connect came: no socket could be had, the source address not be bound, connect(2) itself said no, or
 * the other side (or the way there) did. A transport that cannot tell says `handshake`.
 */
export type ConnectStage = "socket" | "source" | "connect" | "handshake";

/**
 * Why a connection could not be opened or a listener not be bound.
 *
 * `code` is the system's name (`ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`, `EADDRINUSE`, …); our own
 * connect deadline gives `ETIMEDOUT` with `deadline` true, a cancelled attempt `ECANCELED`.
 */
export class TransportError extends Error {
  override readonly name = "TransportError";
  constructor(
    readonly code: string,
    message: string,
    readonly deadline = false,
    readonly stage: ConnectStage = "handshake",
  ) {
    super(message);
  }
}

/** What `peek` found: bytes so far, and whether more may come. */
export interface Peeked {
  /** Everything received and not yet consumed; valid until the next call. */
  readonly bytes: Uint8Array;
  /** "open": more may come; "end": the peer sent FIN; "lost": reset or error; "timeout": the deadline passed. */
  readonly state: "open" | "end" | "lost" | "timeout";
}

/** Who wants to know what `peek` would find. */
export interface PeekHandler {
  peeked(peeked: Peeked): void;
}

/** What the owner of a stream hears of it. */
export interface StreamOwner {
  /**
   * What the peer said before it was lost is of use without it: while the stream is paused it is not told to be closed, as far as the
   * transport can tell, before that has been read. False, or absent: it is told at once.
   */
  readonly hearsOut?: boolean;
  /**
   * The first `length` bytes of `buffer` have come; the caller may use it again on return, unless the stream gives its buffers
   * away. False when nothing more is to be read from it for now.
   */
  data(from: Stream, buffer: Uint8Array, length: number): boolean;
  /** It took some of what waited, or with `isAll` everything. */
  drained(to: Stream, isAll: boolean): void;
  end(from: Stream): void;
  /** `code` is null when the peer finished cleanly. */
  closed(which: Stream, code: string | null): void;
}

/**
 * One end of a relay, of whatever kind: any two of them can be joined. No method may call the owner before it returns, but for
 * those that say so.
 */
export interface Stream {
  /** Who hears the stream's events; the relay sets itself. */
  owner: StreamOwner | null;
  /** Received before the relay, and not consumed. */
  held: Uint8Array;
  /** The peer sent FIN. */
  readonly ended: boolean;
  /** The socket is gone; and why, null after a clean end. */
  readonly closed: boolean;
  readonly lostCode: string | null;
  /** Behind what it tells of there is nothing but its end, which it tells next. Absent where that is not known. */
  readonly endFollows?: boolean;
  /** Bytes wait here for the peer to take them. */
  readonly isFull: boolean;
  /** What `data` is given is not used again: whoever gets it may keep it. */
  readonly givesAway?: boolean;
  /** Set by the relay: what is sent may be kept as it is while it waits. Absent where it is copied then at any rate. */
  mayKeep?: boolean;
  /**
   * Sends `length` bytes of `buffer` after those that wait. False when some of them have to wait too: `drained` tells when they are
   * gone. `endFollows`: `shutdown` will be called at once, and they may go out with its FIN.
   */
  send(buffer: Uint8Array, length: number, endFollows?: boolean): boolean;
  pause(): void;
  resume(): void;
  /** Resumes where bytes are likely to wait already: may call `data` at once. */
  readOn(): void;
  /**
   * Where what has come need not have been told of, reads it: may call `data` at once. False where all is told. Absent where all
   * always is.
   */
  endStretch?(): boolean;
  /** Sends what waits for others to be sent with it. False when some of it has to wait on, and `drained` tells when it is gone. Absent where `send` has told. */
  sendNow?(): boolean;
  /** FIN. May call `end` or `closed` at once. */
  shutdown(): void;
  /** Closes; nothing may be waiting. */
  hangUp(): void;
  /** Whether bytes wait, here or in the kernel, that a reset would drop. Absent where nobody can tell. */
  hasUnsent?(): boolean;
  /** RST; what waits is dropped. */
  terminate(): void;
  /**
   * Gives its descriptor away, without a word on the wire: the stream is over, and the caller's to close. -1 when the peer is lost.
   * Absent where there is no descriptor to give, or where its bytes are not what the peer means.
   */
  detach?(): number;
  /** Before `detach`: nothing of what was sent waits here. Absent where nothing does but what `isFull` tells of. */
  mayDetach?(): boolean;
}

/**
 * One connected stream socket, paused from birth so that nothing is lost while the proxy decides.
 *
 * Owned by whoever holds it until it is given to `relay` or closed; after either, its methods must not be called.
 */
export interface Connection extends Stream {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** The socket's descriptor, or -1 where the runtime does not tell. */
  readonly fd: number;
  /**
   * Waits until at least `atLeast` unconsumed bytes are there, the peer has finished, or `deadlineMs` from now has
   * passed (0: no deadline). Consumes nothing. Reads at most `limit` bytes in all.
   */
  peek(atLeast: number, limit: number, deadlineMs: number): Promise<Peeked>;
  /** The same for less: calls once, in a microtask of its own. */
  whenPeeked(atLeast: number, limit: number, deadlineMs: number, handler: PeekHandler): void;
  /** What has come so far, at most `limit` bytes, without waiting; consumes nothing. Absent where only waiting can tell. */
  present?(limit: number): Uint8Array;
  /** How many bytes have come and not been consumed, at most `limit`: as far as can be told without waiting. */
  unread(limit: number): number;
  /** Drops the first `count` peeked bytes: a PROXY header, which the other side must not see. */
  consume(count: number): void;
  /** Sends bytes before the relay starts, in one write where the kernel takes it whole; what it does not take is sent first by the relay. */
  write(bytes: Uint8Array): void;
  /** Called once if the peer resets (or the socket fails) while the proxy still holds the connection. Null removes it. */
  onLost: ((code: string) => void) | null;
  /** FIN, in order after what was written. */
  close(): void;
  /** RST: what was in flight is void. */
  reset(): void;
  /** Forgets the connection without a word to the peer. Absent where the runtime cannot: then it is reset. */
  readonly drop?: (() => void) | undefined;
  /** SO_MARK of what goes to the peer; absent where the runtime cannot set it. */
  readonly setMark?: ((mark: number) => void) | undefined;
  /** IP_TOS or IPV6_TCLASS of what goes to the peer; absent where the runtime cannot set it. */
  readonly setTos?: ((tos: number) => void) | undefined;
  /**
   * TCP_INFO, and null where the kernel does not tell; absent where nobody can be asked.
   *
   * May be called at any time: once somebody has asked, the last answer outlives the socket, for the log line.
   */
  readonly tcpInfo?: (() => TcpInfo | null) | undefined;
  /** What its handshake came to; absent where it is not TLS that is spoken. */
  readonly tls?: TlsFacts;
  /** Sends a last text, then FIN, and keeps reading up to `lingerMs` until the peer has closed, so that it can read the text. */
  closeWith(bytes: Uint8Array, lingerMs: number): void;
}

/** Whether a direction's bytes may stay in the kernel: true where `option splice-*` asks for it, false where it is refused, null where nothing is said. */
export type Splicing = boolean | null;

/** How long each side may be idle while relaying; 0 means no limit. Milliseconds. See HAProxy's manual, `timeout client|server|tunnel|client-fin|server-fin`. */
export interface RelayLimits {
  readonly clientMs: number;
  readonly serverMs: number;
  /** Replaces `clientMs` and `serverMs` once both sides are connected, when not 0. */
  readonly tunnelMs: number;
  readonly clientFinMs: number;
  readonly serverFinMs: number;
  /** For the transports that can. */
  readonly splice: { readonly request: Splicing; readonly response: Splicing };
  /** `option independent-streams`: what is sent to a side does not count as its activity. */
  readonly clientIndependent: boolean;
  readonly serverIndependent: boolean;
  /** `option nolinger`: close with RST when done. */
  readonly clientNoLinger: boolean;
  readonly serverNoLinger: boolean;
}

/** Gets a copy of the first bytes of each direction, without delaying them, until it returns false for that direction. */
export interface Tap {
  fromClient(bytes: Uint8Array): boolean;
  fromServer(bytes: Uint8Array): boolean;
  /** It is shown no more, whatever it still waits for: so much has passed that the rest is for whoever moves bulk. */
  letGo?(): void;
}

/**
 * How a relay came to its end.
 *
 * `by` is the side that caused it, `how` what it did: "fin" (both finished cleanly; `by` finished first), "reset" (RST or a
 * socket error), "timeout" (idle too long), "killed" (by `kill`).
 */
export interface Relayed {
  readonly by: "client" | "server" | "proxy";
  readonly how: "fin" | "reset" | "timeout" | "killed";
  /** Bytes taken from the client and from the server. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** What was thrown while bytes were moved, by a tap for example, and ended it ("killed", by the proxy). */
  readonly fault?: unknown;
}

/** Who wants to know how a relay ended. */
export interface RelayHandler {
  relayed(relayed: Relayed): void;
}

/** A relay that runs. */
export interface Relay {
  /** Never rejects. A promise of its own for everyone who reads this. */
  readonly ended: Promise<Relayed>;
  /** The same for less: calls once, in a microtask of its own, also when it has ended already. */
  whenEnded(handler: RelayHandler): void;
  /** Bytes so far, from the client and from the server; exact once `ended` is settled. */
  counts(): { readonly bytesIn: number; readonly bytesOut: number };
  /** Ends both sides at once, with RST. */
  kill(): void;
}

/** A bound socket. */
export interface Listener {
  /** What it is bound to, with the port that the kernel chose where 0 was asked for, or what an inherited descriptor says. */
  readonly address: SocketAddress;
  /** The listening descriptor, or -1. */
  readonly fd: number;
  /** Leaves new connections in the kernel's backlog until `resume`. Idempotent. */
  pause(): void;
  resume(): void;
  /** Takes another backlog, keepalive, buffers and way to acknowledge while the socket stays; what was accepted before keeps its own. Absent where the runtime cannot. */
  change?(options: Pick<ListenOptions, "backlog" | "keepAlive" | "buffers" | "quickAck">): void;
  /** It is going to serve: until then a unix socket's file gives way to the one that it has replaced when it is closed. */
  keep(): void;
  /**
   * Takes nobody new, has those accepted whom the kernel has queued already (while not paused), then closes and calls `gone`, once;
   * after `close` it is not called. New clients go to other listeners on the address, of this process or another, or are refused.
   */
  retire(gone: () => void): void;
  /** Stops listening; the address is free when this returns. Who waits in the kernel is reset. A unix socket's file is removed. Accepted connections live on. */
  close(): void;
}

/** Who wants to know how an attempt to connect ended: one of the two is called, once. */
export interface ConnectHandler {
  connected(connection: Connection): void;
  refused(error: TransportError): void;
}

/** An attempt to connect that can be given up. */
export interface Connecting {
  /** Rejects with a TransportError only. A promise of its own for everyone who reads this. */
  readonly done: Promise<Connection>;
  /** The same for less: calls when it has ended, `cancel` included, but never before this returns. */
  whenDone(handler: ConnectHandler): void;
  /** Gives up: it ends with ECANCELED, and a socket that arrives late is closed. No effect once it has ended. */
  cancel(): void;
}

/** Who wants to know whether a connection can be opened: called once, with why not or null, and never before `probe` returns. */
export interface ProbeHandler {
  probed(failure: TransportError | null): void;
}
/** As many pipes as sessions may have together where nobody says otherwise: enough for what is under way at once. */
export const pipesInAll = 512;

/** Pipes, two descriptors each, and what went through them. */
export interface SpliceFigures {
  /** As many as there may be. */
  readonly pipesAllowed: number;
  /** Lent to sessions that move bytes. */
  readonly pipesUsed: number;
  /** Open, empty, and kept for the next. */
  readonly pipesFree: number;
  /** Bytes sent, either way, without coming into the program. */
  readonly bytes: number;
}

/** A runtime's sockets. Every implementation passes the one suite in `test/contract`. */
export interface Transport {
  /** Short name for `-vv` and the log: "bun", "epoll", "node", "splice". */
  readonly name: string;
  /** What splicing may take and takes now; left out: nothing is spliced. */
  splicing?(): SpliceFigures;
  /** Sets how many pipes there may be; more that are lent already are closed when they come back. */
  allowPipes?(count: number): void;
  /** Rejects with a TransportError only. `accept` owns the connection it is given. */
  listen(options: ListenOptions, accept: (client: Connection) => void): Promise<Listener>;
  connect(options: ConnectOptions): Connecting;
  /**
   * Moves bytes both ways until client and server have both finished. Owns both streams from the call on, which may be any
   * transport's.
   *
   * A FIN is passed on and the other direction stays open, because a client may be done sending long before it is done
   * reading. A reset on one side is a reset on the other, never a clean end. Bytes that either stream holds unconsumed go first.
   * Where there is a gate the server's bytes and its FIN wait for it to be opened.
   */
  relay(client: Stream, server: Stream, limits: RelayLimits, taps?: readonly Tap[], gate?: Gate): Relay;
  /** No server's accept() sees what `probe` opens by TCP; left out: it may. */
  readonly hidesProbes?: boolean;
  /** Opens and resets a connection without the server's accept() seeing it where the system allows that: a layer 4 check. */
  probe(options: ConnectOptions, handler: ProbeHandler): Pick<Connecting, "cancel">;
}
