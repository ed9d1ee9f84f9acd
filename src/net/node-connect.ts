/** Opens connections, and probes, by node:net. */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { NodeConnection } from "./node-connection.ts";
import { refuseConnectOptions } from "./refused-options.ts";
import { thrownError } from "./system-error.ts";
import { type Connecting, type Connection, type ConnectOptions, TransportError } from "./transport.ts";

/** Transport.connect. */
export function nodeConnect(options: ConnectOptions): Connecting {
  let fail!: (error: TransportError) => void;
  const done = new Promise<Connection>((resolve, reject) => {
    let socket: Socket | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let isSettled = false;
    const settle = (): boolean => {
      if (isSettled) return false;
      isSettled = true;
      if (timer !== null) clearTimeout(timer);
      return true;
    };
    fail = (error) => {
      if (!settle()) return;
      socket?.destroy();
      reject(error);
    };
    if (options.timeoutMs > 0)
      timer = setTimeout(() => fail(new TransportError("ETIMEDOUT", "Connection timed out", true)), options.timeoutMs);
    try {
      refuseConnectOptions(options);
      const opened = connect(target(options));
      socket = opened;
      const failed = (error: Error): void => fail(thrownError(error, "ECONNREFUSED"));
      opened.on("error", failed);
      opened.once("connect", () => {
        if (!settle()) return;
        const { address } = options;
        const connection = new NodeConnection(opened, address, address.kind === "tcp" ? null : address);
        opened.off("error", failed);
        resolve(connection);
      });
    } catch (error) {
      fail(thrownError(error, "EINVAL"));
    }
  });
  return { done, cancel: () => fail(new TransportError("ECANCELED", "Operation canceled")) };
}

function target({ address, source, keepAlive }: ConnectOptions): NetConnectOpts {
  const common = { allowHalfOpen: true, noDelay: true };
  if (address.kind === "unix") return { ...common, path: address.path };
  if (address.kind === "abstract") return { ...common, path: `\0${address.name}` };
  return {
    ...common,
    host: address.host,
    port: address.port,
    ...(source === null ? {} : { localAddress: source.host, ...(source.port > 0 ? { localPort: source.port } : {}) }),
    ...(keepAlive === null ? {} : { keepAlive: true, keepAliveInitialDelay: (keepAlive.idleSeconds ?? 0) * 1000 }),
  };
}

/** Transport.probe. The server's accept() sees it: without libc the handshake cannot be left unfinished. */
export async function nodeProbe(options: ConnectOptions): Promise<TransportError | null> {
  try {
    (await nodeConnect(options).done).reset();
    return null;
  } catch (error) {
    return thrownError(error, "ECONNREFUSED");
  }
}
