/** What contract tests ask of the kernel itself, past every transport: by libc. */
import { readdirSync } from "node:fs";
import { AF_INET, SOCK_STREAM, socketCalls } from "../../src/net/libc-socket.ts";
import type { SocketAddress } from "../../src/net/transport.ts";

/** Open descriptors of this process. */
export function descriptorCount(): number {
  return readdirSync("/proc/self/fd").length;
}

export { AF_INET, SOCK_STREAM, socketCalls };

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
