/** Listening sockets of Bun's own. */
import { rmSync } from "node:fs";
import type { Socket } from "bun";
import { BunConnection, connectionHandlers, plainHost } from "./bun-connection.ts";
import { adoptSocket } from "./inherited.ts";
import { socketCalls } from "./libc-socket.ts";
import { refuseListenOptions } from "./refused-options.ts";
import { literal } from "./socket-options.ts";
import { thrownError } from "./system-error.ts";
import { type Connection, type Listener, type ListenOptions, type SocketAddress } from "./transport.ts";
import { placeSocketFile, temporaryPath } from "./unix-path.ts";

/** What Bun's listener has, its types' gaps filled. */
interface ListeningSocket {
  readonly fd: number;
  readonly port: number;
  stop(): void;
}

/** Transport.listen. */
export function bunListen(options: ListenOptions, accept: (client: Connection) => void): Promise<Listener> {
  try {
    return Promise.resolve(openListener(options, accept));
  } catch (error) {
    return Promise.reject(thrownError(error, "EINVAL"));
  }
}

/**
 * Its backlog is Bun's 512, and while paused it does accept: what comes is kept, unread, for `resume`,
 * because Bun cannot leave connections in the kernel's queue.
 */
function openListener(options: ListenOptions, accept: (client: Connection) => void): Listener {
  refuseListenOptions(options);
  const { address } = options;
  const temporary = address.kind === "unix" ? temporaryPath(address.path) : null;
  let isPaused = false;
  let waiting: Connection[] = [];
  const inherited = address.kind === "fd" ? adoptDescriptor(address.fd) : null;
  const known = inherited?.address ?? (address as SocketAddress);
  const handlers = acceptHandlers(options, known, (client) => {
    if (isPaused) waiting.push(client);
    else accept(client);
  });
  const target = { ...(inherited === null ? targetOf(options, temporary) : { fd: inherited.fd }), ...handlers };
  const socket = Bun.listen(
    target as unknown as Bun.TCPSocketListenOptions<BunConnection>,
  ) as unknown as ListeningSocket;
  const file = temporary !== null && address.kind === "unix" ? placeSocketFile(temporary, address.path, options) : null;
  return {
    address:
      known.kind === "tcp" && inherited === null
        ? { kind: "tcp", host: literal(known.host), port: socket.port }
        : known,
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
    hostname: literal(address.host),
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

/** A unix socket's clients have no address of their own. */
function remoteOf(socket: Socket<BunConnection>, bound: SocketAddress): SocketAddress | null {
  if (bound.kind !== "tcp") return bound.kind === "unix" ? { kind: "unix", path: "" } : { kind: "abstract", name: "" };
  const { remoteAddress, remotePort } = socket as { remoteAddress?: string; remotePort?: number };
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return { kind: "tcp", host: plainHost(remoteAddress), port: remotePort };
}
