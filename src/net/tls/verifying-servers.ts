/** Handshakes in which a client's certificate is verified: Node tells what came of it only where a `tls.Server` made the socket. */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** Who hears of a handshake: one of the two is called, once, and never before `begin` returns; of a stream that is destroyed perhaps neither. */
export interface VerifyingHandler {
  secured(socket: tls.TLSSocket): void;
  failed(error: Error, socket: tls.TLSSocket): void;
}

/** A server has one handshake at a time, for it does not tell whose socket it gives. */
interface Seat {
  readonly server: tls.Server;
  handler: VerifyingHandler | null;
}

/** How many servers are kept for the next handshake, of each protocol. */
const mostSpare = 8;

/** Longest time that a timer takes: the limit is the caller's. */
const noTimeout = 0x7fffffff;

/** Servers of one context, that never listen: as many as there are handshakes at a time. They resume each other's sessions. */
export class VerifyingServers {
  readonly #spare = new Map<string | null, Seat[]>();
  readonly #told = new WeakSet<tls.TLSSocket>();
  readonly #ticketKeys = randomBytes(48);

  constructor(private readonly options: tls.SecureContextOptions) {}

  /** Throws what `tls.createServer` says of the options. `alpn`: the one protocol that is agreed on; null: none is. */
  begin(duplex: Duplex, alpn: string | null, handler: VerifyingHandler): void {
    const seat = this.#spare.get(alpn)?.pop() ?? this.#seat(alpn);
    seat.handler = handler;
    seat.server.emit("connection", duplex);
  }

  #seat(alpn: string | null): Seat {
    const server = tls.createServer({
      ...this.options,
      requestCert: true,
      // It is decided by what the engine says of it, which is the same either way.
      rejectUnauthorized: false,
      ticketKeys: this.#ticketKeys,
      handshakeTimeout: noTimeout,
      ...(alpn === null ? {} : { ALPNProtocols: [alpn] }),
    });
    const seat: Seat = { server, handler: null };
    server.on("secureConnection", (socket) => this.#leave(seat, alpn, socket)?.secured(socket));
    server.on("tlsClientError", (error, socket) => this.#leave(seat, alpn, socket)?.failed(error, socket));
    return seat;
  }

  /** Either event is a socket's last at its server: what an engine told behind that would be of the handshake that has the seat next. */
  #leave(seat: Seat, alpn: string | null, socket: tls.TLSSocket): VerifyingHandler | null {
    if (this.#told.has(socket)) return null;
    this.#told.add(socket);
    const { handler } = seat;
    seat.handler = null;
    const spare = this.#spare.get(alpn) ?? [];
    this.#spare.set(alpn, spare);
    if (handler !== null && spare.length < mostSpare) spare.push(seat);
    return handler;
  }
}
