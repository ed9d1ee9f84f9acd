/** The sockets of the far ends, by Bun: apart from what is tested, and by other means than it. */
import type { Socket } from "bun";

/** Where a peer connects or listens. */
export type Place = { hostname: string; port: number } | { unix: string };

/** TLS that a peer speaks: as a client, whom it trusts; as a server, what it shows. PEM. */
export interface PeerTls {
  readonly ca?: string;
  readonly serverName?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What happens to a peer's socket. `event`: "fin", "closed" or an error's code. */
export interface SocketEvents {
  take(bytes: Uint8Array): void;
  flush(): void;
  event(name: string): void;
}

/** One end. `write` returns the bytes taken, 0 when full and less when gone; `flush` tells when there is room again. */
export interface PeerSocket {
  readonly localPort: number;
  readonly remotePort: number;
  readonly remoteAddress: string;
  write(bytes: Uint8Array): number;
  pause(): void;
  resume(): void;
  /** FIN. */
  shutdown(): void;
  /** RST. */
  terminate(): void;
}

const handlers = {
  data: (socket: Socket<SocketEvents>, bytes: Uint8Array): void => socket.data.take(bytes),
  drain: (socket: Socket<SocketEvents>): void => socket.data.flush(),
  end: (socket: Socket<SocketEvents>): void => socket.data.event("fin"),
  close: (socket: Socket<SocketEvents>, error?: Error): void =>
    socket.data.event(error === undefined ? "closed" : String((error as { code?: string }).code)),
};

/** Connects; rejects with an error that has a `code`. With TLS: once the handshake is over. */
export async function connectSocket(place: Place, events: SocketEvents, tls?: PeerTls): Promise<PeerSocket> {
  if (tls !== undefined) return connectTls(place, events, tls);
  const options = { ...place, allowHalfOpen: true, data: events, socket: handlers };
  const socket = await Bun.connect<SocketEvents>(options as Bun.TCPSocketConnectOptions<SocketEvents>);
  return socket as unknown as PeerSocket;
}

function connectTls(place: Place, events: SocketEvents, tls: PeerTls): Promise<PeerSocket> {
  return new Promise((resolve, reject) => {
    const handshake = (socket: Socket<SocketEvents>, isDone: boolean, error: Error | null): void => {
      if (isDone) resolve(socket as unknown as PeerSocket);
      else reject(error ?? new Error("no handshake"));
    };
    const options = { ...place, allowHalfOpen: true, data: events, tls };
    const socket = { ...handlers, handshake };
    Bun.connect({ ...options, socket } as unknown as Bun.TCPSocketConnectOptions<SocketEvents>).catch(reject);
  });
}

/** Listens; `accept` says who hears the events of each socket. `close` ends those that are open, too. */
export async function listenSockets(
  place: Place,
  accept: (socket: PeerSocket) => SocketEvents,
  tls?: PeerTls,
): Promise<{ readonly port: number; close(): void }> {
  const open = (socket: Socket<SocketEvents>): void => {
    // Until `accept` returns nobody listens, but `greet` may already have had an end.
    socket.data = silence;
    socket.data = accept(socket as unknown as PeerSocket);
  };
  const begin =
    tls === undefined ? { open } : { handshake: open, open: (one: Socket<SocketEvents>) => (one.data = silence) };
  const listener = Bun.listen<SocketEvents>({
    ...place,
    ...(tls === undefined ? {} : { tls }),
    allowHalfOpen: true,
    socket: { ...handlers, ...begin },
  } as unknown as Bun.TCPSocketListenOptions<SocketEvents>);
  return { port: listener.port, close: () => listener.stop(true) };
}

const silence: SocketEvents = { take() {}, flush() {}, event() {} };
