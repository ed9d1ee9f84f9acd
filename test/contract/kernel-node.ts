/** Takes the place of `kernel.ts` where libc cannot be called: whoever runs the tests lends what they need. */
import type { SocketCalls } from "../../src/net/libc-socket.ts";
import type { SocketAddress } from "../../src/net/transport.ts";

export const AF_INET = 0;
export const SOCK_STREAM = 0;

/** There is none. */
export function socketCalls(): SocketCalls | null {
  return null;
}

/** Whether it was lent. */
export const hasDeafListener = process.env["CONTRACT_DEAF_PORT"] !== undefined;

/** The listener that the process which started us holds: its port is in CONTRACT_DEAF_PORT. */
export function deafListener(): { readonly address: SocketAddress } & Disposable {
  const port = Number(process.env["CONTRACT_DEAF_PORT"]);
  return { address: { kind: "tcp", host: "127.0.0.1", port }, [Symbol.dispose]: () => {} };
}
