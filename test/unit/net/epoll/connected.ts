/** Connected sockets, one of which is given to what is tested. */
import { AF_INET, SOCK_STREAM, type SocketCalls } from "../../../../src/net/libc/socket-calls.ts";

export const EAGAIN = 11;
export const ECONNRESET = 104;
export const home = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
export const word = new TextEncoder().encode("bye");

/** Both ends of a connection, and the descriptors to close. */
export async function connected(calls: SocketCalls): Promise<{ one: number; other: number; all: readonly number[] }> {
  const listener = calls.socket(AF_INET, SOCK_STREAM);
  calls.bind(listener, home);
  calls.listen(listener, 1);
  const one = calls.socket(AF_INET, SOCK_STREAM);
  calls.connect(one, calls.localAddress(listener)!);
  const other = await accepted(calls, listener);
  return { one, other, all: [listener, one, other] };
}

/** Who comes next to a listener; throws after a second. */
export async function accepted(calls: SocketCalls, listener: number): Promise<number> {
  for (let left = 1000; left > 0; left--) {
    const fd = calls.accept(listener);
    if (fd >= 0) return fd;
    await Bun.sleep(1);
  }
  throw new Error("nobody came");
}

/** What comes up to the end, which is a full stop. */
export async function read(calls: SocketCalls, fd: number): Promise<string> {
  const buffer = new Uint8Array(new ArrayBuffer(64));
  let text = "";
  for (let left = 1000; left > 0; left--) {
    const count = calls.recv(fd, buffer);
    if (count === 0) return `${text}.`;
    if (count > 0) text += new TextDecoder().decode(buffer.subarray(0, count));
    else if (count === -EAGAIN) await Bun.sleep(1);
    else return `${text} errno ${-count}`;
  }
  return `${text}...`;
}
