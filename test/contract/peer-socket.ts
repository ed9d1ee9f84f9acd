/** The sockets of the far ends, by Bun: apart from what is tested, and by other means than it. */
import type { Socket } from "bun";

/** Where a peer connects or listens. */
export type Place = { hostname: string; port: number } | { unix: string };

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

/** Connects; rejects with an error that has a `code`. */
export async function connectSocket(place: Place, events: SocketEvents): Promise<PeerSocket> {
  const options = { ...place, allowHalfOpen: true, data: events, socket: handlers };
  const socket = await Bun.connect<SocketEvents>(options as Bun.TCPSocketConnectOptions<SocketEvents>);
  return socket as unknown as PeerSocket;
}

/** Listens; `accept` says who hears the events of each socket. `close` ends those that are open, too. */
export async function listenSockets(
  place: Place,
  accept: (socket: PeerSocket) => SocketEvents,
): Promise<{ readonly port: number; close(): void }> {
  const open = (socket: Socket<SocketEvents>): void => {
    // Until `accept` returns nobody listens, but `greet` may already have had an end.
    socket.data = silence;
    socket.data = accept(socket as unknown as PeerSocket);
  };
  const listener = Bun.listen<SocketEvents>({
    ...place,
    allowHalfOpen: true,
    socket: { ...handlers, open },
  } as Bun.TCPSocketListenOptions<SocketEvents>);
  return { port: listener.port, close: () => listener.stop(true) };
}

const silence: SocketEvents = { take() {}, flush() {}, event() {} };
