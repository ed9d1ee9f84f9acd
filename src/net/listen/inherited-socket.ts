/** Sockets that another process opened and left us (`fd@N`): looked at, and set up like our own. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_TYPE,
  SOCK_STREAM,
  type SocketCalls,
  SOL_IPV6,
  SOL_SOCKET,
} from "../libc/socket-calls.ts";
import { systemError } from "../system-error.ts";
import { type ListenOptions, TransportError } from "../transport.ts";

/**
 * A duplicate of an inherited descriptor that is fit for a listener: a stream socket, listening or at least bound. The caller
 * owns the duplicate; the descriptor itself stays open, for the next reload, but no program started from here gets it.
 *
 * It never blocks from now on, for whoever else has it as well: what a service manager hands over may block, and then a client that
 * has left before it is accepted would stop the whole process. Throws a TransportError.
 */
export function adoptSocket(calls: SocketCalls, fd: number): number {
  const type = calls.getOption(fd, SOL_SOCKET, SO_TYPE);
  if (type < 0) throw systemError(-type);
  const family = calls.getOption(fd, SOL_SOCKET, SO_DOMAIN);
  if (type !== SOCK_STREAM || ![AF_INET, AF_INET6, AF_UNIX].includes(family))
    throw new TransportError("EPROTOTYPE", "not a stream socket");
  if (calls.getOption(fd, SOL_SOCKET, SO_ACCEPTCONN) !== 1) {
    if (calls.remoteAddress(fd) !== null) throw new TransportError("EISCONN", "a connection, not a listening socket");
    const bound = calls.localAddress(fd);
    if (bound === null || (bound.kind === "tcp" && bound.port === 0) || (bound.kind === "unix" && bound.path === ""))
      throw new TransportError("EINVAL", "a socket without an address");
  }
  const duplicate = calls.duplicate(fd);
  if (duplicate < 0) throw systemError(-duplicate);
  calls.setCloseOnExec(fd);
  const result = calls.setNonBlocking(duplicate);
  if (result >= 0) return duplicate;
  calls.close(duplicate);
  throw systemError(-result);
}

/** Throws for `v6only` or `v4v6` where the socket was bound otherwise: that cannot be changed any more. */
export function checkFamily(calls: SocketCalls, fd: number, { v6only }: ListenOptions): void {
  const bound = calls.localAddress(fd);
  // On one address there is nothing to choose.
  if (v6only === null || bound?.kind !== "tcp" || bound.host !== "::") return;
  if ((calls.getOption(fd, SOL_IPV6, IPV6_V6ONLY) === 1) === v6only) return;
  throw new TransportError("EINVAL", `bound without '${v6only ? "v6only" : "v4v6"}' by whoever opened it`);
}
