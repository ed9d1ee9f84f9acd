/** Linux's epoll by bun:ffi. Each thread loads its own, for errno is per thread. */
import { dlopen, read, type Pointer } from "bun:ffi";

/** Flags of an event, asked for or told, by the names of `sys/epoll.h`. */
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 1 << 31;

const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;

/** x86-64 packs `struct epoll_event` into 12 bytes; everyone else aligns it to 16. */
export const epollEventInts = process.arch === "x64" ? 3 : 4;

const symbols = {
  __errno_location: { args: [], returns: "ptr" },
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
} as const;

/** One thread's epoll calls. They return what the kernel does: 0, a descriptor or a count, or the negative errno. */
export interface EpollCalls {
  create(): number;
  /** Registers `fd` for `events`, with two words of data. */
  add(epoll: number, fd: number, events: number, low: number, high: number): number;
  remove(epoll: number, fd: number): number;
  /** Fills `events`, which must lie in an ArrayBuffer of its own, `epollEventInts` words each: the flags, and the data in the last two. */
  wait(epoll: number, events: Int32Array, timeoutMs: number): number;
}

/**
 * Loads the calls, or throws where FFI cannot run (no JIT) or the system is not Linux.
 *
 * The name is chosen, never probed: a name that the system lacks would be looked for in the working directory.
 * musl's loader takes `libc.so.6` for itself.
 */
export function loadEpollCalls(): EpollCalls {
  if (process.platform !== "linux") throw new Error(`epoll needs Linux, this is ${process.platform}`);
  const libc = dlopen("libc.so.6", symbols).symbols;
  const errnoAt = libc.__errno_location() as Pointer;
  const event = new Int32Array(new ArrayBuffer(16));
  const checked = (result: number): number => (result < 0 ? -read.i32(errnoAt) : result);
  return {
    create: () => checked(libc.epoll_create1(EPOLL_CLOEXEC)),
    add(epoll, fd, events, low, high) {
      event[0] = events;
      event[epollEventInts - 2] = low;
      event[epollEventInts - 1] = high;
      return checked(libc.epoll_ctl(epoll, EPOLL_CTL_ADD, fd, event));
    },
    remove: (epoll, fd) => checked(libc.epoll_ctl(epoll, EPOLL_CTL_DEL, fd, event)),
    wait: (epoll, events, timeoutMs) =>
      checked(libc.epoll_wait(epoll, events, events.length / epollEventInts, timeoutMs)),
  };
}
