/** Datagrams to one receiver by libc: as many in one system call as there are, and nothing is waited for. */
import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { systemError } from "../system-error.ts";
import { familyOf, SOCK_DGRAM, type SocketCalls } from "./socket-calls.ts";

/** So many go in one call: more at once could be more than a receiver on this machine has room for. */
const mostAtOnce = 16;
/** A longer one goes by itself. */
const slotBytes = 1536;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
// It takes any bytes, and is quicker than what typed arrays have.
const { copy } = Buffer.prototype;

/**
 * `struct mmsghdr`, 64 bytes on 64-bit systems, as far as a connected socket needs it; `struct iovec`, 16 bytes:
 * ```
 * 16 iovec   24 iovecs   56 bytes sent
 *  0 where    8 length
 * ```
 */
const headerBytes = 64;

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
  readonly #slots = new Uint8Array(new ArrayBuffer(mostAtOnce * slotBytes));
  readonly #vectors = new BigUint64Array(new ArrayBuffer(mostAtOnce * 16));
  /** The lengths in there are short. */
  readonly #lengths = new Uint32Array(this.#vectors.buffer);
  readonly #headers = new Uint8Array(new ArrayBuffer(mostAtOnce * headerBytes));
  #count = 0;
  /** Longer than a slot, and alone. */
  #long: Uint8Array | null = null;

  constructor(
    readonly calls: SocketCalls,
    readonly fd: number,
  ) {
    const headers = new BigUint64Array(this.#headers.buffer);
    const slotsAt = BigInt(ptr(this.#slots));
    const vectorsAt = BigInt(ptr(this.#vectors));
    for (let slot = 0; slot < mostAtOnce; slot++) {
      this.#vectors[slot * 2] = slotsAt + BigInt(slot * slotBytes);
      headers[(slot * headerBytes + 16) / 8] = vectorsAt + BigInt(slot * 16);
      headers[(slot * headerBytes + 24) / 8] = 1n;
    }
  }

  add(bytes: Uint8Array): boolean {
    if (this.#count === mostAtOnce || this.#long !== null) return false;
    if (bytes.length > slotBytes) {
      if (this.#count > 0) return false;
      this.#long = new Uint8Array(bytes);
      return true;
    }
    const slot = this.#count++;
    copy.call(bytes as Buffer, this.#slots, slot * slotBytes, 0, bytes.length);
    this.#lengths[slot * 4 + 2] = bytes.length;
    return true;
  }

  flush(lost: (code: string) => void): void {
    const long = this.#long;
    this.#long = null;
    if (long !== null) this.#again(() => this.calls.send(this.fd, long), lost);
    const count = this.#count;
    this.#count = 0;
    for (let from = 0; from < count;) from += this.#again(() => this.#sendFrom(from, count), lost);
  }

  #sendFrom(from: number, end: number): number {
    const sent = this.#libc.sendmmsg(
      this.fd,
      from === 0 ? this.#headers : this.#headers.subarray(from * headerBytes),
      end - from,
      MSG_DONTWAIT_NOSIGNAL,
    );
    return sent < 0 ? -read.i32(this.#libc.__errno_location() as Pointer) : sent;
  }

  /** How many are done with: sent, or lost. What is refused is one before; then this one was not sent, and is sent again. */
  #again(send: () => number, lost: (code: string) => void): number {
    let result = send();
    if (result < 0 && systemError(-result).code === "ECONNREFUSED") {
      lost("ECONNREFUSED");
      result = send();
    }
    if (result > 0) return result;
    lost(systemError(-result).code);
    return 1;
  }

  close(): void {
    this.calls.close(this.fd);
  }
}
