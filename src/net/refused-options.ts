/** What cannot be had without libc: refusing it is better than doing otherwise than the configuration says. */
import { type ConnectOptions, type KeepAlive, type ListenOptions, TransportError } from "./transport.ts";

/** Throws for the options of a listener that a runtime's own sockets cannot set. */
export function refuseListenOptions(options: ListenOptions): void {
  const asked = options.transparent || options.deferAccept || options.fastOpen || options.interface !== null;
  if (asked || options.mss !== null || options.userTimeoutMs !== null || options.congestion !== null)
    throw refusal(
      "transparent, defer-accept, tfo, interface, mss, tcp-ut and cc need libc, which cannot be called here",
    );
  refuseKeepAlive(options.keepAlive);
}

/** Throws for the options of a connection that a runtime's own sockets cannot set. */
export function refuseConnectOptions(options: ConnectOptions): void {
  const asked = options.transparent || options.fastOpen || options.interface !== null;
  if (asked || options.mark !== null || options.userTimeoutMs !== null || options.congestion !== null)
    throw refusal("interface, transparent sources, marks, tfo, tcp-ut and cc need libc, which cannot be called here");
  refuseKeepAlive(options.keepAlive);
}

function refuseKeepAlive(keepAlive: KeepAlive | null): void {
  if (keepAlive !== null && (keepAlive.intervalSeconds !== null || keepAlive.count !== null))
    throw refusal("keepalive's interval and count need libc, which cannot be called here");
}

function refusal(text: string): TransportError {
  return new TransportError("ENOPROTOOPT", text);
}
