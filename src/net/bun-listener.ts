/** Listening sockets. */
import type { Socket } from "bun";
import { BunConnection, connectionHandlers, plainHost } from "./bun-connection.ts";
import { socketCalls } from "./libc-socket.ts";
import { setKeepAlive } from "./socket-options.ts";
import { thrownError } from "./system-error.ts";
import type { Connection, Listener, ListenOptions, SocketAddress } from "./transport.ts";

/** Transport.listen. */
export async function bunListen(options: ListenOptions, accept: (client: Connection) => void): Promise<Listener> {
  const { address } = options;
  const target =
    address.kind === "fd"
      ? { fd: address.fd }
      : address.kind === "unix"
        ? { unix: address.path }
        : address.kind === "abstract"
          ? { unix: `\0${address.name}` }
          : {
              hostname: address.host === "*" ? "::" : address.host,
              port: address.port,
              ipv6Only: options.v6only === true,
            };
  try {
    const listener = Bun.listen({
      ...target,
      allowHalfOpen: true,
      socket: {
        binaryType: "uint8array",
        ...connectionHandlers,
        open(socket: Socket<BunConnection>): void {
          const remote: SocketAddress =
            address.kind === "tcp"
              ? { kind: "tcp", host: plainHost(socket.remoteAddress), port: socket.remotePort as number }
              : { kind: "unix", path: "" };
          if (options.keepAlive !== null) {
            const calls = socketCalls();
            if (calls !== null) setKeepAlive(calls, (socket as unknown as { fd: number }).fd, options.keepAlive);
          }
          accept(new BunConnection(socket, remote, address.kind === "tcp" ? null : (address as SocketAddress)));
        },
      },
    } as unknown as Bun.TCPSocketListenOptions<BunConnection>);
    return {
      address: address.kind === "tcp" ? { ...address, port: listener.port } : (address as SocketAddress),
      fd: (listener as unknown as { fd: number }).fd,
      pause: () => undefined,
      resume: () => undefined,
      close: () => listener.stop(),
    };
  } catch (error) {
    throw thrownError(error, "EINVAL");
  }
}
