/**
 * Datagrams to one receiver by libc: as many in one system call as there are, and nothing is waited for. Those of one length that
 * follow each other go through the kernel as one, which cuts it up at the other end: see UDP_SEGMENT in udp(7).
 */
import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { systemError } from "../system-error.ts";
import { familyOf, SOCK_DGRAM, type SocketCalls } from "./socket-calls.ts";
import { writeAddress } from "./words.ts";

/** So many go in one call, and in one segmented datagram: as many as every kernel cuts up. More at once could be more than a receiver on this machine has room for. */
const mostAtOnce = 64;
/** A longer one goes by itself. */
const longest = 1536;
/** What several may be together: less than the longest datagram, as which they go. */
const arenaBytes = 60_000;
/** A longer one might not fit a packet, as a segment has to. */
const longestSegment = 1200;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
/** What a kernel or a device says that does not segment: from then on each goes as one of its own. */
const refusals: ReadonlySet<string> = new Set(["EIO", "EINVAL", "EMSGSIZE", "EOPNOTSUPP"]);
// It takes any bytes, and is quicker than what typed arrays have.
const { copy } = Buffer.prototype;

/**
 * `struct mmsghdr`, 64 bytes on 64-bit systems, as far as a connected socket needs it; `struct iovec`, 16 bytes; `struct cmsghdr`
 * with a length of 16 bits behind it, 24 bytes:
 * ```
 * 16 iovec   24 iovecs   32 control   40 its length   56 sent
 *  0 where    8 length
 *  0 length   8 level    12 type      16 data
 * ```
 */
const headerBytes = 64;
const controlBytes = 24;

const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  sendmmsg: { args: ["i32", "ptr", "u32", "i32"], returns: "i32" },
} as const;

/** A connected UDP socket. */
export interface UdpSocket {
  /** Takes a copy of one, to be sent with others. False: those taken have to be sent first. */
  add(bytes: Uint8Array): boolean;
  /** Sends those taken. `lost` hears, once for each that is not sent, why: the system's name (`ECONNREFUSED` tells of an earlier one). */
  flush(lost: (code: string) => void): void;
  close(): void;
}

/** Opens one to a literal address; or why there is none, by the system's name. */
export function openUdpSocket(calls: SocketCalls, host: string, port: number): UdpSocket | string {
  const address = { kind: "tcp", host, port } as const;
  const fd = calls.socket(familyOf(address), SOCK_DGRAM);
  if (fd < 0) return systemError(-fd).code;
  const connected = calls.connect(fd, address);
  if (connected < 0) {
    calls.close(fd);
    return systemError(-connected).code;
  }
  return new BatchingSocket(calls, fd);
}

let loaded: ReturnType<typeof load> | null = null;

function load() {
  return dlopen("libc.so.6", symbols).symbols;
}

class BatchingSocket implements UdpSocket {
  readonly #libc = (loaded ??= load());
  // Memory that the kernel reads: each an ArrayBuffer of its own, because small typed arrays move.
  readonly #bytes = new Uint8Array(new ArrayBuffer(arenaBytes));
  readonly #address = ptr(this.#bytes);
  readonly #vectors = new Uint32Array(new ArrayBuffer(mostAtOnce * 16));
  readonly #headers = new Uint8Array(new ArrayBuffer(mostAtOnce * headerBytes));
  readonly #controlLengths = new Uint32Array(this.#headers.buffer);
  readonly #controls = new Uint16Array(new ArrayBuffer(mostAtOnce * controlBytes));
  /** Where each of those taken begins, and the last ends. */
  readonly #starts = new Int32Array(mostAtOnce + 1);
  /** Of each message the first that is in it, and behind the last message how many there are. */
  readonly #firsts = new Int32Array(mostAtOnce + 1);
  #count = 0;
  /** Longer than several may be, and alone. */
  #long: Uint8Array | null = null;
  #segments: boolean;

  constructor(
    readonly calls: SocketCalls,
    readonly fd: number,
  ) {
    // A kernel that does not know it would send several as one.
    this.#segments = calls.getOption(fd, SOL_UDP, UDP_SEGMENT) >= 0;
    const headers = new BigUint64Array(this.#headers.buffer);
    const controls = new BigUint64Array(this.#controls.buffer);
    const vectorsAt = BigInt(ptr(this.#vectors));
    const controlsAt = BigInt(ptr(this.#controls));
    for (let message = 0; message < mostAtOnce; message++) {
      const header = (message * headerBytes) / 8;
      headers[header + 2] = vectorsAt + BigInt(message * 16);
      headers[header + 3] = 1n;
      headers[header + 4] = controlsAt + BigInt(message * controlBytes);
      const control = (message * controlBytes) / 8;
      controls[control] = 18n;
      controls[control + 1] = (BigInt(UDP_SEGMENT) << 32n) | BigInt(SOL_UDP);
    }
  }

  add(bytes: Uint8Array): boolean {
    if (this.#count === mostAtOnce || this.#long !== null) return false;
    if (bytes.length > longest) {
      if (this.#count > 0) return false;
      this.#long = new Uint8Array(bytes);
      return true;
    }
    const start = this.#starts[this.#count] as number;
    if (start + bytes.length > arenaBytes) return false;
    copy.call(bytes as Buffer, this.#bytes, start, 0, bytes.length);
    this.#starts[++this.#count] = start + bytes.length;
    return true;
  }

  flush(lost: (code: string) => void): void {
    const long = this.#long;
    this.#long = null;
    if (long !== null) {
      const code = this.#retried(() => this.calls.send(this.fd, long), lost);
      if (typeof code === "string") lost(code);
    }
    const count = this.#count;
    this.#count = 0;
    for (let from = 0; from < count;) from = this.#sendFrom(from, count, this.#segments, lost);
  }

  /** Sends from one on what the kernel takes in one call; which is next. */
  #sendFrom(from: number, end: number, segments: boolean, lost: (code: string) => void): number {
    const messages = this.#prepare(from, end, segments);
    const sent = this.#retried(() => this.#send(messages), lost);
    if (typeof sent === "number") return this.#firsts[sent] as number;
    const next = this.#firsts[1] as number;
    if (next === from + 1) {
      lost(sent);
      return next;
    }
    if (refusals.has(sent)) this.#segments = false;
    // What cannot go as one may go one by one, and then some of it.
    while (from < next) from = this.#sendFrom(from, next, false, lost);
    return next;
  }

  /** Makes messages of those from one on; how many. */
  #prepare(from: number, end: number, segments: boolean): number {
    let messages = 0;
    for (let first = from; first < end; messages++) {
      const next = segments ? this.#runEnd(first, end) : first + 1;
      const start = this.#starts[first] as number;
      writeAddress(this.#vectors, messages * 4, this.#address + start);
      this.#vectors[messages * 4 + 2] = (this.#starts[next] as number) - start;
      this.#controlLengths[(messages * headerBytes + 40) / 4] = next === first + 1 ? 0 : controlBytes;
      this.#controls[(messages * controlBytes + 16) / 2] = this.#lengthOf(first);
      this.#firsts[messages] = first;
      first = next;
    }
    this.#firsts[messages] = end;
    return messages;
  }

  #lengthOf(which: number): number {
    return (this.#starts[which + 1] as number) - (this.#starts[which] as number);
  }

  /** Behind the last of those from one on that go as one: all of a length, but that the last may be shorter. */
  #runEnd(first: number, end: number): number {
    const length = this.#lengthOf(first);
    let next = first + 1;
    if (length === 0 || length > longestSegment) return next;
    while (next < end && this.#lengthOf(next) === length) next++;
    return next < end && this.#lengthOf(next) < length && this.#lengthOf(next) > 0 ? next + 1 : next;
  }

  /** How many messages, or the negative errno of the first. */
  #send(messages: number): number {
    const sent = this.#libc.sendmmsg(this.fd, this.#headers, messages, MSG_DONTWAIT_NOSIGNAL);
    return sent < 0 ? -read.i32(this.#libc.__errno_location() as Pointer) : sent;
  }

  /** What was sent, or why not. What is refused is one before; then this one was not sent, and is sent again. */
  #retried(send: () => number, lost: (code: string) => void): number | string {
    let result = send();
    if (result < 0 && systemError(-result).code === "ECONNREFUSED") {
      lost("ECONNREFUSED");
      result = send();
    }
    return result > 0 ? result : systemError(-result).code;
  }

  close(): void {
    this.calls.close(this.fd);
  }
}
