/** A session, or one exchange of its connection, as far as it says what TLS is spoken on either side. */
import type { Connection } from "../../../net/transport.ts";
import type { TlsFacts } from "../../../tls-facts.ts";
import { AddressedSession } from "./addressed-session.ts";

/** What is known of its client's is the connection's, see `ClientTls`. */
export abstract class SessionTls extends AddressedSession {
  protected serverConnection: Connection | null = null;

  /** Counts its client's handshake. Null: it failed. */
  shaken(facts: TlsFacts | null): void {
    this.front.counters.tls.count(facts);
    this.listener.tls.count(facts);
  }

  /** What its client's handshake came to; null: there was none, or nothing is known of it. */
  get clientTls(): TlsFacts | null {
    return this.client.tls ?? this.addresses.tls?.failed ?? null;
  }

  /** The same of its server's connection. */
  get serverTls(): TlsFacts | null {
    return this.serverConnection?.tls ?? null;
  }

  get tlsOfferBytes(): number {
    return this.front.process.tlsOfferBytes;
  }

  /** Ends its client's connection with a handshake that is under way. False: none is. */
  giveUpHandshake(): boolean {
    const { tls } = this.addresses;
    if (tls === null || tls.handshake === null) return false;
    const { handshake } = tls;
    tls.handshake = null;
    handshake.cancel();
    return true;
  }
}
