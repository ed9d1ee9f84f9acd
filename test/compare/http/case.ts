/** One row of the comparison of `mode http`: a section of its own in a file that both run, one client, one scripted server. */
import type { Socket } from "node:net";

/** What a client does next; a text is sent as Latin-1. */
export type Step =
  | string
  /** Waits until this is among what came. */
  | { readonly until: string }
  /** Waits until the server has had so many whole requests. */
  | { readonly served: number }
  /** Waits for so many ms. */
  | { readonly pause: number }
  /** Sends each byte by itself. */
  | { readonly slowly: string }
  | "FIN"
  | "RST"
  /** Waits for the end. */
  | "ended";

/** What the server answers a request with; `end`: and then ends, or resets, its connection. */
export type Answer = string | { readonly say: string; readonly end: "fin" | "reset" };

export interface HttpCase {
  readonly name: string;
  /** Lines of the `listen` section; `<server>`, `<server:port>`, `<front>`, `<name>`, `<dir>` are replaced. A `server` line is added unless one of them says where clients go. */
  readonly lines?: string;
  /** What goes behind `server s <address>`. */
  readonly options?: string;
  /** More sections, in front. */
  readonly sections?: string;
  readonly client: Step | readonly Step[];
  /**
   * What the server says to each whole request, the last again and again; a function has the connection for itself; null: nobody
   * listens. Without: 200 and a body of two bytes.
   */
  readonly server?: Answer | readonly Answer[] | ((socket: Socket) => void) | null;
  /** The server answers as soon as it has a head. */
  readonly early?: true;
  /** What the client got is compared as it was before it was compressed; what is no whole answer in chunks, as it came. */
  readonly unpacks?: true;
  /** How many log lines there are; without: one. */
  readonly logs?: number;
  /** Time for what should not come. */
  readonly settleMs?: number;
  /** What is left to chance and not compared. */
  readonly chance?: readonly (keyof Seen)[];
  /** What is different here on purpose: why, and what is seen instead. */
  readonly differs?: { readonly because: string } & Partial<Seen>;
}

/** What there was to see. */
export interface Seen {
  /** All that the client received, and how that ended. */
  readonly client: string;
  /** What each connection brought to the server. */
  readonly server: readonly string[];
  readonly log: readonly string[];
}
