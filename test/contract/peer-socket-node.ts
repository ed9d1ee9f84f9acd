/** The sockets of the far ends, by node:net: takes the place of `peer-socket.ts` where there is no Bun. */
import { connect, createServer, type NetConnectOpts, type Socket } from "node:net";
import tls from "node:tls";
import type { PeerSocket, PeerTls, Place, SocketEvents } from "./peer-socket.ts";

/** So much is given to the stream at a time, that what the kernel does not take stays with the peer. */
const pieceBytes = 64 * 1024;

class NodePeerSocket implements PeerSocket {
  #events: SocketEvents | null = null;
  #code: string | null = null;

  /** `raw`: what a socket of TLS is over. */
  constructor(
    readonly socket: Socket,
    readonly raw = socket,
  ) {
    socket.on("error", (error: NodeJS.ErrnoException) => (this.#code ??= String(error.code)));
  }

  listen(events: SocketEvents): void {
    this.#events = events;
    const { socket } = this;
    // After a reset it has no address any more.
    const isTcp = socket.remotePort !== undefined;
    socket.on("data", (bytes: Buffer) => events.take(bytes));
    socket.on("end", () => {
      // libuv takes a reset for a clean end where bytes were left to read before it: writing nothing tells them apart.
      if (socket.writableEnded || !isTcp) events.event("fin");
      else socket.write(new Uint8Array(0), (error) => error ?? events.event("fin"));
    });
    socket.on("close", () => events.event(this.#code ?? "closed"));
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  get remotePort(): number {
    return this.socket.remotePort ?? 0;
  }

  get remoteAddress(): string {
    return this.socket.remoteAddress ?? "";
  }

  write(bytes: Uint8Array): number {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return -1;
    let taken = 0;
    while (taken < bytes.length && socket.writableLength === 0) {
      const piece = bytes.subarray(taken, taken + pieceBytes);
      socket.write(piece, () => {
        if (socket.writableLength === 0) this.#events?.flush();
      });
      taken += piece.length;
    }
    return taken;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  shutdown(): void {
    this.socket.end();
  }

  terminate(): void {
    if (this.raw.writableEnded) this.socket.destroy();
    else this.raw.resetAndDestroy();
  }
}

/** As in `peer-socket.ts`. */
export function connectSocket(place: Place, events: SocketEvents, secure?: PeerTls): Promise<PeerSocket> {
  return new Promise((resolve, reject) => {
    const where = "unix" in place ? { path: place.unix } : { host: place.hostname, port: place.port };
    const raw = connect({ ...where, allowHalfOpen: true, noDelay: true } as NetConnectOpts);
    const name = secure?.serverName;
    const socket =
      secure === undefined
        ? raw
        : tls.connect({ ...secure, socket: raw, ...(name === undefined ? {} : { servername: name }) });
    const peer = new NodePeerSocket(socket, raw);
    socket.once("error", reject);
    socket.once(secure === undefined ? "connect" : "secureConnect", () => {
      peer.listen(events);
      resolve(peer);
    });
  });
}

/** As in `peer-socket.ts`. */
export function listenSockets(
  place: Place,
  accept: (socket: PeerSocket) => SocketEvents,
  secure?: PeerTls,
): Promise<{ readonly port: number; close(): void }> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const take = (raw: Socket): void => {
      open.add(raw);
      raw.once("close", () => open.delete(raw));
      if (secure === undefined) {
        const peer = new NodePeerSocket(raw);
        return peer.listen(accept(peer));
      }
      const socket = new tls.TLSSocket(raw, { ...secure, isServer: true });
      const peer = new NodePeerSocket(socket, raw);
      socket.once("secure", () => peer.listen(accept(peer)));
    };
    const server = createServer({ allowHalfOpen: true, noDelay: true }, take);
    server.once("error", reject);
    server.listen("unix" in place ? { path: place.unix } : { host: place.hostname, port: place.port }, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        close() {
          server.close();
          for (const socket of open) socket.destroy();
        },
      });
    });
  });
}
