/** Packets that carry descriptors between two processes: sendmsg(2), recvmsg(2) and SCM_RIGHTS by bun:ffi. */
import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { EMSGSIZE } from "./errno.ts";

/** The longest packet that is sent or taken, in bytes. */
export const packetBytes = 60_000;
/** More descriptors than this are never sent in one packet; a packet that carries more is refused whole. */
export const packetDescriptors = 8;

const MSG_TRUNC = 0x20;
const MSG_CTRUNC = 0x08;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
/** Room for more than is allowed, so that what is too much is seen, and closed, rather than cut off. */
const receivedDescriptors = 32;

/**
 * `struct msghdr`, 56 bytes on 64-bit systems; `struct cmsghdr` before its descriptors:
 * ```
 *  0 name     8 name's length   16 iovec   24 iovecs   32 control   40 control's length   48 flags
 *  0 length of header and data    8 level  12 type     16 descriptors, four bytes each
 * ```
 */
const headerBytes = 56;
const controlHeaderBytes = 16;

/** Both return an ssize_t, of which 32 bits are enough: no packet is longer. */
const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
  recvmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
} as const;

/** A packet as it came. */
export interface Packet {
  /** Empty: the other side has closed. A copy. */
  readonly bytes: Uint8Array;
  /** Close-on-exec. The caller owns them. */
  readonly fds: readonly number[];
}

/** Calls on a SOCK_SEQPACKET socket. None of them blocks. */
export interface MessageCalls {
  /** Sends one packet with its descriptors, which stay open here. 0, or the negative errno (-11: no room now). */
  send(fd: number, bytes: Uint8Array, fds: readonly number[]): number;
  /** The next packet, or the negative errno: -11 when there is none, -90 for one that is too long or carries too much, which is dropped and its descriptors closed. */
  receive(fd: number): Packet | number;
}

/** Throws where libc cannot be called. Linux only. */
export function loadMessageCalls(): MessageCalls {
  if (process.platform !== "linux") throw new Error("descriptors are handed over on Linux only");
  const libc = dlopen("libc.so.6", symbols).symbols;
  const errnoAt = libc.__errno_location() as Pointer;
  const sending = openFrame(packetDescriptors);
  const receiving = openFrame(receivedDescriptors);
  return {
    send(fd, bytes, fds) {
      if (bytes.length > packetBytes || fds.length > packetDescriptors) return -EMSGSIZE;
      sending.payload.set(bytes);
      sending.prepare(bytes.length, fds);
      const sent = libc.sendmsg(fd, sending.header, MSG_DONTWAIT | MSG_NOSIGNAL);
      return sent < 0 ? -read.i32(errnoAt) : 0;
    },
    receive(fd) {
      receiving.prepare(packetBytes, null);
      const count = libc.recvmsg(fd, receiving.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (count < 0) return -read.i32(errnoAt);
      const fds = receiving.descriptors();
      if ((receiving.flags() & (MSG_TRUNC | MSG_CTRUNC)) === 0 && fds.length <= packetDescriptors)
        return { bytes: receiving.payload.slice(0, count), fds };
      for (const one of fds) libc.close(one);
      return -EMSGSIZE;
    },
  };
}

/** A msghdr with all that it points to, in memory that does not move and is held for life. */
function openFrame(room: number) {
  const payload = new Uint8Array(new ArrayBuffer(packetBytes));
  const control = new Uint8Array(new ArrayBuffer(controlHeaderBytes + room * 4));
  const vector = new BigUint64Array(new ArrayBuffer(16));
  const header = new Uint8Array(new ArrayBuffer(headerBytes));
  const fields = new DataView(header.buffer);
  const rights = new DataView(control.buffer);
  vector[0] = BigInt(ptr(payload));
  const vectorAt = BigInt(ptr(vector));
  const controlAt = BigInt(ptr(control));
  return {
    header,
    payload,
    /** `fds`: to be sent; null: whatever comes. */
    prepare(length: number, fds: readonly number[] | null): void {
      vector[1] = BigInt(length);
      header.fill(0);
      control.fill(0);
      fields.setBigUint64(16, vectorAt, true);
      fields.setBigUint64(24, 1n, true);
      if (fds?.length === 0) return;
      const used = fds === null ? control.length : controlHeaderBytes + fds.length * 4;
      fields.setBigUint64(32, controlAt, true);
      // What is sent counts with its padding, which the room for it has.
      fields.setBigUint64(40, BigInt(fds === null ? used : Math.min(control.length, (used + 7) & ~7)), true);
      if (fds === null) return;
      rights.setBigUint64(0, BigInt(used), true);
      rights.setInt32(8, SOL_SOCKET, true);
      rights.setInt32(12, SCM_RIGHTS, true);
      for (const [at, fd] of fds.entries()) rights.setInt32(controlHeaderBytes + at * 4, fd, true);
    },
    flags: () => fields.getInt32(48, true),
    descriptors(): number[] {
      if (Number(fields.getBigUint64(40, true)) < controlHeaderBytes) return [];
      if (rights.getInt32(8, true) !== SOL_SOCKET || rights.getInt32(12, true) !== SCM_RIGHTS) return [];
      const count = Math.min(room, (Number(rights.getBigUint64(0, true)) - controlHeaderBytes) >> 2);
      return Array.from({ length: Math.max(0, count) }, (_, at) => rights.getInt32(controlHeaderBytes + at * 4, true));
    },
  };
}
