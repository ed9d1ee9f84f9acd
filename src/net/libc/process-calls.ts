/** What a process needs from libc and Bun does not give: sessions, roots, limits, datagrams to /dev/log and systemd. */
import { dlopen, read, type Pointer } from "bun:ffi";
import { readdirSync } from "node:fs";
import { EAGAIN } from "./errno.ts";
import { AF_UNIX, cString, SOCK_DGRAM, socketCalls } from "./socket-calls.ts";
import { codeError, errnoOf, systemError } from "../system-error.ts";

/** The library of each system, by its exact name: one that the system lacks would be looked for in the working directory. */
const libraryNames: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: "libc.so.6",
  freebsd: "libc.so.7",
  darwin: "libSystem.B.dylib",
};

const symbols = {
  setsid: { args: [], returns: "i32" },
  chroot: { args: ["ptr"], returns: "i32" },
  getrlimit: { args: ["i32", "ptr"], returns: "i32" },
  setrlimit: { args: ["i32", "ptr"], returns: "i32" },
} as const;

const limitNofile = process.platform === "linux" ? 7 : 8;

function load() {
  const name = libraryNames[process.platform];
  if (name === undefined) throw new Error(`no libc is known for ${process.platform}`);
  const library = dlopen(name, symbols).symbols;
  const errno =
    process.platform === "linux"
      ? dlopen(name, { __errno_location: { args: [], returns: "ptr" } } as const).symbols.__errno_location
      : dlopen(name, { __error: { args: [], returns: "ptr" } } as const).symbols.__error;
  const errnoAt = errno() as Pointer;
  return { ...library, errno: () => read.i32(errnoAt) };
}

let loaded: ReturnType<typeof load> | null | undefined;

function libc(): ReturnType<typeof load> | null {
  if (loaded === undefined) {
    try {
      loaded = load();
    } catch {
      loaded = null;
    }
  }
  return loaded;
}

/** Whether libc can be called: FFI needs the JIT, which MemoryDenyWriteExecute forbids. */
export function canCallLibc(): boolean {
  return libc() !== null;
}

function required(): ReturnType<typeof load> {
  const calls = libc();
  if (calls === null) throw codeError("ENOSYS");
  return calls;
}

/** Starts a session without a terminal. Throws a TransportError: EPERM for the leader of a process group, ENOSYS without libc. */
export function setsid(): void {
  const calls = required();
  if (calls.setsid() < 0) throw systemError(calls.errno());
}

/** chroot(2) and chdir("/"). Throws a TransportError: EPERM, ENOENT, ENOTDIR, or ENOSYS without libc. */
export function chroot(path: string): void {
  const calls = required();
  if (calls.chroot(cString(path)) < 0) throw systemError(calls.errno());
  process.chdir("/");
}

/** RLIMIT_NOFILE; Infinity for none. Bun raises the soft limit to the hard one when it starts. */
export interface DescriptorLimits {
  readonly soft: number;
  readonly hard: number;
}

/** The process's limits, or null where libc cannot be called. */
export function descriptorLimits(): DescriptorLimits | null {
  const calls = libc();
  if (calls === null) return null;
  const limits = new BigUint64Array(new ArrayBuffer(16));
  if (calls.getrlimit(limitNofile, limits) < 0) return null;
  return { soft: finite(limits[0] as bigint), hard: finite(limits[1] as bigint) };
}

/** Sets RLIMIT_NOFILE. Throws a TransportError: EPERM when the hard limit would rise without the right to, ENOSYS without libc. */
export function setDescriptorLimits(limits: DescriptorLimits): void {
  const calls = required();
  const unlimited = process.platform === "linux" ? (1n << 64n) - 1n : (1n << 63n) - 1n;
  const pair = new BigUint64Array(new ArrayBuffer(16));
  pair[0] = Number.isFinite(limits.soft) ? BigInt(limits.soft) : unlimited;
  pair[1] = Number.isFinite(limits.hard) ? BigInt(limits.hard) : unlimited;
  if (calls.setrlimit(limitNofile, pair) < 0) throw systemError(calls.errno());
}

function finite(limit: bigint): number {
  return limit >= 1n << 62n ? Infinity : Number(limit);
}

/** Descriptors that the process has open now, the one for looking not counted; null where the system does not show them. */
export function openDescriptorCount(): number | null {
  try {
    return readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").length - 1;
  } catch {
    return null;
  }
}

/** A datagram socket connected to a path, as /dev/log and systemd's notify socket are. */
export interface DatagramSocket {
  /** Sends without blocking. Returns 0, or the positive errno: 11 (EAGAIN) when the receiver is slow, 111 or 107 when it has gone. */
  send(bytes: Uint8Array): number;
  close(): void;
}

/**
 * Connects a datagram socket; a path that begins with `@` is an abstract name, as systemd writes it.
 *
 * Linux only, because elsewhere Bun offers none and libc's constants differ. Throws a TransportError: ENOENT, ECONNREFUSED, EPROTOTYPE (a stream socket), ENOSYS.
 */
export function openDatagramSocket(path: string): DatagramSocket {
  const calls = socketCalls();
  if (calls === null) throw codeError("ENOSYS");
  const fd = calls.socket(AF_UNIX, SOCK_DGRAM);
  if (fd < 0) throw systemError(-fd);
  const isName = path.startsWith("@");
  const result = calls.connect(fd, isName ? { kind: "abstract", name: path.slice(1) } : { kind: "unix", path }, isName);
  if (result < 0) {
    calls.close(fd);
    throw systemError(-result);
  }
  return datagramSocketOf(fd);
}

/** A datagram socket that is connected already. Owns the descriptor. */
export function datagramSocketOf(fd: number): DatagramSocket {
  const calls = socketCalls();
  if (calls === null) throw codeError("ENOSYS");
  return {
    send: (bytes) => Math.max(0, -calls.send(fd, bytes)),
    close: () => void calls.close(fd),
  };
}

const datagramSockets = new Map<string, DatagramSocket>();

/** Sends one datagram to a socket that stays open for the next; it is connected anew once when the receiver was restarted. Returns 0 or the errno. */
export function sendSyslogDatagram(path: string, bytes: Uint8Array): number {
  for (let attempt = 0; ; attempt++) {
    try {
      const socket = datagramSockets.get(path) ?? openDatagramSocket(path);
      datagramSockets.set(path, socket);
      const errno = socket.send(bytes);
      if (errno === 0 || errno === EAGAIN || attempt > 0) return errno;
      socket.close();
      datagramSockets.delete(path);
    } catch (error) {
      return errnoOf(error);
    }
  }
}
