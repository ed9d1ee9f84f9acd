/** Socket options of listeners and connections, set by libc before bind, connect and listen. */
import {
  AF_INET6,
  familyOf,
  IP_BIND_ADDRESS_NO_PORT,
  IP_TRANSPARENT,
  IPPROTO_TCP,
  IPV6_TRANSPARENT,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SO_MARK,
  SO_REUSEADDR,
  SOCK_STREAM,
  type SocketCalls,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  TCP_FASTOPEN_CONNECT,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_USER_TIMEOUT,
} from "./libc-socket.ts";
import type { ConnectOptions, KeepAlive, SocketAddress } from "./transport.ts";
import { systemError } from "./system-error.ts";

/** Sets SO_KEEPALIVE and what is given of its times; a socket of another kind is left alone. */
export function setKeepAlive(calls: SocketCalls, fd: number, keepAlive: KeepAlive): void {
  calls.setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (keepAlive.idleSeconds !== null) calls.setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepAlive.idleSeconds);
  if (keepAlive.intervalSeconds !== null) calls.setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepAlive.intervalSeconds);
  if (keepAlive.count !== null) calls.setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, keepAlive.count);
}

/**
 * Opens a socket with every option of `options`, bound to its source, not yet connected.
 *
 * The caller owns the descriptor. Throws a TransportError and leaves none behind otherwise; an option that the configuration asked
 * for and the system refuses is such an error.
 */
export function openSocket(calls: SocketCalls, options: ConnectOptions): number {
  const family = familyOf(options.address);
  const fd = calls.socket(family, SOCK_STREAM);
  if (fd < 0) throw systemError(-fd);
  const need = (result: number, what?: string): void => {
    if (result >= 0) return;
    calls.close(fd);
    throw what === undefined ? systemError(-result) : systemError(-result, what);
  };
  if (options.address.kind !== "tcp") return fd;
  if (options.mark !== null) need(calls.setOption(fd, SOL_SOCKET, SO_MARK, options.mark), "SO_MARK");
  if (options.interface !== null)
    need(calls.setTextOption(fd, SOL_SOCKET, SO_BINDTODEVICE, options.interface), "SO_BINDTODEVICE");
  if (options.transparent) need(setTransparent(calls, fd, family), "IP_TRANSPARENT");
  if (options.userTimeoutMs !== null)
    need(calls.setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options.userTimeoutMs), "TCP_USER_TIMEOUT");
  if (options.fastOpen) need(calls.setOption(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), "TCP_FASTOPEN_CONNECT");
  if (options.keepAlive !== null) setKeepAlive(calls, fd, options.keepAlive);
  if (options.source !== null) {
    const source: SocketAddress = { kind: "tcp", ...options.source };
    // The port is chosen at connect, so that one source address serves more connections than there are ports.
    if (source.port === 0) calls.setOption(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    else calls.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    need(calls.bind(fd, source));
  }
  return fd;
}

/** IP_TRANSPARENT or its IPv6 twin; both, for an IPv6 socket that takes IPv4. */
export function setTransparent(calls: SocketCalls, fd: number, family: number): number {
  if (family !== AF_INET6) return calls.setOption(fd, SOL_IP, IP_TRANSPARENT, 1);
  const result = calls.setOption(fd, SOL_IPV6, IPV6_TRANSPARENT, 1);
  return result < 0 ? result : calls.setOption(fd, SOL_IP, IP_TRANSPARENT, 1);
}
