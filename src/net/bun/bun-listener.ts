/** Listening sockets of Bun's own. */
import { rmSync } from "node:fs";
import type { Socket } from "bun";
import { QueueingListener } from "../listen/queueing-listener.ts";
import { BunConnection, connectionHandlers } from "./bun-connection.ts";
import { namelessClient } from "../listen/accepting.ts";
import { adoptSocket } from "../listen/inherited-socket.ts";
import { type SocketCalls, socketCalls } from "../libc/socket-calls.ts";
import { listeningGroups, type ListeningGroups, type Member } from "../listen/listening-groups.ts";
import { refuseListenOptions } from "../refused-options.ts";
import { thrownError } from "../system-error.ts";
import type { Connection, Listener, ListenOptions } from "../transport.ts";
import { literalHost, plainHost, type SocketAddress } from "../../address.ts";
import { placeSocketFile, type SocketFile, temporaryPath } from "../listen/socket-file.ts";

/** What Bun's listener has, its types' gaps filled. */
interface ListeningSocket {
  readonly fd: number;
  readonly port: number;
  stop(): void;
}

/** Transport.listen. What only libc can set is refused with ENOPROTOOPT. */
export function bunListen(options: ListenOptions, accept: (client: Connection) => void): Promise<Listener> {
  try {
    return Promise.resolve(new BunListener(options, accept));
  } catch (error) {
    return Promise.reject(thrownError(error, "EINVAL"));
  }
}

/** Its backlog is Bun's 512. */
class BunListener extends QueueingListener {
  readonly address: SocketAddress;
  readonly fd: number;
  readonly #socket: ListeningSocket;
  protected readonly file: SocketFile | null;
  readonly #temporary: string | null;
  /** Null for what is not ours to divert, and where libc cannot be called. */
  readonly #calls: SocketCalls | null;
  #lent: ListenOptions["lent"];
  readonly #member: Member | null;
  #isDiverted = false;
  #look: "none" | "asked" | "done" = "none";

  constructor(options: ListenOptions, accept: (client: Connection) => void) {
    super(accept);
    const { address, lent } = options;
    try {
      refuseListenOptions(options);
    } catch (error) {
      if (lent !== undefined) socketCalls()?.close(lent.fd);
      throw error;
    }
    this.#lent = lent;
    this.#temporary = address.kind === "unix" && lent === undefined ? temporaryPath(address.path) : null;
    const inherited = address.kind === "fd" && lent === undefined ? adoptDescriptor(address.fd) : null;
    const known = inherited?.address ?? lentAddress(options) ?? (address as SocketAddress);
    const fd = lent?.fd ?? inherited?.fd;
    const target = fd === undefined ? targetOf(options, this.#temporary) : { fd };
    const handlers = acceptHandlers(options, known, (client) => this.#arrived(client));
    const listening = { ...target, ...handlers } as unknown as Bun.TCPSocketListenOptions<BunConnection>;
    this.#socket = Bun.listen(listening) as unknown as ListeningSocket;
    this.fd = this.#socket.fd;
    this.file =
      this.#temporary !== null && address.kind === "unix"
        ? placeSocketFile(this.#temporary, address.path, options)
        : null;
    this.address =
      known.kind === "tcp" && fd === undefined
        ? { kind: "tcp", host: literalHost(known.host), port: this.#socket.port }
        : known;
    this.#calls = address.kind === "fd" ? null : socketCalls();
    this.#member = this.#groups?.join(this.fd, this.address, null) ?? null;
  }

  get #groups(): ListeningGroups | null {
    return this.#calls === null ? null : listeningGroups(this.#calls);
  }

  #arrived(client: Connection): void {
    if (this.retirement !== null) this.retirement.arrivals += 1;
    this.take(client);
  }

  /** Whoever has lent the socket is told first. */
  protected override beginRetirement(): void {
    const lent = this.#giveBack();
    if (lent === null) super.beginRetirement();
    else void lent.then(() => super.beginRetirement());
  }

  divert(attempt: number): void {
    if (this.#member !== null) this.#groups?.divert(this.#member, attempt);
    // Who has just found the file that it had may still come.
    else if (this.address.kind === "abstract" || this.#isDiverted) this.#calls?.shutdownRead(this.fd);
    this.#isDiverted = true;
  }

  /** Bun takes whoever waits by itself, also while paused: nobody does once its loop has looked. */
  drain(): "empty" | "more" {
    if (this.#look === "done") {
      this.#look = "none";
      return "empty";
    }
    // What is to happen at once happens before the loop looks, the next such thing after it.
    if (this.#look === "none") setImmediate(() => setImmediate(() => (this.#look = "done")));
    this.#look = "asked";
    return "more";
  }

  override mayClose(): boolean {
    return this.#member === null || this.#groups?.mayClose(this.#member) === true;
  }

  protected closeSocket(): void {
    if (this.#member !== null) this.#groups?.leave(this.#member);
    this.#socket.stop();
    if (this.#temporary !== null) rmSync(this.#temporary, { force: true });
    void this.#giveBack();
  }

  #giveBack(): Promise<void> | null {
    const done = this.#lent?.giveBack() ?? null;
    this.#lent = undefined;
    return done;
  }
}

/** What a socket that another process has bound is bound to; null for one that is bound here. */
function lentAddress({ address, lent }: ListenOptions): SocketAddress | null {
  if (lent === undefined) return null;
  if (address.kind === "unix" || address.kind === "abstract") return address;
  return socketCalls()?.localAddress(lent.fd) ?? null;
}

/**
 * Where libc cannot be called Bun itself makes the descriptor fit, as far as it does, and takes it for its own; then what it is
 * bound to remains unknown.
 */
function adoptDescriptor(fd: number): { readonly fd: number; readonly address: SocketAddress } {
  const calls = socketCalls();
  if (calls === null) return { fd, address: { kind: "tcp", host: "0.0.0.0", port: 0 } };
  const adopted = adoptSocket(calls, fd);
  return { fd: adopted, address: calls.localAddress(adopted) ?? { kind: "tcp", host: "0.0.0.0", port: 0 } };
}

function targetOf(options: ListenOptions, temporary: string | null): object {
  const { address } = options;
  if (address.kind === "fd") throw new TypeError("an inherited socket is adopted");
  if (address.kind === "abstract") return { unix: `\0${address.name}` };
  if (address.kind === "unix") return { unix: temporary };
  return {
    hostname: literalHost(address.host),
    port: address.port,
    ipv6Only: options.v6only === true,
    reusePort: options.sharesPort,
  };
}

function acceptHandlers(options: ListenOptions, bound: SocketAddress, accept: (client: Connection) => void): object {
  return {
    allowHalfOpen: true,
    socket: {
      binaryType: "uint8array",
      ...connectionHandlers,
      open(socket: Socket<BunConnection>): void {
        const remote = remoteOf(socket, bound);
        if (remote === null) {
          // Reset before it was accepted: nobody is there.
          socket.terminate();
          return;
        }
        if (options.keepAlive !== null && bound.kind === "tcp")
          socket.setKeepAlive(true, (options.keepAlive.idleSeconds ?? 0) * 1000);
        accept(new BunConnection(socket, remote, bound.kind === "tcp" ? null : bound));
      },
    },
  };
}

/** Null for a client that is gone already. */
function remoteOf(socket: Socket<BunConnection>, bound: SocketAddress): SocketAddress | null {
  if (bound.kind !== "tcp") return namelessClient(bound.kind);
  const { remoteAddress, remotePort } = socket as { remoteAddress?: string; remotePort?: number };
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return { kind: "tcp", host: plainHost(remoteAddress), port: remotePort };
}
