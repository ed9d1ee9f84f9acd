/** Listening sockets of node:net. */
import { defaultBacklog, namelessClient } from "../listen/accepting.ts";
import { QueueingListener } from "../listen/queueing-listener.ts";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { createServer, type ListenOptions as NetListenOptions, type Server, type Socket } from "node:net";
import { NodeConnection } from "./node-connection.ts";
import { refuseListenOptions } from "../refused-options.ts";
import { codeError, thrownError } from "../system-error.ts";
import { type Connection, type Listener, type ListenOptions, TransportError } from "../transport.ts";
import { literalHost, type SocketAddress } from "../../address.ts";
import { placeSocketFile, type SocketFile, temporaryPath } from "../listen/socket-file.ts";

/** What not every runtime with node:net can do. */
export interface NodeAbilities {
  /** Several listeners, also of several processes, on one address. */
  readonly reusePort: boolean;
  /** IPv6 without IPv4. */
  readonly v6only: boolean;
  /** Unix sockets without a file, which only Linux has. */
  readonly abstractNames: boolean;
}

/** Transport.listen. What only libc can set, or what this runtime is not able to, is refused with ENOPROTOOPT or EINVAL. */
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
    throw isMissing ? codeError("ENOENT") : thrown;
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

/** While paused it keeps as many clients as the backlog would hold. */
class NodeListener extends QueueingListener {
  readonly address: SocketAddress;
  readonly fd = -1;
  readonly #server: Server;
  readonly #options: ListenOptions;
  protected readonly file: SocketFile | null;

  constructor(server: Server, options: ListenOptions, file: SocketFile | null, accept: (client: Connection) => void) {
    super(accept);
    this.#server = server;
    this.#options = options;
    this.file = file;
    this.address = boundAddress(server, options.address);
    server.on("connection", (socket: Socket) => this.#arrived(socket));
    // EMFILE and the like: the connection stays in the kernel's queue, and is accepted when there is room again.
    server.on("error", () => {});
  }

  /** Of a socket that is gone there is nothing to be told any more. */
  protected override isThere(client: Connection): boolean {
    return !client.closed;
  }

  /** Nobody can be sent elsewhere without libc: who comes before the system's queue was seen empty is taken. */
  divert(): void {}

  /** node:net takes whoever waits by itself, also while paused. */
  drain(): "empty" {
    return "empty";
  }

  protected closeSocket(): void {
    this.#server.close();
  }

  #arrived(socket: Socket): void {
    const { address } = this;
    const isTcp = address.kind === "tcp";
    if (this.isClosed || (isTcp && socket.remoteAddress === undefined)) {
      // Reset before it was accepted: nobody is there.
      socket.destroy();
      return;
    }
    const { keepAlive } = this.#options;
    if (keepAlive !== null && isTcp) socket.setKeepAlive(true, (keepAlive.idleSeconds ?? 0) * 1000);
    const client = isTcp
      ? new NodeConnection(socket, null, null)
      : new NodeConnection(socket, namelessClient(address.kind), address);
    this.take(client, this.#options.backlog ?? defaultBacklog);
  }
}

function boundAddress(server: Server, asked: ListenOptions["address"]): SocketAddress {
  if (asked.kind === "unix" || asked.kind === "abstract") return asked;
  const bound = server.address();
  if (bound === null) throw codeError("ENOTSOCK");
  return typeof bound === "string"
    ? { kind: "unix", path: bound }
    : { kind: "tcp", host: bound.address, port: bound.port };
}
