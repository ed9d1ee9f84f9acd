/** Where a client comes from and where it has come to, as its socket, a PROXY header and rules say: one object for all exchanges of a connection. */
import type { SocketAddress } from "../../address.ts";
import type { Connection } from "../../net/transport.ts";
import type { BoundListener } from "../frontend/listener.ts";

/**
 * Addresses are asked of the socket when somebody needs them, for most sessions end without a question. A log line does, when
 * the socket is gone: who will tell one asks for `peerDestination` before.
 */
export class ClientAddresses {
  /** Its connection has been accepted, and nothing more: what is said of its addresses now is said of the connection. */
  isArriving = true;
  #peer: SocketAddress | null = null;
  #peerDestination: SocketAddress | null = null;
  #source: SocketAddress | null = null;
  #destination: SocketAddress | null = null;

  constructor(
    readonly client: Connection,
    readonly listener: BoundListener,
  ) {}

  /** As the connection's own, whatever rules of later layers say. */
  get peer(): SocketAddress {
    return this.#peer ?? this.client.remote;
  }

  get peerDestination(): SocketAddress {
    this.#peerDestination ??= this.listener.fixedAddress ?? this.client.local;
    return this.#peerDestination;
  }

  /** As rules see it. */
  get source(): SocketAddress {
    return this.#source ?? this.peer;
  }

  set source(address: SocketAddress) {
    if (this.isArriving) this.#peer = address;
    else this.#source = address;
  }

  get destination(): SocketAddress {
    return this.#destination ?? this.peerDestination;
  }

  set destination(address: SocketAddress) {
    if (this.isArriving) this.#peerDestination = address;
    else this.#destination = address;
  }
}
