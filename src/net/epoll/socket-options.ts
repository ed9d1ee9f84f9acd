/** Socket options of listeners and connections, set by libc before bind, connect and listen. */
import { defaultBacklog } from "../listen/accepting.ts";
import { adoptSocket, checkFamily } from "../listen/inherited-socket.ts";
import {
  AF_INET6,
  AF_UNIX,
  familyOf,
  IP_BIND_ADDRESS_NO_PORT,
  IP_TOS,
  IP_TRANSPARENT,
  IP_TTL,
  IPPROTO_TCP,
  IPV6_TCLASS,
  IPV6_TRANSPARENT,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  SO_BINDTODEVICE,
  SO_DOMAIN,
  SO_KEEPALIVE,
  SO_MARK,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOCK_STREAM,
  type SocketCalls,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NOTSENT_LOWAT,
  TCP_REPAIR,
  TCP_USER_TIMEOUT,
} from "../libc/socket-calls.ts";
import type { ConnectOptions, ListenOptions } from "../transport.ts";
import type { KeepAlive, SocketBuffers } from "../../plan/socket.ts";
import { isLoopback, literalHost, type SocketAddress } from "../../address.ts";
import { connectError, systemError } from "../system-error.ts";
import { isHere, setCongestion, unpace, unpaceChosen } from "./congestion.ts";

/** Sets SO_KEEPALIVE and what is given of its times; a socket of another kind is left alone. */
export function setKeepAlive(calls: SocketCalls, fd: number, keepAlive: KeepAlive): void {
  calls.setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (keepAlive.idleSeconds !== null) calls.setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepAlive.idleSeconds);
  if (keepAlive.intervalSeconds !== null) calls.setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepAlive.intervalSeconds);
  if (keepAlive.count !== null) calls.setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, keepAlive.count);
}

/** Sets what is not 0; the system keeps to its own bounds, and nobody is told. */
export function setBuffers(calls: SocketCalls, fd: number, buffers: SocketBuffers): void {
  const { receiveBytes, sendBytes, unsentBytes } = buffers;
  if (unsentBytes > 0) calls.setOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsentBytes);
  if (sendBytes > 0) calls.setOption(fd, SOL_SOCKET, SO_SNDBUF, sendBytes);
  if (receiveBytes > 0) calls.setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBytes);
}

/**
 * Opens a socket with every option of `options` but `quickAck`, bound to its source, not yet connected.
 *
 * The caller owns the descriptor. Throws a TransportError and leaves none behind otherwise; an option that the configuration asked
 * for and the system refuses is such an error.
 */
export function openSocket(calls: SocketCalls, options: ConnectOptions): number {
  const family = familyOf(options.address);
  const fd = calls.socket(family, SOCK_STREAM);
  if (fd < 0) throw connectError(-fd, "socket");
  try {
    setSocketOptions(calls, fd, options);
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** What is set before it is connected, but for TCP_QUICKACK. Throws as `openSocket` does. */
export function setSocketOptions(calls: SocketCalls, fd: number, options: ConnectOptions): void {
  setBuffers(calls, fd, options.buffers);
  if (options.address.kind === "tcp") setConnectOptions(calls, fd, familyOf(options.address), options);
}

function setConnectOptions(calls: SocketCalls, fd: number, family: number, options: ConnectOptions): void {
  if (options.mark !== null) need(calls.setOption(fd, SOL_SOCKET, SO_MARK, options.mark), "SO_MARK");
  if (options.interface !== null)
    need(calls.setTextOption(fd, SOL_SOCKET, SO_BINDTODEVICE, options.interface), "SO_BINDTODEVICE");
  if (options.transparent) need(setTransparent(calls, fd, family), "IP_TRANSPARENT");
  if (options.userTimeoutMs !== null)
    need(calls.setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options.userTimeoutMs), "TCP_USER_TIMEOUT");
  if (options.fastOpen) need(calls.setOption(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), "TCP_FASTOPEN_CONNECT");
  if (options.congestion !== null) need(setCongestion(calls, fd, options.congestion), `cc ${options.congestion}`);
  else if (options.isBrief !== true && options.address.kind === "tcp" && isHere(options.address.host))
    unpaceChosen(calls, fd);
  if (options.keepAlive !== null) setKeepAlive(calls, fd, options.keepAlive);
  if (options.source !== null) {
    const source: SocketAddress = { kind: "tcp", ...options.source };
    // The port is chosen at connect, so that one source address serves more connections than there are ports.
    if (source.port === 0) calls.setOption(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    else calls.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    const result = calls.bind(fd, source);
    if (result < 0) throw connectError(-result, "source");
  }
}

/** IP_TRANSPARENT or its IPv6 twin; both, for an IPv6 socket that takes IPv4. */
export function setTransparent(calls: SocketCalls, fd: number, family: number): number {
  if (family !== AF_INET6) return calls.setOption(fd, SOL_IP, IP_TRANSPARENT, 1);
  const result = calls.setOption(fd, SOL_IPV6, IPV6_TRANSPARENT, 1);
  return result < 0 ? result : calls.setOption(fd, SOL_IP, IP_TRANSPARENT, 1);
}

/** SO_MARK; needs CAP_NET_ADMIN, and does nothing without it, as HAProxy's `set-mark`. */
export function setMark(calls: SocketCalls, fd: number, mark: number): void {
  calls.setOption(fd, SOL_SOCKET, SO_MARK, mark);
}

/** IP_TOS or its IPv6 twin, whichever the socket has. */
export function setTos(calls: SocketCalls, fd: number, tos: number): void {
  calls.setOption(fd, SOL_IP, IP_TOS, tos);
  calls.setOption(fd, SOL_IPV6, IPV6_TCLASS, tos);
}

/**
 * Makes the socket's end silent, for `silent-drop`. True: close(2) says nothing (TCP_REPAIR, which needs CAP_NET_ADMIN);
 * false: abort it, and a hop limit of one keeps the RST near.
 */
export function hideEnd(calls: SocketCalls, fd: number): boolean {
  if (calls.setOption(fd, IPPROTO_TCP, TCP_REPAIR, 1) === 0) return true;
  calls.setOption(fd, SOL_IP, IP_TTL, 1);
  calls.setOption(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 1);
  return false;
}

/**
 * Opens and binds a listening socket with every option of `options`; an inherited descriptor is duplicated, and stays open.
 *
 * SO_REUSEPORT is set as HAProxy sets it: the same bind may stand twice, and a new process may bind while the old one still
 * listens. `temporary` is where a unix socket is bound before its file is put in place. The caller owns the descriptor. Throws a TransportError.
 */
export function openListeningSocket(calls: SocketCalls, options: ListenOptions, temporary: string | null): number {
  const { address } = options;
  if (address.kind === "fd") return openInherited(calls, address.fd, options);
  const where: SocketAddress =
    address.kind === "tcp"
      ? { ...address, host: literalHost(address.host) }
      : address.kind === "unix" && temporary !== null
        ? { kind: "unix", path: temporary }
        : address;
  const family = familyOf(where);
  const fd = calls.socket(family, SOCK_STREAM);
  if (fd < 0) throw systemError(-fd);
  try {
    if (where.kind === "tcp") setListenOptions(calls, fd, family, options);
    need(calls.bind(fd, where));
    need(calls.listen(fd, options.backlog ?? defaultBacklog));
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

/** What was set before the socket was bound cannot be changed, all else is as on a socket of our own. */
function openInherited(calls: SocketCalls, inherited: number, options: ListenOptions): number {
  const fd = adoptSocket(calls, inherited);
  try {
    checkFamily(calls, fd, options);
    const family = calls.getOption(fd, SOL_SOCKET, SO_DOMAIN);
    if (family !== AF_UNIX) setTcpOptions(calls, fd, family, options);
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

function setListenOptions(calls: SocketCalls, fd: number, family: number, options: ListenOptions): void {
  need(calls.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1), "SO_REUSEADDR");
  if (options.sharesPort) need(calls.setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1), "SO_REUSEPORT");
  if (family === AF_INET6 && options.v6only !== null)
    need(calls.setOption(fd, SOL_IPV6, IPV6_V6ONLY, options.v6only ? 1 : 0), "IPV6_V6ONLY");
  setTcpOptions(calls, fd, family, options);
}

function setTcpOptions(calls: SocketCalls, fd: number, family: number, options: ListenOptions): void {
  if (options.transparent) need(setTransparent(calls, fd, family), "IP_TRANSPARENT");
  if (options.interface !== null)
    need(calls.setTextOption(fd, SOL_SOCKET, SO_BINDTODEVICE, options.interface), "SO_BINDTODEVICE");
  if (options.mss !== null) need(calls.setOption(fd, IPPROTO_TCP, TCP_MAXSEG, options.mss), "TCP_MAXSEG");
  if (options.userTimeoutMs !== null)
    need(calls.setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options.userTimeoutMs), "TCP_USER_TIMEOUT");
  // What is accepted inherits it; elsewhere each client is looked at.
  if (options.congestion !== null) need(setCongestion(calls, fd, options.congestion), `cc ${options.congestion}`);
  else if (options.address.kind === "tcp" && isLoopback(options.address.host)) unpace(calls, fd);
  if (options.deferAccept) need(calls.setOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1), "TCP_DEFER_ACCEPT");
  if (options.fastOpen)
    need(calls.setOption(fd, IPPROTO_TCP, TCP_FASTOPEN, options.backlog ?? defaultBacklog), "TCP_FASTOPEN");
}

function need(result: number, what?: string): void {
  if (result < 0) throw what === undefined ? systemError(-result) : systemError(-result, what);
}
