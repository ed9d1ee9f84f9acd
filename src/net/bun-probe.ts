/** The layer 4 check: a handshake whose last ACK never goes out, so that the server's accept() does not see it. */
import type { Socket } from "bun";
import { bunConnect } from "./bun-connect.ts";
import { IPPROTO_TCP, type SocketCalls, socketCalls, TCP_QUICKACK } from "./libc-socket.ts";
import { openSocket } from "./socket-options.ts";
import { systemError, thrownError } from "./system-error.ts";
import { type ConnectOptions, TransportError } from "./transport.ts";

/**
 * Transport.probe.
 *
 * With TCP_QUICKACK off the ACK of the server's SYN-ACK is delayed, and the reset goes out in its place: the server's kernel
 * forgets the connection before it is accepted, so sshd writes no line. Without libc, or for a unix socket, it is accepted and reset.
 */
export function bunProbe(options: ConnectOptions): Promise<TransportError | null> {
  const calls = socketCalls();
  return calls === null || options.address.kind !== "tcp" ? plainProbe(options) : quietProbe(calls, options);
}

async function plainProbe(options: ConnectOptions): Promise<TransportError | null> {
  try {
    (await bunConnect(options).done).reset();
    return null;
  } catch (error) {
    return thrownError(error, "ECONNREFUSED");
  }
}

function quietProbe(calls: SocketCalls, options: ConnectOptions): Promise<TransportError | null> {
  const { promise, resolve } = Promise.withResolvers<TransportError | null>();
  let socket: Socket | null = null;
  let settled = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const settle = (result: TransportError | null): void => {
    if (settled) return;
    settled = true;
    if (timer !== null) clearTimeout(timer);
    socket?.terminate();
    resolve(result);
  };
  const settleIfConnected = (connected: Socket): void => {
    socket = connected;
    if (settled || (connected as { remoteAddress?: string }).remoteAddress !== undefined) {
      settle(null);
      connected.terminate();
    } else connected.pause();
  };
  try {
    const fd = openSocket(calls, options);
    calls.setOption(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
    const result = calls.connect(fd, options.address);
    if (result < 0) {
      calls.close(fd);
      throw systemError(-result);
    }
    if (options.timeoutMs > 0)
      timer = setTimeout(
        () => settle(new TransportError("ETIMEDOUT", "Connection timed out", true)),
        options.timeoutMs,
      );
    const handlers = {
      open: settleIfConnected,
      drain: settleIfConnected,
      data: () => undefined,
      close: (_: Socket, error?: Error) => settle(thrownError(error ?? {}, "ECONNREFUSED")),
    };
    Bun.connect({
      fd,
      allowHalfOpen: true,
      socket: handlers,
    } as unknown as Bun.TCPSocketConnectOptions<undefined>).catch((error: unknown) =>
      settle(thrownError(error, "ECONNREFUSED")),
    );
  } catch (error) {
    settle(thrownError(error, "EINVAL"));
  }
  return promise;
}
