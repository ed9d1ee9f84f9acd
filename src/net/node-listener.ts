/** Listening sockets of node:net. */
import { createServer, type ListenOptions as NetListenOptions, type Server, type Socket } from "node:net";
import { NodeConnection } from "./node-connection.ts";
import { refuseListenOptions } from "./refused-options.ts";
import { thrownError } from "./system-error.ts";
import { type Connection, type Listener, type ListenOptions, type SocketAddress, TransportError } from "./transport.ts";
import { placeSocketFile, type SocketFile, temporaryPath } from "./unix-path.ts";

/** The connections waiting for accept that HAProxy asks for when the file says nothing is its maxconn; this is Linux's somaxconn. */
const defaultBacklog = 4096;

/** Transport.listen. */
export async function nodeListen(options: ListenOptions, accept: (client: Connection) => void): Promise<Listener> {
  const { address } = options;
  let file: SocketFile | null = null;
  let server: Server | null = null;
  try {
    refuseListenOptions(options);
    if (address.kind === "abstract" && process.platform !== "linux")
      throw new TransportError("EINVAL", "abstract sockets exist on Linux only");
    const temporary = address.kind === "unix" ? temporaryPath(address.path) : null;
    server = createServer({ allowHalfOpen: true, noDelay: true });
    await listening(server, listenTarget(options, temporary));
    if (temporary !== null && address.kind === "unix") file = placeSocketFile(temporary, address.path, options);
    return new NodeListener(server, options, file, accept);
  } catch (error) {
    server?.close();
    throw thrownError(error, "EINVAL");
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

/** `reusePort` lets an old and a new process share the address: Node knows it from 23 on, before that an address is taken. */
function listenTarget(options: ListenOptions, temporary: string | null): NetListenOptions | { fd: number } {
  const { address } = options;
  const backlog = options.backlog ?? defaultBacklog;
  if (address.kind === "fd") return { fd: address.fd };
  if (address.kind === "unix") return { path: temporary ?? address.path, backlog };
  if (address.kind === "abstract") return { path: `\0${address.name}`, backlog };
  const host = address.host === "*" || address.host === "" ? "0.0.0.0" : address.host;
  const shared = { reusePort: canSharePorts() } as object;
  return { host, port: address.port, ipv6Only: options.v6only === true, backlog, exclusive: true, ...shared };
}

/** Whether two listeners may have the same address. Where the system has no SO_REUSEPORT with balancing, Node would refuse to listen. */
export function canSharePorts(): boolean {
  return ["linux", "freebsd", "sunos", "aix"].includes(process.platform);
}

/**
 * node:net cannot leave connections in the kernel's queue: while paused, what comes is accepted and kept, unread, for `resume`, as
 * many as the backlog would hold.
 */
class NodeListener implements Listener {
  readonly address: SocketAddress;
  readonly fd = -1;
  readonly #server: Server;
  readonly #options: ListenOptions;
  readonly #file: SocketFile | null;
  readonly #accept: (client: Connection) => void;
  #isPaused = false;
  #isClosed = false;
  #waiting: NodeConnection[] = [];

  constructor(server: Server, options: ListenOptions, file: SocketFile | null, accept: (client: Connection) => void) {
    this.#server = server;
    this.#options = options;
    this.#file = file;
    this.#accept = accept;
    this.address = boundAddress(server, options.address);
    server.on("connection", (socket: Socket) => this.#take(socket));
    // EMFILE and the like: the connection stays in the kernel's queue, and is accepted when there is room again.
    server.on("error", () => {});
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (this.#isClosed) return;
    this.#isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const client of waiting) if (!client.closed) this.#accept(client);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file?.remove();
    for (const client of this.#waiting) client.reset();
    this.#waiting = [];
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
