/** Listening sockets: bound by libc where FFI works, with HAProxy's options and backlog, else by Bun's own listen. */
import { rmSync } from "node:fs";
import type { Socket } from "bun";
import { BunConnection, connectionHandlers, plainHost } from "./bun-connection.ts";
import { type SocketCalls, socketCalls } from "./libc-socket.ts";
import { literal, openListeningSocket, setKeepAlive } from "./socket-options.ts";
import { thrownError } from "./system-error.ts";
import {
  type Connection,
  type KeepAlive,
  type Listener,
  type ListenOptions,
  type SocketAddress,
  TransportError,
} from "./transport.ts";
import { placeSocketFile, type SocketFile, temporaryPath } from "./unix-path.ts";

/** What Bun's listener has, its types' gaps filled. */
interface ListeningSocket {
  readonly fd: number;
  readonly port: number;
  stop(): void;
}

/** The connections waiting for accept that HAProxy asks for when the file says nothing is its maxconn; this is Linux's somaxconn. */
const defaultBacklog = 4096;

/** Transport.listen. */
export function bunListen(options: ListenOptions, accept: (client: Connection) => void): Promise<Listener> {
  try {
    const calls = socketCalls();
    return Promise.resolve(calls === null ? plainListener(options, accept) : new BoundListener(calls, options, accept));
  } catch (error) {
    return Promise.reject(thrownError(error, "EINVAL"));
  }
}

/** A listener whose descriptor is ours, so that it can be taken from Bun and given back. */
class BoundListener implements Listener {
  readonly address: SocketAddress;
  readonly #calls: SocketCalls;
  readonly #handlers: object;
  #backlog: number;
  readonly #accepted: { keepAlive: KeepAlive | null };
  readonly #file: SocketFile | null;
  /** Our own descriptor while paused, else -1 and Bun has it. */
  #kept = -1;
  #socket: ListeningSocket | null = null;
  #closed = false;

  constructor(calls: SocketCalls, options: ListenOptions, accept: (client: Connection) => void) {
    const { address } = options;
    this.#calls = calls;
    this.#backlog = options.backlog ?? defaultBacklog;
    this.#accepted = { keepAlive: options.keepAlive };
    const temporary = address.kind === "unix" ? temporaryPath(address.path) : null;
    const fd = openListeningSocket(calls, options, temporary);
    try {
      this.#file =
        temporary !== null && address.kind === "unix" ? placeSocketFile(temporary, address.path, options) : null;
      const bound = calls.localAddress(fd);
      if (bound === null) throw new TransportError("ENOTSOCK", "Socket operation on non-socket");
      this.address = address.kind === "unix" || address.kind === "abstract" ? address : bound;
      this.#handlers = acceptHandlers(this.#accepted, this.address, accept);
      this.#hand(fd);
    } catch (error) {
      calls.close(fd);
      throw error;
    }
  }

  get fd(): number {
    return this.#socket === null ? this.#kept : this.#socket.fd;
  }

  /** The kernel goes on completing handshakes; Bun, which has no such state, lets go of the socket until `resume`. */
  pause(): void {
    if (this.#socket === null || this.#closed) return;
    const kept = this.#calls.duplicate(this.#socket.fd);
    // Without a descriptor to spare the listener stays as it is.
    if (kept < 0) return;
    this.#socket.stop();
    this.#socket = null;
    this.#kept = kept;
  }

  resume(): void {
    if (this.#socket !== null || this.#closed) return;
    const fd = this.#kept;
    this.#kept = -1;
    this.#hand(fd);
  }

  change({ backlog, keepAlive }: Pick<ListenOptions, "backlog" | "keepAlive">): void {
    this.#backlog = backlog ?? defaultBacklog;
    this.#accepted.keepAlive = keepAlive;
    if (!this.#closed) this.#calls.listen(this.fd, this.#backlog);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file?.remove();
    if (this.#socket === null) this.#calls.close(this.#kept);
    else this.#socket.stop();
    this.#socket = null;
    this.#kept = -1;
  }

  /** Bun owns the descriptor from here on. It sets a backlog of its own, so ours is set again. */
  #hand(fd: number): void {
    this.#socket = Bun.listen({
      fd,
      ...this.#handlers,
    } as unknown as Bun.TCPSocketListenOptions<BunConnection>) as unknown as ListeningSocket;
    this.#calls.listen(fd, this.#backlog);
  }
}

/** Bun's listen does not do what these ask for; refusing is better than listening otherwise than the configuration says. */
function refuseUnlistenable(options: ListenOptions): void {
  const asked = options.transparent || options.deferAccept || options.fastOpen || options.interface !== null;
  if (asked || options.mss !== null || options.userTimeoutMs !== null)
    throw new TransportError(
      "ENOPROTOOPT",
      "transparent, defer-accept, tfo, interface, mss and tcp-ut need libc, which cannot be called here",
    );
}

/**
 * A listener without libc. Its backlog is Bun's 512, and while paused it does accept: what comes is kept, unread, for `resume`,
 * because Bun cannot leave connections in the kernel's queue.
 */
function plainListener(options: ListenOptions, accept: (client: Connection) => void): Listener {
  refuseUnlistenable(options);
  const { address } = options;
  const temporary = address.kind === "unix" ? temporaryPath(address.path) : null;
  let isPaused = false;
  let waiting: Connection[] = [];
  const known: SocketAddress = address.kind === "fd" ? { kind: "tcp", host: "0.0.0.0", port: 0 } : address;
  const handlers = acceptHandlers(options, known, (client) => {
    if (isPaused) waiting.push(client);
    else accept(client);
  });
  const target = { ...plainTarget(options, temporary), ...handlers };
  const socket = Bun.listen(
    target as unknown as Bun.TCPSocketListenOptions<BunConnection>,
  ) as unknown as ListeningSocket;
  const file = temporary !== null && address.kind === "unix" ? placeSocketFile(temporary, address.path, options) : null;
  return {
    address: known.kind === "tcp" ? { kind: "tcp", host: literal(known.host), port: socket.port } : known,
    fd: socket.fd,
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      const late = waiting;
      waiting = [];
      for (const client of late) accept(client);
    },
    close() {
      for (const client of waiting) client.reset();
      socket.stop();
      file?.remove();
      if (temporary !== null) rmSync(temporary, { force: true });
    },
  };
}

function plainTarget(options: ListenOptions, temporary: string | null): object {
  const { address } = options;
  if (address.kind === "fd") return { fd: address.fd };
  if (address.kind === "abstract") return { unix: `\0${address.name}` };
  if (address.kind === "unix") return { unix: temporary };
  return { hostname: literal(address.host), port: address.port, ipv6Only: options.v6only === true, reusePort: true };
}

/** `options` is looked at for every connection, and may change. */
function acceptHandlers(
  options: { readonly keepAlive: KeepAlive | null },
  bound: SocketAddress,
  accept: (client: Connection) => void,
): object {
  const calls = socketCalls();
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
        if (options.keepAlive !== null && bound.kind === "tcp") {
          if (calls === null) socket.setKeepAlive(true, (options.keepAlive.idleSeconds ?? 0) * 1000);
          else setKeepAlive(calls, (socket as unknown as { fd: number }).fd, options.keepAlive);
        }
        accept(new BunConnection(socket, remote, bound.kind === "tcp" ? null : bound));
      },
    },
  };
}

/** A unix socket's clients have no address of their own. */
function remoteOf(socket: Socket<BunConnection>, bound: SocketAddress): SocketAddress | null {
  if (bound.kind !== "tcp") return bound.kind === "unix" ? { kind: "unix", path: "" } : { kind: "abstract", name: "" };
  const { remoteAddress, remotePort } = socket as { remoteAddress?: string; remotePort?: number };
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return { kind: "tcp", host: plainHost(remoteAddress), port: remotePort };
}
