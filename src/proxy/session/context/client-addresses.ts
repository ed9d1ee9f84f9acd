/** Whose a connection is: where it comes from and leads to, as its socket, a PROXY header and rules say. */
import type { SocketAddress } from "../../../address.ts";
import type { Connection } from "../../../net/transport.ts";
import type { ReceivedProxyHeader } from "../../../rules/context.ts";
import type { BoundListener } from "../../frontend/listener.ts";
import type { ClientTls } from "./client-tls.ts";

/**
 * Addresses are asked of the socket when somebody needs them, for most sessions end without a question. A log line does, when
 * the socket is gone: who will tell one asks for `peerDestination` before. All exchanges of a connection share one object.
 */
export class ClientAddresses {
  /** Its connection has been accepted, and nothing more: what is said of its addresses now is said of the connection. */
  isArriving = true;
  /** Of `mode http`: its rules are behind, and what those of a request say lasts no longer than that. */
  isAdmitted = false;
  proxyHeader: ReceivedProxyHeader | null = null;
  /** Why there was no such header, in HAProxy's words; null: nothing was wrong. */
  error: string | null = null;
  #peer: SocketAddress | null = null;
  #peerDestination: SocketAddress | null = null;
  #source: SocketAddress | null = null;
  #destination: SocketAddress | null = null;

  constructor(
    readonly client: Connection,
    readonly listener: BoundListener,
    /** What its listener asks of it in TLS; null: nothing, it speaks in the clear. */
    readonly tls: ClientTls | null = null,
  ) {}

  /** As the connection's own, whatever rules of later layers say. */
  get peer(): SocketAddress {
    return this.#peer ?? this.client.remote;
  }

  get peerDestination(): SocketAddress {
    this.#peerDestination ??= this.listener.fixedAddress ?? this.client.local;
    return this.#peerDestination;
  }

  /** Asks the socket now: it will be another's. */
  keep(): void {
    this.#peer = this.peer;
    void this.peerDestination;
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
