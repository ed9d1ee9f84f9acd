/**
 * Many calls to the kernel in one, by io_uring(7). Whoever sends wake has its turn when all of them are made: between two calls it would
 * often take the processor at once, for the little that one has brought it.
 */
import { dlopen, type Pointer, ptr, read, toArrayBuffer } from "bun:ffi";
import { EAGAIN, EINTR, EIO } from "./errno.ts";
import type { SocketAddress } from "../../address.ts";
import { EPOLL_CTL_ADD, epollEventInts } from "./epoll-calls.ts";
import {
  AF_INET,
  AF_UNIX,
  decodeAddress,
  SO_SNDBUF,
  sockaddrBytes,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  type SocketCalls,
} from "./socket-calls.ts";
import { writeAddress } from "./words.ts";

/** The same number on every machine that we build for. */
const io_uring_setup = 425;
const io_uring_enter = 426;
const IORING_OP_ACCEPT = 13;
const IORING_OP_CLOSE = 19;
const IORING_OP_SEND = 26;
const IORING_OP_RECV = 27;
const IORING_OP_EPOLL_CTL = 29;
const IORING_OP_SOCKET = 45;
const IORING_OP_URING_CMD = 46;
const SOCKET_URING_OP_SETSOCKOPT = 3;
/** Linux 6.10; before, one that finds nobody waits for somebody. */
const IORING_ACCEPT_DONTWAIT = 2;
const IORING_ENTER_GETEVENTS = 1;
const IORING_FEAT_SINGLE_MMAP = 1;
/** Linux 5.18: not one of those that were the first to have all this, and had faults. */
const IORING_FEAT_LINKED_FILE = 1 << 12;
const IORING_OFF_SQES = 0x10000000;
const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const MSG_MORE = 0x8000;
/** More than a pair of sockets with the least room holds of datagrams that nobody reads. */
const mostProofs = 64;

/**
 * In 32-bit words: `struct io_uring_params`, 30; `struct io_uring_sqe`, 16; `struct io_uring_cqe`, 4, as far as they are used:
 * ```
 *  0 sq_entries  1 cq_entries  5 features  10 sq_off: head, tail, mask, -, -, -, array  20 cq_off: head, tail, mask, -, -, cqes
 *  0 opcode      1 fd          2 off, cmd_op          4 addr, or level and optname  6 len  7 flags  8 user_data  11 optlen  12 optval
 *  0 user_data   2 res
 * ```
 */
const paramsWords = 30;
const entryWords = 16;
const resultWords = 4;
const argumentWords = 4;
/** An address and its length. */
const acceptedBytes = 128;

const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], returns: "i32" },
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
} as const;

/**
 * Calls that wait for one. Each takes one of the ring's entries, and returns its number, from 0 on, by which `result` tells what came
 * of it. Memory that they are of must neither move nor change until `submit`.
 */
export interface CallRing {
  /** It has been seen to do all of them but `accept`; otherwise it is for `send` alone. */
  readonly doesAll: boolean;
  /** It has been seen to do that as well. */
  readonly accepts: boolean;
  /** Never blocking, without SIGPIPE. `endFollows`: FIN does, at once, and it may go with that. */
  send(fd: number, address: number, length: number, endFollows: boolean): number;
  /** Never blocking. */
  receive(fd: number, address: number, length: number): number;
  /** As SocketCalls.socket. */
  socket(family: number, type: number): number;
  /** As SocketCalls.setOption. */
  setOption(fd: number, level: number, option: number, value: number): number;
  /** As SocketCalls.accept. */
  accept(fd: number): number;
  /** The other end of the connection that this one has accepted: as SocketCalls.acceptedAddress. */
  acceptedAddress(which: number): SocketAddress | null;
  /** As EpollCalls.add. */
  watch(epoll: number, fd: number, events: number, low: number, high: number): number;
  /** As SocketCalls.close. */
  closeOne(fd: number): number;
  /** Makes those taken, in their order. Returns how many of them the kernel has looked at: those behind are not made. */
  submit(): number;
  /** What came of one taken before the last `submit`: what its call would return, or the negative errno. */
  result(which: number): number;
  close(): void;
}

/** Opens one of so many entries, a power of two; null where the system has none, grants none, or it does not do what it should. */
export function openCallRing(calls: SocketCalls, entries: number): CallRing | null {
  const libc = dlopen("libc.so.6", symbols).symbols;
  const params = new Uint32Array(new ArrayBuffer(paramsWords * 4));
  const fd = libc.syscall(io_uring_setup, entries, ptr(params), 0, 0, 0, 0);
  if (fd < 0) return null;
  const features = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_LINKED_FILE;
  if (((params[5] as number) & features) !== features) return closed(calls, fd);
  const at = (word: number): number => params[word] as number;
  const ringBytes = Math.max(at(16) + at(0) * 4, at(25) + at(1) * resultWords * 4);
  const ring = mapped(libc, fd, ringBytes, 0);
  const requests = mapped(libc, fd, at(0) * entryWords * 4, IORING_OFF_SQES);
  if (ring === null || requests === null) return closed(calls, fd);
  const opened = new KernelRing(libc, calls, fd, params, new Int32Array(ring), new Int32Array(requests));
  if (!isProved(calls, opened)) return closed(calls, fd);
  opened.doesAll = doesAll(calls, opened);
  opened.accepts = opened.doesAll && accepts(calls, opened);
  return opened;
}

type Libc = ReturnType<typeof dlopen<typeof symbols>>["symbols"];

function closed(calls: SocketCalls, fd: number): null {
  calls.close(fd);
  return null;
}

/** Memory of the ring's, which stays as long as the process. */
function mapped(libc: Libc, fd: number, bytes: number, offset: number): ArrayBuffer | null {
  const address = libc.mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset);
  // MAP_FAILED is the highest of all addresses.
  return address === null || address > Number.MAX_SAFE_INTEGER || address < 0 ? null : toArrayBuffer(address, 0, bytes);
}

/** Whether a byte goes through it, and what cannot be taken is told of at once. */
function isProved(calls: SocketCalls, ring: CallRing): boolean {
  const pair = calls.pair(SOCK_SEQPACKET);
  if (typeof pair === "number") return false;
  const [one, other] = pair;
  // How much they hold is the system's to set, and often set high where much is sent.
  calls.setOption(one, SOL_SOCKET, SO_SNDBUF, 1);
  const byte = new Uint8Array(new ArrayBuffer(1));
  const send = (): number => {
    ring.send(one, ptr(byte), 1, false);
    return ring.submit() === 1 ? ring.result(0) : 0;
  };
  const isSent = send() === 1 && calls.hasUnread(other);
  let last = 1;
  for (let left = mostProofs; left > 0 && last === 1; left--) last = send();
  for (const fd of pair) calls.close(fd);
  return isSent && last === -EAGAIN;
}

/** Linux 6.7 and later. Before 6.5 a program that watches by it is told of in the kernel's log, so that is not tried there. */
function doesAll(calls: SocketCalls, ring: CallRing): boolean {
  ring.socket(AF_UNIX, SOCK_STREAM);
  const fd = ring.submit() === 1 ? ring.result(0) : -1;
  if (fd < 0) return false;
  ring.setOption(fd, SOL_SOCKET, SO_SNDBUF, 1);
  ring.closeOne(fd);
  if (ring.submit() === 2 && ring.result(1) === 0) return ring.result(0) === 0;
  calls.close(fd);
  return false;
}

/** Whether it tells at once that there is nobody to be accepted. */
function accepts(calls: SocketCalls, ring: CallRing): boolean {
  const fd = calls.socket(AF_INET, SOCK_STREAM);
  const isListening = calls.bind(fd, { kind: "tcp", host: "127.0.0.1", port: 0 }) >= 0 && calls.listen(fd, 1) >= 0;
  if (isListening) ring.accept(fd);
  const isTold = isListening && ring.submit() === 1 && ring.result(0) === -EAGAIN;
  calls.close(fd);
  return isTold;
}

class KernelRing implements CallRing {
  doesAll = false;
  accepts = false;
  readonly #libc: Libc;
  readonly #errnoAt: Pointer;
  readonly #calls: SocketCalls;
  readonly #fd: number;
  /** Both queues, but for the entries of the one that is asked by. */
  readonly #ring: Int32Array;
  readonly #requests: Int32Array;
  readonly #results: Int32Array;
  /** Of each entry, for calls that are told where something is: an event of epoll, which is the longest. */
  readonly #arguments: Int32Array;
  readonly #argumentsAt: number;
  /** Of each entry: who was accepted, and how long their address is. */
  readonly #accepted: Uint8Array;
  readonly #lengths: Int32Array;
  readonly #acceptedAt: number;
  // Places in `#ring`.
  readonly #askedHead: number;
  readonly #askedTail: number;
  readonly #toldHead: number;
  readonly #toldTail: number;
  readonly #told: number;
  readonly #askedMask: number;
  readonly #toldMask: number;
  /** Taken, and not yet submitted. */
  #count = 0;
  /** It has not told what came of some: it is not asked again. */
  #isBroken = false;

  constructor(libc: Libc, calls: SocketCalls, fd: number, params: Uint32Array, ring: Int32Array, requests: Int32Array) {
    this.#libc = libc;
    this.#errnoAt = libc.__errno_location() as Pointer;
    this.#calls = calls;
    this.#fd = fd;
    this.#ring = ring;
    this.#requests = requests;
    const place = (word: number): number => (params[word] as number) / 4;
    [this.#askedHead, this.#askedTail] = [place(10), place(11)];
    [this.#toldHead, this.#toldTail, this.#told] = [place(20), place(21), place(25)];
    const entries = params[0] as number;
    this.#askedMask = entries - 1;
    this.#toldMask = (params[1] as number) - 1;
    this.#results = new Int32Array(entries);
    this.#arguments = new Int32Array(new ArrayBuffer(entries * argumentWords * 4));
    this.#argumentsAt = ptr(this.#arguments);
    this.#accepted = new Uint8Array(new ArrayBuffer(entries * acceptedBytes));
    this.#lengths = new Int32Array(this.#accepted.buffer);
    this.#acceptedAt = ptr(this.#accepted);
    // The queue is one of places of entries: each is at its own.
    for (let entry = 0; entry < entries; entry++) ring[place(16) + entry] = entry;
  }

  send(fd: number, address: number, length: number, endFollows: boolean): number {
    const flags = endFollows ? MSG_DONTWAIT_NOSIGNAL | MSG_MORE : MSG_DONTWAIT_NOSIGNAL;
    return this.#take(IORING_OP_SEND, fd, 0, address, length, flags);
  }

  receive(fd: number, address: number, length: number): number {
    return this.#take(IORING_OP_RECV, fd, 0, address, length, MSG_DONTWAIT_NOSIGNAL);
  }

  socket(family: number, type: number): number {
    return this.#take(IORING_OP_SOCKET, family, type | SOCK_NONBLOCK_CLOEXEC, 0, 0, 0);
  }

  setOption(fd: number, level: number, option: number, value: number): number {
    const which = this.#take(IORING_OP_URING_CMD, fd, SOCKET_URING_OP_SETSOCKOPT, 0, 0, 0);
    const entry = this.#entry(which);
    const requests = this.#requests;
    requests[entry + 4] = level;
    requests[entry + 5] = option;
    requests[entry + 11] = 4;
    this.#arguments[which * argumentWords] = value;
    writeAddress(requests, entry + 12, this.#argumentsAt + which * argumentWords * 4);
    return which;
  }

  accept(fd: number): number {
    const at = this.#count * acceptedBytes;
    const length = at + acceptedBytes - 4;
    this.#lengths[length / 4] = sockaddrBytes;
    const which = this.#take(
      IORING_OP_ACCEPT | (IORING_ACCEPT_DONTWAIT << 16),
      fd,
      this.#acceptedAt + length,
      this.#acceptedAt + at,
      0,
      SOCK_NONBLOCK_CLOEXEC,
    );
    return which;
  }

  acceptedAddress(which: number): SocketAddress | null {
    return decodeAddress(this.#accepted.subarray(which * acceptedBytes, (which + 1) * acceptedBytes));
  }

  watch(epoll: number, fd: number, events: number, low: number, high: number): number {
    const at = this.#count * argumentWords;
    this.#arguments[at] = events;
    this.#arguments[at + epollEventInts - 2] = low;
    this.#arguments[at + epollEventInts - 1] = high;
    return this.#take(IORING_OP_EPOLL_CTL, epoll, fd, this.#argumentsAt + at * 4, EPOLL_CTL_ADD, 0);
  }

  closeOne(fd: number): number {
    return this.#take(IORING_OP_CLOSE, fd, 0, 0, 0, 0);
  }

  #entry(which: number): number {
    return (((this.#ring[this.#askedTail] as number) + which) & this.#askedMask) * entryWords;
  }

  #take(call: number, fd: number, offset: number, address: number, length: number, flags: number): number {
    const which = this.#count++;
    const entry = this.#entry(which);
    const requests = this.#requests;
    requests[entry] = call;
    requests[entry + 1] = fd;
    writeAddress(requests, entry + 2, offset);
    writeAddress(requests, entry + 4, address);
    requests[entry + 6] = length;
    requests[entry + 7] = flags;
    requests[entry + 8] = which;
    requests[entry + 11] = requests[entry + 12] = requests[entry + 13] = 0;
    return which;
  }

  submit(): number {
    const ring = this.#ring;
    const count = this.#count;
    this.#count = 0;
    if (this.#isBroken) return 0;
    const first = ring[this.#askedHead] as number;
    ring[this.#askedTail] = first + count;
    this.#enter(count, 0, 0);
    const seen = ((ring[this.#askedHead] as number) - first) | 0;
    // The kernel has not looked at them, and is not to do so later.
    if (seen < count) ring[this.#askedTail] = ring[this.#askedHead] as number;
    this.#collect(seen);
    return seen;
  }

  /** Takes what came of so many. None waits for anything: those are told of already, but nothing promises that. */
  #collect(count: number): void {
    const ring = this.#ring;
    const head = ring[this.#toldHead] as number;
    const told = (): number => ((ring[this.#toldTail] as number) - head) | 0;
    while (told() < count && !this.#isBroken) {
      const result = this.#enter(0, count, IORING_ENTER_GETEVENTS);
      this.#isBroken = result < 0 && result !== -EINTR;
    }
    if (this.#isBroken) this.#results.fill(-EIO, 0, count);
    const end = Math.min(count, told());
    for (let index = 0; index < end; index++) {
      const at = this.#told + ((head + index) & this.#toldMask) * resultWords;
      this.#results[ring[at] as number] = ring[at + 2] as number;
    }
    ring[this.#toldHead] = head + end;
  }

  #enter(submitted: number, wanted: number, flags: number): number {
    const result = this.#libc.syscall(io_uring_enter, this.#fd, submitted, wanted, flags, 0, 0);
    return result < 0 ? -read.i32(this.#errnoAt) : result;
  }

  result(which: number): number {
    return this.#results[which] as number;
  }

  close(): void {
    this.#calls.close(this.#fd);
  }
}
