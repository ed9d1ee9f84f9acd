/** Listening sockets of node:net. */
import { guarded } from "../listen/accepting.ts";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { createServer, type ListenOptions as NetListenOptions, type Server, type Socket } from "node:net";
import { type Retiring, Retirement, patienceMs } from "../listen/retirement.ts";
import { NodeConnection } from "./node-connection.ts";
import { refuseListenOptions } from "../refused-options.ts";
import { thrownError } from "../system-error.ts";
import { type Connection, type Listener, type ListenOptions, TransportError } from "../transport.ts";
import { literalHost, type SocketAddress } from "../../address.ts";
import { placeSocketFile, type SocketFile, temporaryPath } from "../listen/socket-file.ts";

/** The connections waiting for accept that HAProxy asks for when the file says nothing is its maxconn; this is Linux's somaxconn. */
const defaultBacklog = 4096;

/** What not every runtime with node:net can do. */
export interface NodeAbilities {
  /** Several listeners, also of several processes, on one address. */
  readonly reusePort: boolean;
  /** IPv6 without IPv4. */
  readonly v6only: boolean;
  /** Unix sockets without a file, which only Linux has. */
  readonly abstractNames: boolean;
}

/** Transport.listen. */
export async function nodeListen(
  abilities: NodeAbilities,
  options: ListenOptions,
  accept: (client: Connection) => void,
): Promise<Listener> {
  const { address } = options;
  let file: SocketFile | null = null;
  let server: Server | null = null;
  try {
    refuseListenOptions(options);
    if (options.v6only === true && !abilities.v6only)
      throw new TransportError("ENOPROTOOPT", "v6only cannot be had from this runtime");
    if (address.kind === "abstract" && !abilities.abstractNames)
      throw new TransportError("EINVAL", "abstract sockets exist on Linux only");
    const temporary = address.kind === "unix" ? temporaryPath(address.path) : null;
    server = createServer({ allowHalfOpen: true, noDelay: true });
    await listening(server, listenTarget(abilities, options, temporary));
    if (temporary !== null && address.kind === "unix") file = placeSocketFile(temporary, address.path, options);
    return new NodeListener(server, options, file, accept);
  } catch (error) {
    server?.close();
    const thrown = thrownError(error, "EINVAL");
    // libuv says so of a folder that is not there.
    const isMissing = address.kind === "unix" && thrown.code === "EACCES" && !existsSync(dirname(address.path));
    throw isMissing ? thrownError({ code: "ENOENT" }, "ENOENT") : thrown;
  }
}

function listening(server: Server, target: NetListenOptions | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(target as NetListenOptions, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function listenTarget(
  abilities: NodeAbilities,
  options: ListenOptions,
  temporary: string | null,
): NetListenOptions | { fd: number } {
  const { address } = options;
  const backlog = options.backlog ?? defaultBacklog;
  if (address.kind === "fd") return { fd: address.fd };
  if (address.kind === "unix") return { path: temporary ?? address.path, backlog };
  if (address.kind === "abstract") return { path: `\0${address.name}`, backlog };
  const host = literalHost(address.host);
  const shared = abilities.reusePort && options.sharesPort ? { reusePort: true } : {};
  return { host, port: address.port, ipv6Only: options.v6only === true, backlog, exclusive: true, ...shared };
}

/**
 * node:net cannot leave connections in the kernel's queue: while paused, what comes is accepted and kept, unread, for `resume`, as
 * many as the backlog would hold.
 */
class NodeListener implements Listener, Retiring {
  readonly address: SocketAddress;
  readonly fd = -1;
  readonly #server: Server;
  readonly #options: ListenOptions;
  readonly #file: SocketFile | null;
  readonly #accept: (client: Connection) => void;
  #isPaused = false;
  #isClosed = false;
  #retirement: Retirement | null = null;
  #gone: (() => void) | null = null;
  #waiting: NodeConnection[] = [];

  constructor(server: Server, options: ListenOptions, file: SocketFile | null, accept: (client: Connection) => void) {
    this.#server = server;
    this.#options = options;
    this.#file = file;
    this.#accept = guarded(accept);
    this.address = boundAddress(server, options.address);
    server.on("connection", (socket: Socket) => this.#take(socket));
    // EMFILE and the like: the connection stays in the kernel's queue, and is accepted when there is room again.
    server.on("error", () => {});
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const client of this.#waiting.splice(0)) if (!client.closed) this.#accept(client);
    if (this.#isClosed) this.#tellGone();
  }

  keep(): void {
    this.#file?.keep();
  }

  retire(gone: () => void): void {
    if (this.#isClosed || this.#retirement !== null) return;
    this.#file?.remove();
    this.#gone = gone;
    this.#retirement = new Retirement(this, patienceMs(this.address, false));
    this.#retirement.begin();
  }

  /** Nobody can be sent elsewhere without libc: who comes before the system's queue was seen empty is taken. */
  divert(): void {}

  /** node:net takes whoever waits by itself, also while paused. */
  drain(): "empty" {
    return "empty";
  }

  mayClose(): boolean {
    return true;
  }

  closeRetired(): void {
    this.#stop();
    this.#tellGone();
  }

  close(): void {
    this.#gone = null;
    for (const client of this.#waiting.splice(0)) client.reset();
    this.#stop();
  }

  #tellGone(): void {
    if (this.#waiting.length > 0) return;
    this.#gone?.();
    this.#gone = null;
  }

  #stop(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retirement?.stop();
    this.#file?.remove();
    this.#server.close();
  }

  #take(socket: Socket): void {
    const isTcp = this.address.kind === "tcp";
    if (this.#isClosed || (isTcp && socket.remoteAddress === undefined)) {
      // Reset before it was accepted: nobody is there.
      socket.destroy();
      return;
    }
    const { keepAlive } = this.#options;
    if (keepAlive !== null && isTcp) socket.setKeepAlive(true, (keepAlive.idleSeconds ?? 0) * 1000);
    const nameless = this.address.kind === "unix" ? { kind: "unix", path: "" } : { kind: "abstract", name: "" };
    const remote = isTcp ? null : (nameless as SocketAddress);
    const client = new NodeConnection(socket, remote, isTcp ? null : this.address);
    if (!this.#isPaused) this.#accept(client);
    else if (this.#waiting.length < (this.#options.backlog ?? defaultBacklog)) this.#waiting.push(client);
    else client.reset();
  }
}

function boundAddress(server: Server, asked: ListenOptions["address"]): SocketAddress {
  if (asked.kind === "unix" || asked.kind === "abstract") return asked;
  const bound = server.address();
  if (bound === null) throw new TransportError("ENOTSOCK", "Socket operation on non-socket");
  return typeof bound === "string"
    ? { kind: "unix", path: bound }
    : { kind: "tcp", host: bound.address, port: bound.port };
}
