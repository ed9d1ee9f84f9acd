/** Linux's socket calls by bun:ffi: what the epoll transport is made of. */
import { dlopen, ptr, read, type Pointer } from "bun:ffi";
import { literalHost, plainHost, type SocketAddress } from "../../address.ts";
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from "../../ip-literal.ts";
import type { TcpInfo } from "../../tcp-info.ts";
import { codeError } from "../system-error.ts";
import { EINPROGRESS } from "./errno.ts";

/** Linux's socket constants that callers name, by the names of its headers. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_SEQPACKET = 5;
export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const IPPROTO_TCP = 6;
export const SOL_IPV6 = 41;
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_TRANSPARENT = 19;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_V6ONLY = 26;
export const IPV6_TCLASS = 67;
export const IPV6_TRANSPARENT = 75;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_BINDTODEVICE = 25;
export const SO_ACCEPTCONN = 30;
export const SO_MARK = 36;
export const SO_DOMAIN = 39;
const SO_ATTACH_REUSEPORT_CBPF = 51;
export const SO_BINDTOIFINDEX = 62;
export const SO_DETACH_REUSEPORT_BPF = 68;
export const TCP_NODELAY = 1;
export const TCP_MAXSEG = 2;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_DEFER_ACCEPT = 9;
const TCP_INFO = 11;
export const TCP_QUICKACK = 12;
export const TCP_CONGESTION = 13;
export const TCP_USER_TIMEOUT = 18;
export const TCP_REPAIR = 19;
export const TCP_FASTOPEN = 23;
export const TCP_NOTSENT_LOWAT = 25;
export const TCP_FASTOPEN_CONNECT = 30;

export const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;
const O_NONBLOCK = 0o4000;
const F_DUPFD_CLOEXEC = 1030;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const MSG_MORE = 0x8000;
const MSG_PEEK = 2;
const SIOCOUTQNSD = 0x894b;
const SHUT_RD = 0;
const SHUT_WR = 1;
/** BPF_RET | BPF_K: gives a constant. */
const returnConstant = 6;
/** `struct sockaddr_un`: two bytes of family and 108 of path. */
export const sockaddrBytes = 110;
/** As much of `struct tcp_info` as is read. */
const tcpInfoWords = 23;

const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getpeername: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
} as const;

/** Calls return 0 (or a descriptor, or a count), and on failure the negative errno, as the kernel itself does. */
export interface SocketCalls {
  /** A close-on-exec, non-blocking socket. */
  socket(family: number, type: number, protocol?: number): number;
  bind(fd: number, address: SocketAddress): number;
  /** 0 also while the handshake goes on. `isExact`: an abstract name as long as it is, where HAProxy's are padded. */
  connect(fd: number, address: SocketAddress, isExact?: boolean): number;
  listen(fd: number, backlog: number): number;
  /** A close-on-exec, non-blocking socket of the next client in the backlog; who it is, `acceptedAddress` tells until the next call. */
  accept(fd: number): number;
  /** The other end of the connection accepted last; null for a family that has no addresses of clients. */
  acceptedAddress(): SocketAddress | null;
  /** Two connected unix sockets, or the negative errno. */
  pair(type: number): readonly [number, number] | number;
  /** FIN. */
  shutdownWrite(fd: number): number;
  /** A listening unix socket takes nobody new; those in its queue can still be accepted. */
  shutdownRead(fd: number): number;
  /** Everybody new goes to the socket at this place of the SO_REUSEPORT group that `fd` belongs to. */
  steer(fd: number, place: number): number;
  close(fd: number): number;
  /** Whether there are bytes that a recv would bring. Clears an error where there are none. */
  hasUnread(fd: number): boolean;
  /** Bytes that a TCP socket has yet to send for the first time; 0 for one of another kind. */
  unsent(fd: number): number;
  /** A close-on-exec duplicate. */
  duplicate(fd: number): number;
  /** No program that is started gets it. */
  setCloseOnExec(fd: number): number;
  /** No call on it waits any more, whichever process it is that calls. */
  setNonBlocking(fd: number): number;
  /** One datagram, or bytes of a stream, all of `bytes` or the first `length` of them; never blocking, without SIGPIPE. */
  send(fd: number, bytes: Uint8Array, length?: number): number;
  /** The same of memory that does not move: `address` is where it is. `endFollows`: as `sendMore`. */
  sendAt(fd: number, address: number, length: number, endFollows: boolean): number;
  /** The same as `send`, leaving what would not fill a packet to go with what follows at once: more bytes, or FIN. */
  sendMore(fd: number, bytes: Uint8Array, length: number): number;
  /** Received bytes into `bytes`, which must lie in an ArrayBuffer of its own; 0 for the peer's FIN, never blocking. */
  recv(fd: number, bytes: Uint8Array): number;
  /** What the socket is bound to, or null (not a socket, or of another family). */
  localAddress(fd: number): SocketAddress | null;
  /** The other end, or null when there is none (any more). */
  remoteAddress(fd: number): SocketAddress | null;
  setOption(fd: number, level: number, option: number, value: number): number;
  /** An option that takes a text (SO_BINDTODEVICE, TCP_CONGESTION). */
  setTextOption(fd: number, level: number, option: number, value: string): number;
  /** The text of such an option, at most 15 characters; null where it cannot be had. */
  getTextOption(fd: number, level: number, option: number): string | null;
  /** SO_LINGER {1, 0}: close will send RST. */
  setNoLinger(fd: number): number;
  /** The option's value, or the negative errno; SO_ERROR is cleared by reading it. */
  getOption(fd: number, level: number, option: number): number;
  /** Null for a socket that is not TCP's, or gone. */
  tcpInfo(fd: number): TcpInfo | null;
}

let loaded: SocketCalls | null | undefined;

/** Linux's socket calls, or null on other systems and where FFI cannot run (no JIT, as under MemoryDenyWriteExecute). */
export function socketCalls(): SocketCalls | null {
  if (loaded === undefined) {
    try {
      loaded = process.platform === "linux" ? load() : null;
    } catch {
      loaded = null;
    }
  }
  return loaded;
}

/** The address family that a socket for `address` needs. */
export function familyOf(address: SocketAddress): number {
  if (address.kind !== "tcp") return AF_UNIX;
  return address.host.includes(":") ? AF_INET6 : AF_INET;
}

function load(): SocketCalls {
  // musl's loader takes this name for itself. A name that the system lacks would be looked for in the working directory.
  const libc = dlopen("libc.so.6", symbols).symbols;
  const errnoAt = libc.__errno_location() as Pointer;
  // Memory that the kernel writes to or reads from: each an ArrayBuffer of its own, because small typed arrays move.
  const address = new Uint8Array(new ArrayBuffer(sockaddrBytes + 2));
  const length = new Int32Array(new ArrayBuffer(4));
  const accepted = new Uint8Array(new ArrayBuffer(sockaddrBytes + 2));
  const acceptedLength = new Int32Array(new ArrayBuffer(4));
  const value = new Int32Array(new ArrayBuffer(4));
  const text = new Uint8Array(new ArrayBuffer(16));
  const two = new Int32Array(new ArrayBuffer(8));
  const noLinger = new Int32Array(new ArrayBuffer(8));
  noLinger[0] = 1;
  // struct sock_filter: 2 code, 1 + 1 jumps, 4 constant. struct sock_fprog: 2 count, 8 8 where they are.
  const instruction = new Uint32Array(new ArrayBuffer(8));
  new DataView(instruction.buffer).setUint16(0, returnConstant, true);
  const program = new BigUint64Array(new ArrayBuffer(16));
  new DataView(program.buffer).setUint16(0, 1, true);
  program[1] = BigInt(ptr(instruction));
  const info = new Uint32Array(new ArrayBuffer(tcpInfoWords * 4));
  /** A server's address is one object for all its connections: it is written once. */
  const targets = new WeakMap<SocketAddress, Uint8Array>();
  const checked = (result: number): number => (result < 0 ? -read.i32(errnoAt) : result);
  const askName = (call: typeof libc.getsockname, fd: number): SocketAddress | null => {
    length[0] = sockaddrBytes;
    return call(fd, address, length) < 0 ? null : decodeAddress(address.subarray(0, length[0]));
  };
  return {
    socket: (family, type, protocol = 0) => checked(libc.socket(family, type | SOCK_NONBLOCK_CLOEXEC, protocol)),
    bind: (fd, to) => checked(libc.bind(fd, address, encodeAddress(to, address))),
    connect(fd, to, isExact = false) {
      let target = targets.get(to);
      if (target === undefined) {
        target = new Uint8Array(new ArrayBuffer(encodeAddress(to, address, isExact)));
        target.set(address.subarray(0, target.length));
        targets.set(to, target);
      }
      const result = checked(libc.connect(fd, target, target.length));
      return result === -EINPROGRESS ? 0 : result;
    },
    listen: (fd, backlog) => checked(libc.listen(fd, backlog)),
    accept(fd) {
      acceptedLength[0] = sockaddrBytes;
      return checked(libc.accept4(fd, accepted, acceptedLength, SOCK_NONBLOCK_CLOEXEC));
    },
    acceptedAddress: () => decodeAddress(accepted),
    pair(type) {
      const result = checked(libc.socketpair(AF_UNIX, type | SOCK_NONBLOCK_CLOEXEC, 0, two));
      return result < 0 ? result : [two[0] as number, two[1] as number];
    },
    shutdownWrite: (fd) => checked(libc.shutdown(fd, SHUT_WR)),
    shutdownRead: (fd) => checked(libc.shutdown(fd, SHUT_RD)),
    steer(fd, place) {
      instruction[1] = place;
      return checked(libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, 16));
    },
    close: (fd) => checked(libc.close(fd)),
    duplicate: (fd) => checked(libc.fcntl(fd, F_DUPFD_CLOEXEC, 0)),
    setCloseOnExec: (fd) => checked(libc.fcntl(fd, F_SETFD, FD_CLOEXEC)),
    setNonBlocking(fd) {
      const flags = checked(libc.fcntl(fd, F_GETFL, 0));
      return flags < 0 ? flags : checked(libc.fcntl(fd, F_SETFL, flags | O_NONBLOCK));
    },
    send: (fd, bytes, length = bytes.length) => checked(libc.send(fd, bytes, length, MSG_DONTWAIT_NOSIGNAL)),
    sendAt(fd, address, length, endFollows) {
      const flags = endFollows ? MSG_DONTWAIT_NOSIGNAL | MSG_MORE : MSG_DONTWAIT_NOSIGNAL;
      return checked(libc.send(fd, address as Pointer, length, flags));
    },
    sendMore: (fd, bytes, length) => checked(libc.send(fd, bytes, length, MSG_DONTWAIT_NOSIGNAL | MSG_MORE)),
    recv: (fd, bytes) => checked(libc.recv(fd, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL)),
    hasUnread: (fd) => libc.recv(fd, value, 1, MSG_DONTWAIT_NOSIGNAL | MSG_PEEK) > 0,
    unsent: (fd) => (libc.ioctl(fd, SIOCOUTQNSD, value) < 0 ? 0 : (value[0] as number)),
    localAddress: (fd) => askName(libc.getsockname, fd),
    remoteAddress: (fd) => askName(libc.getpeername, fd),
    setOption(fd, level, option, number) {
      value[0] = number;
      return checked(libc.setsockopt(fd, level, option, value, 4));
    },
    setTextOption(fd, level, option, text) {
      const bytes = cString(text);
      return checked(libc.setsockopt(fd, level, option, bytes, bytes.length));
    },
    getTextOption(fd, level, option) {
      length[0] = 16;
      if (libc.getsockopt(fd, level, option, text, length) < 0) return null;
      return textOf(text, length[0] as number);
    },
    setNoLinger: (fd) => checked(libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, noLinger, 8)),
    getOption(fd, level, option) {
      length[0] = 4;
      const result = checked(libc.getsockopt(fd, level, option, value, length));
      return result < 0 ? result : (value[0] as number);
    },
    tcpInfo(fd) {
      info.fill(0);
      length[0] = info.byteLength;
      return libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length) < 0 ? null : decodeTcpInfo(info);
    },
  };
}

/** The text that was asked for last: one socket after the other has the same. */
const lastBytes = new Uint8Array(16);
let lastText = "";

/** Up to the first NUL of `bytes`, `length` of them at most. */
function textOf(bytes: Uint8Array, length: number): string {
  let end = 0;
  let isSame = true;
  for (; end < length && bytes[end] !== 0; end++) if (bytes[end] !== lastBytes[end]) isSame = false;
  if (isSame && end === lastText.length) return lastText;
  lastBytes.set(bytes);
  return (lastText = Buffer.from(bytes.subarray(0, end)).toString("latin1"));
}

/**
 * `struct tcp_info`, in 32-bit words of the machine's order:
 * ```
 *  2 rto      5 rcv_mss  8 lost     11-14 instants  17 rtt     20 snd_cwnd
 *  3 ato      6 unacked  9 retrans  15 pmtu         18 rttvar  21 advmss
 *  4 snd_mss  7 sacked  10 fackets  16 rcv_ssthresh 19 snd_ssthresh  22 reordering
 * ```
 */
function decodeTcpInfo(words: Uint32Array): TcpInfo {
  const at = (index: number): number => words[index] ?? 0;
  return {
    rttUs: at(17),
    rttVarianceUs: at(18),
    unacked: at(6),
    sacked: at(7),
    lost: at(8),
    retransmits: at(9),
    fackets: at(10),
    reordering: at(22),
  };
}

/** A text with the closing NUL, in memory that does not move. */
export function cString(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const whole = new Uint8Array(new ArrayBuffer(bytes.length + 1));
  whole.set(bytes);
  return whole;
}

/**
 * Writes a sockaddr and returns its length. Numbers of the family are in the machine's order (little-endian on all that we
 * build for), port and addresses in network order.
 */
function encodeAddress(address: SocketAddress, into: Uint8Array, isExact = false): number {
  into.fill(0);
  into[0] = familyOf(address);
  if (address.kind === "tcp") {
    into[2] = address.port >> 8;
    into[3] = address.port & 255;
    if (!address.host.includes(":")) {
      into.set(literal(parseIPv4(literalHost(address.host))), 4);
      return 16;
    }
    const [host, zone] = address.host.split("%") as [string, string?];
    into.set(literal(parseIPv6(host)), 8);
    if (zone !== undefined) new DataView(into.buffer).setUint32(24, Number(zone), true);
    return 28;
  }
  const name = new TextEncoder().encode(address.kind === "unix" ? address.path : address.name);
  const start = address.kind === "unix" ? 2 : 3;
  if (name.length > sockaddrBytes - start) throw codeError("ENAMETOOLONG");
  into.set(name, start);
  if (isExact && address.kind === "abstract") return start + name.length;
  // HAProxy's `abns@` names are filled up with NULs to the whole length, which is part of the name.
  return sockaddrBytes;
}

/** The bytes of an address; no name reaches the kernel. */
function literal(bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) throw codeError("EINVAL");
  return bytes;
}

/** A sockaddr as the kernel filled it, or null for a family that is not ours. */
export function decodeAddress(bytes: Uint8Array): SocketAddress | null {
  const family = bytes[0];
  const port = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (family === AF_INET) return { kind: "tcp", host: formatIPv4(bytes, 4), port };
  if (family === AF_INET6) return { kind: "tcp", host: plainHost(formatIPv6(bytes, 8)), port };
  if (family !== AF_UNIX) return null;
  const decoder = new TextDecoder();
  if (bytes.length > 2 && bytes[2] === 0)
    return { kind: "abstract", name: decoder.decode(bytes.subarray(3)).replace(/\0+$/, "") };
  const end = bytes.indexOf(0, 2);
  return { kind: "unix", path: decoder.decode(bytes.subarray(2, end < 0 ? bytes.length : end)) };
}
