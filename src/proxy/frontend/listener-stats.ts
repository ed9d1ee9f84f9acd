/** What a listener counts, as others may read it. */
import type { SocketAddress } from "../../address.ts";

/** A line of `bind`; of the moment at which it is asked for. */
export interface ListenerStats {
  readonly name: string;
  readonly id: number;
  readonly address: SocketAddress;
  readonly state: "OPEN" | "FULL" | "WAITING" | "STOP";
  readonly current: number;
  readonly max: number;
  /** Its own; 0: none. */
  readonly limit: number;
  readonly total: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly deniedConnections: number;
  readonly deniedSessions: number;
  readonly deniedRequests: number;
  readonly deniedResponses: number;
  readonly requestErrors: number;
  readonly failedRewrites: number;
  readonly internalErrors: number;
  /** What was learnt about it, e.g. that its clients send PROXY headers that it does not expect; null: nothing. */
  readonly hint: string | null;
  readonly tls: { readonly handshakes: number; readonly resumed: number; readonly failed: number };
}
