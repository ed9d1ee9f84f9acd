/** Linux's sock_diag(7): what listening sockets the network namespace has, of whichever process. */
import { plainHost } from "../../address.ts";
import { formatIPv4, formatIPv6 } from "../../ip-literal.ts";
import type { SocketCalls } from "./socket-calls.ts";

/** A listening TCP socket as the kernel shows it. */
export interface TcpSocket {
  /** Its local end, a literal address. */
  readonly host: string;
  readonly port: number;
  /** SO_BINDTODEVICE's interface; 0 for none. */
  readonly interfaceIndex: number;
  readonly uid: number;
  readonly inode: number;
}

/** `1 << TCP_LISTEN`. The other states would cost a look at each of the kernel's many buckets: 14 ms here. */
const listening = 1 << 10;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const IPPROTO_TCP = 6;
const headerBytes = 16;
const messageBytes = 72;
/** More than the kernel puts into one answer. */
const answerBytes = 64 * 1024;
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The listening TCP sockets of a family; null where the kernel does not tell (no AF_NETLINK in a service's sandbox, no tcp_diag).
 */
export function listeningSockets(calls: SocketCalls, family: number): TcpSocket[] | null {
  const fd = calls.socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
  if (fd < 0) return null;
  try {
    if (calls.send(fd, request(family)) < 0) return null;
    return readAnswers(calls, fd);
  } finally {
    calls.close(fd);
  }
}

/*
 * struct nlmsghdr:         0 4 length, 4 2 type, 6 2 flags, 8 4 sequence, 12 4 port
 * struct inet_diag_req_v2: 16 1 family, 17 1 protocol, 18 1 extensions, 20 4 states, 24 48 both ends
 */
function request(family: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(messageBytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, messageBytes, isLittleEndian);
  view.setUint16(4, SOCK_DIAG_BY_FAMILY, isLittleEndian);
  view.setUint16(6, NLM_F_REQUEST_DUMP, isLittleEndian);
  bytes[16] = family;
  bytes[17] = IPPROTO_TCP;
  view.setUint32(20, listening, isLittleEndian);
  return bytes;
}

/** Each receive has the kernel write the next part: nothing is waited for. */
function readAnswers(calls: SocketCalls, fd: number): TcpSocket[] | null {
  const sockets: TcpSocket[] = [];
  const buffer = new Uint8Array(new ArrayBuffer(answerBytes));
  const view = new DataView(buffer.buffer);
  for (;;) {
    const received = calls.recv(fd, buffer);
    if (received <= 0) return null;
    for (let at = 0; at + headerBytes <= received;) {
      const length = view.getUint32(at, isLittleEndian);
      const type = view.getUint16(at + 4, isLittleEndian);
      if (type === NLMSG_DONE) return sockets;
      if (type === NLMSG_ERROR || length < headerBytes) return null;
      if (type === SOCK_DIAG_BY_FAMILY && length >= headerBytes + messageBytes)
        sockets.push(readSocket(buffer, view, at + headerBytes));
      at += (length + 3) & ~3;
    }
  }
}

/* struct inet_diag_msg: 0 1 family, 4 2 local port, 8 16 local address, 40 4 interface, 64 4 uid, 68 4 inode */
function readSocket(bytes: Uint8Array, view: DataView, at: number): TcpSocket {
  return {
    host: bytes[at] === 2 ? formatIPv4(bytes, at + 8) : plainHost(formatIPv6(bytes, at + 8)),
    port: view.getUint16(at + 4),
    interfaceIndex: view.getUint32(at + 40, isLittleEndian),
    uid: view.getUint32(at + 64, isLittleEndian),
    inode: view.getUint32(at + 68, isLittleEndian),
  };
}
