/** The connection of one check: connecting, sending and receiving under the check's deadlines, and giving it all up. */
import { clockMs } from "../../clock.ts";
import { formatProxyV1, formatProxyV2 } from "../../wire/proxy-protocol.ts";
import { TransportError } from "../../net/transport.ts";
import type { Connection, ConnectOptions, Transport } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import { wordTable } from "../../word-table.ts";
import type { Abort, Cancellable } from "./abort.ts";
import { type NextLook, nextLook } from "../session/inspection-pace.ts";

/** The backend's. `checkMs` 0: not set; the check's interval is then the time for everything. */
export interface CheckTimeouts {
  readonly connectMs: number;
  readonly checkMs: number;
}

/** How a check connects, and how long it may take (manual, `timeout check`). */
export interface DialogueSettings {
  readonly transport: Transport;
  readonly socket: Omit<ConnectOptions, "address" | "timeoutMs">;
  readonly interMs: number;
  readonly timeouts: CheckTimeouts;
  readonly bufsizeBytes: number;
  readonly proxyVersion: 1 | 2;
  readonly proxyChecksum: boolean;
  /** `pp2-never-send-local`: checks too say PROXY, with the connection's own ends. */
  readonly neverSendLocal: boolean;
}

/** What the connection itself did wrong: `text` is the system's word for it, or null when time ran out. Thrown, but no Error, as `CheckEnd`. */
export class DialogueFailure {
  constructor(
    readonly status: "L4CON" | "L4TOUT" | "L7TOUT" | "SOCKERR",
    readonly text: string | null,
  ) {}
}

/** Looks at what came so far; `final`: nothing more will come. May answer "wait" only while not final. */
export type Decide<T> = (answer: Uint8Array, final: boolean) => T | "wait";

/** Deadline of the connect phase and of the whole, in ms from the connect's start. */
export function connectBudgetMs(interMs: number, { connectMs, checkMs }: CheckTimeouts): number {
  return checkMs > 0 && connectMs > 0 ? Math.min(interMs, connectMs) : interMs;
}

/** Talks over one connection at a time; every method but `finish` throws only DialogueFailure. */
export class Dialogue implements Cancellable {
  #connection: Connection | null = null;
  #answer: Uint8Array = new Uint8Array(0);
  #ended = false;
  #lingers = false;
  #expiresAt = 0;
  #connecting: Cancellable | null = null;
  #isGivenUp = false;

  /** Is what of `abort` runs from here on. */
  constructor(
    private readonly settings: DialogueSettings,
    abort: Abort,
  ) {
    abort.running = this;
  }

  /** Gives it up: whatever waits for it throws. */
  cancel(): void {
    this.#isGivenUp = true;
    this.#connecting?.cancel();
    this.#connection?.reset();
    this.#forget();
  }

  /** What came since the last `send`. */
  get answer(): Uint8Array {
    return this.#answer;
  }

  get local(): SocketAddress | null {
    return this.#connection?.local ?? null;
  }

  get remote(): SocketAddress | null {
    return this.#connection?.remote ?? null;
  }

  /** Opens a connection; the one before is closed first. `lingers`: it will end with FIN instead of RST. */
  async connect(address: SocketAddress, sendProxy: boolean, lingers: boolean): Promise<void> {
    this.finish();
    this.#lingers = lingers;
    const { transport, socket, interMs, timeouts } = this.settings;
    const { checkMs } = timeouts;
    const budgetMs = connectBudgetMs(interMs, timeouts);
    this.#expiresAt = clockMs() + budgetMs;
    this.#goOn();
    const connecting = transport.connect({ ...socket, address, timeoutMs: budgetMs });
    this.#connecting = connecting;
    let connection: Connection;
    try {
      connection = await connecting.done;
    } catch (error) {
      throw connectFailure(error, address);
    } finally {
      this.#connecting = null;
    }
    if (this.#isGivenUp) connection.reset();
    this.#goOn();
    this.#connection = connection;
    if (checkMs > 0) this.#expiresAt = clockMs() + checkMs;
    if (sendProxy) this.send(this.#proxyHeader());
  }

  /** Opens a connection and resets it so that the server's accept() need not see it: all that is asked is whether it opens. */
  async probe(address: SocketAddress): Promise<void> {
    this.finish();
    const { transport, socket, interMs, timeouts } = this.settings;
    this.#goOn();
    const options = { ...socket, address, timeoutMs: connectBudgetMs(interMs, timeouts) };
    const failure = await new Promise<TransportError | null>((probed) => {
      this.#connecting = transport.probe(options, { probed });
    });
    this.#connecting = null;
    if (failure !== null) throw connectFailure(failure, address);
  }

  /** Sends at once. What came before and was looked at is forgotten. */
  send(bytes: Uint8Array): void {
    const connection = this.#connection;
    if (connection === null) return;
    if (this.#answer.length > 0) connection.consume(this.#answer.length);
    this.#answer = new Uint8Array(0);
    connection.write(bytes);
  }

  /**
   * Receives until `decide` has its answer. What came stays for the next look.
   *
   * Asked at every piece, but less often where looking at the whole answer again has become too much (see nextLook).
   */
  async receive<T>(decide: Decide<T>): Promise<T> {
    const startedAt = clockMs();
    for (let lookedAtBytes = 0; ;) {
      const full = this.#answer.length >= this.settings.bufsizeBytes;
      if (this.#answer.length > 0 || this.#ended) {
        lookedAtBytes += this.#answer.length;
        const decided = decide(this.#answer, this.#ended || full);
        if (decided !== "wait") return decided;
        if (this.#ended || full) throw new DialogueFailure("L7TOUT", null);
      }
      const { bufsizeBytes } = this.settings;
      await this.#more(nextLook(this.#answer.length, lookedAtBytes, bufsizeBytes, startedAt, clockMs()));
    }
  }

  /** Closes what is open: with RST, so that the server keeps no TIME_WAIT, unless told to linger. */
  finish(): void {
    if (this.#lingers || this.#ended) this.#connection?.close();
    else this.#connection?.reset();
    this.#forget();
  }

  /** Waits for more of the answer, or for its end. */
  async #more(next: NextLook): Promise<void> {
    const connection = this.#connection;
    if (connection === null) throw new DialogueFailure("SOCKERR", null);
    const leftMs = this.#expiresAt - clockMs();
    if (leftMs <= 0) throw new DialogueFailure("L7TOUT", null);
    const { bufsizeBytes } = this.settings;
    const isPause = next.waitMs > 0 && next.waitMs < leftMs;
    const peek = connection.peek(next.atLeast, bufsizeBytes, Math.ceil(isPause ? next.waitMs : leftMs));
    const peeked = await peek;
    this.#goOn();
    const before = this.#answer.length;
    this.#answer = peeked.bytes.subarray(0, bufsizeBytes);
    if (peeked.state === "timeout") {
      if (!isPause) throw new DialogueFailure("L7TOUT", null);
      if (this.#answer.length === before) await this.#more({ atLeast: before + 1, waitMs: 0 });
      return;
    }
    if (peeked.state === "lost" && this.#answer.length === before) {
      this.#forget();
      throw new DialogueFailure("SOCKERR", "Connection reset by peer");
    }
    if (peeked.state !== "open") this.#ended = true;
  }

  /** In v1 the connection's own two ends, in v2 LOCAL, as HAProxy's checks do. */
  #proxyHeader(): Uint8Array {
    const { proxyVersion, proxyChecksum: checksum, neverSendLocal } = this.settings;
    if (proxyVersion === 2) {
      const source = neverSendLocal ? tcpEnd(this.local) : null;
      const destination = neverSendLocal ? tcpEnd(this.remote) : null;
      return formatProxyV2({ local: !neverSendLocal, source, destination, checksum, tlvs: [] });
    }
    return formatProxyV1(tcpEnd(this.local), tcpEnd(this.remote));
  }

  #goOn(): void {
    if (this.#isGivenUp) throw new DialogueFailure("SOCKERR", null);
  }

  #forget(): void {
    this.#connection = null;
    this.#answer = new Uint8Array(0);
    this.#ended = false;
  }
}

function tcpEnd(address: SocketAddress | null): { host: string; port: number } | null {
  return address?.kind === "tcp" ? address : null;
}

/** What HAProxy says before the system's text when no socket could be had. */
const socketFailures = wordTable({
  EAFNOSUPPORT: "Protocol or address family not supported",
  EMFILE: "Too many sockets on the process",
  ENFILE: "Too many sockets on the system",
  ENOBUFS: "Out of system buffers",
  ENOMEM: "Out of system buffers",
});

/** The same when connect(2) found no local end. */
const localFailures = wordTable({
  EADDRINUSE: "Local source address already in use",
  EADDRNOTAVAIL: "Out of local source ports on the system",
  EAGAIN: "Out of local source ports on the system",
});

/** Turns what a transport's attempt gave into the check's words. */
export function connectFailure(error: unknown, address: SocketAddress): DialogueFailure {
  if (error instanceof DialogueFailure) return error;
  if (!(error instanceof TransportError)) throw error;
  if (error.deadline) return new DialogueFailure("L4TOUT", null);
  const { code, message } = error;
  const isRemote = address.kind === "tcp";
  if (error.stage === "socket") {
    return new DialogueFailure("SOCKERR", `${socketFailures.get(code) ?? "General socket error"} (${message})`);
  }
  const status = isRemote ? "L4CON" : "SOCKERR";
  if (error.stage === "source") return new DialogueFailure(status, `Can't bind to source address (${message})`);
  // A unix socket's server answers connect(2) itself.
  if (isRemote && error.stage === "handshake") return new DialogueFailure(status, message);
  return new DialogueFailure(status, `${localFailures.get(code) ?? "General socket error"} (${message})`);
}
