/** A session, or one exchange of its connection, as far as it says whose that is. */
import type { SocketAddress } from "../../../address.ts";
import type { Connection } from "../../../net/transport.ts";
import type { ReceivedProxyHeader } from "../../../rules/context.ts";
import type { Frontend } from "../../frontend/frontend.ts";
import type { BoundListener } from "../../frontend/listener.ts";
import { ClientAddresses } from "./client-addresses.ts";
import { ClientTls } from "./client-tls.ts";
import { SessionQuestions } from "../questions/session-questions.ts";
import type { Sessions } from "../sessions.ts";

/** See `ClientAddresses`: they are the connection's, whoever stands for it now. */
export abstract class AddressedSession extends SessionQuestions {
  readonly addresses: ClientAddresses;

  constructor(
    sessions: Sessions,
    front: Frontend,
    readonly listener: BoundListener,
    /** Another one once TLS is spoken. */
    public client: Connection,
    /** Who stood for the connection before; null: nobody. */
    former: AddressedSession | null,
  ) {
    super(sessions, front);
    this.addresses = former === null ? addressesOf(front, listener, client) : former.addresses;
    // The log is told when the socket is gone.
    if (former === null && front.isLogging) void this.addresses.peerDestination;
  }

  get proxyHeader(): ReceivedProxyHeader | null {
    return this.addresses.proxyHeader;
  }

  set proxyHeader(header: ReceivedProxyHeader | null) {
    this.addresses.proxyHeader = header;
  }

  get clientError(): string | null {
    return this.addresses.error;
  }

  set clientError(reason: string | null) {
    this.addresses.error = reason;
  }

  get peer(): SocketAddress {
    return this.addresses.peer;
  }

  get peerDestination(): SocketAddress {
    return this.addresses.peerDestination;
  }

  get source(): SocketAddress {
    return this.addresses.source;
  }

  set source(address: SocketAddress) {
    this.addresses.source = address;
  }

  get destination(): SocketAddress {
    return this.addresses.destination;
  }

  set destination(address: SocketAddress) {
    this.addresses.destination = address;
  }
}

function addressesOf(front: Frontend, listener: BoundListener, client: Connection): ClientAddresses {
  const terms = front.tlsAt(listener.plan);
  return new ClientAddresses(client, listener, terms === null ? null : new ClientTls(terms));
}
