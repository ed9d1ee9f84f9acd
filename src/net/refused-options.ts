/** Refuses what only sockets that libc opens can do. */
import { refusedOfConnection, refusedOfListener } from "../plan/libc-options.ts";
import { type ConnectOptions, type ListenOptions, TransportError } from "./transport.ts";

/** Throws for the options of a listener that a runtime's own sockets cannot set. */
export function refuseListenOptions(options: ListenOptions): void {
  refuse(refusedOfListener(options));
}

/** Throws for the options of a connection that a runtime's own sockets cannot set. */
export function refuseConnectOptions(options: ConnectOptions): void {
  if (mayBeRefused(options)) refuse(refusedOfConnection(options));
}

/** Of each connection there is nothing to be made when it asks for nothing. */
function mayBeRefused(options: ConnectOptions): boolean {
  const { keepAlive } = options;
  const isPaced = keepAlive !== null && (keepAlive.intervalSeconds !== null || keepAlive.count !== null);
  const asked = isPaced || options.transparent || options.fastOpen || options.interface !== null;
  return asked || options.mark !== null || options.userTimeoutMs !== null || options.congestion !== null;
}

function refuse(names: readonly string[]): void {
  if (names.length > 0)
    throw new TransportError("ENOPROTOOPT", `${names.join(", ")} would need libc's sockets, which do not serve here`);
}
