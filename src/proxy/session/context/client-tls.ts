/** TLS with one client: under which terms, the handshake that is under way, and what is known of one that has failed. One object for all exchanges of a connection. */
import type { TlsFacts } from "../../../tls-facts.ts";
import type { ListenerTls } from "../../tls/listener-tls.ts";

/** What is under way, and can be given up. Never throws. */
interface Cancellable {
  cancel(): void;
}

export class ClientTls {
  /** Under way, and the connection belongs to it; null: none is. */
  handshake: Cancellable | null = null;
  /** Null: it has not failed, or nothing is known of it. */
  failed: TlsFacts | null = null;

  constructor(readonly terms: ListenerTls) {}
}
