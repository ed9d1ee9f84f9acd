/** Linux's calls about the process itself, by bun:ffi: a new root folder, and datagrams to unix sockets (syslog, sd_notify). */
import { dlopen, read, type Pointer } from "bun:ffi";
import { AF_UNIX, cString, SOCK_DGRAM, socketCalls } from "./libc-socket.ts";

/**
 * chroot(2). Null when done, else the negative errno; null calls on systems where FFI does not work.
 *
 * The caller changes its working directory to `/` at once, or the old root stays reachable.
 */
export function loadChroot(): ((path: string) => number | null) | null {
  if (socketCalls() === null) return null;
  const libc = dlopen("libc.so.6", {
    chroot: { args: ["ptr"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  }).symbols;
  return (path) => (libc.chroot(cString(path)) === 0 ? null : -read.i32(libc.__errno_location() as Pointer));
}

/**
 * Sends datagrams to unix sockets, by path, or by name after a NUL. False when nobody takes it now; never blocks.
 *
 * A socket stays connected, so that it still reaches its end after a chroot; it is opened again when the other end was
 * (a syslog daemon's restart). Null where FFI does not work.
 */
export function loadUnixSender(): ((path: string, bytes: Uint8Array) => boolean) | null {
  const calls = socketCalls();
  if (calls === null) return null;
  const open = new Map<string, number>();

  function connect(path: string): number {
    const fd = calls?.socket(AF_UNIX, SOCK_DGRAM) ?? -1;
    if (fd < 0) return -1;
    const address = path.startsWith("\0")
      ? ({ kind: "abstract", name: path.slice(1) } as const)
      : ({ kind: "unix", path } as const);
    if (calls?.connect(fd, address) === 0) {
      open.set(path, fd);
      return fd;
    }
    calls?.close(fd);
    return -1;
  }

  return (path, bytes) => {
    const kept = open.get(path);
    if (kept !== undefined) {
      if (calls.send(kept, bytes) >= 0) return true;
      calls.close(kept);
      open.delete(path);
    }
    const fd = connect(path);
    return fd >= 0 && calls.send(fd, bytes) >= 0;
  };
}
