/** The Linux system calls of the zero-copy plane, by bun:ffi. Each thread loads its own, for errno is per thread. */
import { dlopen, read, type Pointer } from "bun:ffi";

const SHUT_WR = 1;

const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const SPLICE_F_MOVE_NONBLOCK = 1 | 2;
const O_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const F_SETPIPE_SZ = 1031;
/** Through a pipe that holds less, bytes go slower than if they were copied. */
const leastPipeBytes = 256 * 1024;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SIOCOUTQNSD = 0x894b;

// Lengths stay far below 2^31 here, so that ssize_t fits an i32, which costs no BigInt.
const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  splice: { args: ["i32", "ptr", "i32", "ptr", "u64", "u32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  eventfd: { args: ["u32", "i32"], returns: "i32" },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  read: { args: ["i32", "ptr", "u64"], returns: "i32" },
  write: { args: ["i32", "ptr", "u64"], returns: "i32" },
} as const;

/** One thread's calls. Byte counts come back as numbers; -1 means `errno()` says why. */
export interface SpliceCalls {
  errno(): number;
  /** Socket to pipe or pipe to socket, never blocking. */
  splice(from: number, to: number, length: number): number;
  /** `bytes` must lie in an ArrayBuffer of its own that lives as long as the thread, or be passed here only. */
  recv(fd: number, bytes: Uint8Array): number;
  send(fd: number, bytes: Uint8Array): number;
  shutdownWrite(fd: number): number;
  setOption(fd: number, level: number, option: number, value: number): number;
  /** The option's value, or -1. */
  getOption(fd: number, level: number, option: number): number;
  /** Bytes that a TCP socket has yet to send for the first time; 0 for one of another kind. */
  unsent(fd: number): number;
  close(fd: number): void;
  /** Close with RST. */
  abort(fd: number): void;
  /** Fills `pair` with read and write end; asks for `bytes` of room and returns the room it got, which may be less. -1: there is none, or too little to be of use. */
  pipe(pair: Int32Array, bytes: number): number;
  eventFd(): number;
  wake(eventFd: number): void;
  drain(eventFd: number): void;
}

/**
 * Loads the calls, or throws where FFI cannot run (no JIT) or the system is not Linux.
 *
 * The name is chosen, never probed: a name that the system lacks would be looked for in the working directory.
 * musl's loader takes `libc.so.6` for itself.
 */
export function loadSpliceCalls(): SpliceCalls {
  if (process.platform !== "linux") throw new Error(`splice needs Linux, this is ${process.platform}`);
  const libc = dlopen("libc.so.6", symbols).symbols;
  const errnoAt = libc.__errno_location() as Pointer;
  const noLinger = new Int32Array(new ArrayBuffer(8));
  noLinger[0] = 1;
  const value = new Int32Array(new ArrayBuffer(4));
  const length = new Int32Array(new ArrayBuffer(4));
  const one = new Uint8Array(new ArrayBuffer(8));
  one[0] = 1;
  const counter = new Uint8Array(new ArrayBuffer(8));
  return {
    errno: () => read.i32(errnoAt),
    splice: (from, to, length) => libc.splice(from, null, to, null, length, SPLICE_F_MOVE_NONBLOCK),
    recv: (fd, bytes) => libc.recv(fd, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL),
    send: (fd, bytes) => libc.send(fd, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL),
    shutdownWrite: (fd) => libc.shutdown(fd, SHUT_WR),
    setOption(fd, level, option, number) {
      value[0] = number;
      return libc.setsockopt(fd, level, option, value, 4);
    },
    getOption(fd, level, option) {
      length[0] = 4;
      return libc.getsockopt(fd, level, option, value, length) < 0 ? -1 : (value[0] as number);
    },
    unsent: (fd) => (libc.ioctl(fd, SIOCOUTQNSD, value) < 0 ? 0 : (value[0] as number)),
    close: (fd) => void libc.close(fd),
    abort(fd) {
      libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, noLinger, 8);
      libc.close(fd);
    },
    pipe(pair, bytes) {
      if (libc.pipe2(pair, O_NONBLOCK_CLOEXEC) < 0) return -1;
      const [reader, writer] = pair as unknown as readonly [number, number];
      for (let wanted = bytes; wanted >= Math.min(bytes, leastPipeBytes); wanted >>= 1) {
        const got = libc.fcntl(writer, F_SETPIPE_SZ, wanted);
        if (got > 0) return got;
      }
      libc.close(reader);
      libc.close(writer);
      return -1;
    },
    eventFd: () => libc.eventfd(0, O_NONBLOCK_CLOEXEC),
    wake: (eventFd) => void libc.write(eventFd, one, 8),
    drain: (eventFd) => void libc.read(eventFd, counter, 8),
  };
}
