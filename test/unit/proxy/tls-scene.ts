/** An engine of TLS for scenes, and clients and servers that speak it. */
import { connect, type ConnectionOptions, createServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { AddressInfo } from "node:net";
import { bunEngine } from "../../../src/net/tls/bun-tls.ts";
import type { Tls } from "../../../src/net/tls/secure.ts";
import { openTls } from "../../../src/net/tls/open-tls.ts";
import { socketCalls } from "../../../src/net/libc/socket-calls.ts";
import type { SocketCalls } from "../../../src/net/libc/socket-calls.ts";

const engine = bunEngine(socketCalls() as SocketCalls);

/** As the binary has it on Linux. */
const tls = openTls(engine);

export const loadTls = (): Promise<Tls> => Promise.resolve(tls);

/** A client whose handshake is over; rejects where that fails. */
export function openTlsClient(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** All that comes until the end. */
export function readAll(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
}

/** A server that tells each client the name that it asked for, and echoes; until it is disposed. */
export async function serveTls(options: TlsOptions): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(options, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(`name=${String((socket as TLSSocket & { servername?: string }).servername)};`);
    socket.pipe(socket);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
