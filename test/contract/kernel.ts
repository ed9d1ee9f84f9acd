/** What contract tests ask of the kernel itself, past every transport: by libc. */
import { dlopen } from "bun:ffi";
import { readdirSync, readFileSync } from "node:fs";
import { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM, socketCalls } from "../../src/net/libc/socket-calls.ts";
import type { SocketAddress } from "../../src/address.ts";

/** Open descriptors of this process. */
export function descriptorCount(): number {
  return readdirSync("/proc/self/fd").length;
}

export { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM, socketCalls };

const O_NONBLOCK = 0o4000;

/** Makes calls on it wait, as those of service managers may. */
export function setBlocking(fd: number): void {
  const { fcntl } = dlopen("libc.so.6", { fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } } as const).symbols;
  fcntl(fd, 4, fcntl(fd, 3, 0) & ~O_NONBLOCK);
}

/** Whether calls on it wait. */
export function isBlocking(fd: number): boolean {
  const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "";
  return (Number.parseInt(flags, 8) & O_NONBLOCK) === 0;
}

/** Whether there is one. */
export const hasDeafListener = socketCalls() !== null;

/** An address whose handshakes are never answered: a listener that accepts nothing, its backlog full. */
export function deafListener(): { readonly address: SocketAddress } & Disposable {
  const calls = socketCalls();
  if (calls === null) throw new Error("a listener that answers nothing needs libc");
  const listening = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(listening, { kind: "tcp", host: "127.0.0.1", port: 0 });
  calls.listen(listening, 0);
  const address = calls.localAddress(listening) as SocketAddress;
  const fillers = Array.from({ length: 3 }, () => calls.socket(AF_INET, SOCK_STREAM));
  for (const filler of fillers) calls.connect(filler, address);
  return {
    address,
    [Symbol.dispose]() {
      for (const fd of [...fillers, listening]) calls.close(fd);
    },
  };
}

/** While the system is short of memory for TCP it tells of every byte, whatever the mark (`press` in /proc/net/protocols). */
function isShort(): boolean {
  return /^TCP(v6)? +\d+ +\d+ +\d+ +yes/m.test(readFileSync("/proc/net/protocols", "latin1"));
}

/** Tries `body` again where it failed while the system was short of memory, as other programs may make it. */
export function calmly<Given extends unknown[]>(
  body: (...given: Given) => Promise<void> | void,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    for (let left = 5; ; left--) {
      try {
        return await body(...given);
      } catch (error) {
        if (left === 0 || !isShort()) throw error;
      }
      for (let more = 500; isShort() && more > 0; more--) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
}
