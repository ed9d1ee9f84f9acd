/** Who needs a server, and how it may end. */
import type { Connection } from "../../../net/transport.ts";
import type { SampleContext } from "../../../rules/context.ts";
import type { Server } from "../../backend/server.ts";
import type { CookieTerms } from "../../backend/cookies/cookie-persistence.ts";
import type { Sessions } from "../sessions.ts";

/** Who or what ended a session: first letter of HAProxy's termination state. */
export type Cause = "-" | "C" | "S" | "P" | "R" | "I" | "D" | "U" | "K" | "c" | "s" | "L";
/** How far it had come: second letter. */
export type Phase = "-" | "R" | "Q" | "C" | "D" | "H" | "L" | "T";

/** Who needs a server: what a search asks of it, and tells it. */
export interface Seeker extends SampleContext {
  readonly sessions: Sessions;
  readonly priorityClass: number;
  readonly priorityOffsetMs: number;
  /** It has ended: whatever was still to be done for it is not. */
  readonly isOver: boolean;
  /** Whole milliseconds since it began. */
  elapsed(): number;
  /** Whether bytes for the server are there already. */
  hasFirstBytes(): boolean;
  /**
   * The server that a cookie names and that may be used, by `search.cookieTerms`; null, or left out: there is none. Asked once, after
   * `use-server` and before stick tables.
   */
  serverByCookie?(search: { readonly cookieTerms: CookieTerms<Server> }): Server | null;
  /** Where it would go unless something else says where; null, or left out: balancing says. */
  readonly lastServer?: Server | null;
  /** A connection to `server` that is open already and may be used; null, or left out: there is none. The seeker may end in here. */
  openConnection?(server: Server): Connection | null;
  /** Its server is connected to, and TLS follows: says over `connection` what comes before that. */
  introduce(connection: Connection): void;
  /** The search is over: this is the connection to its `server`. */
  found(connection: Connection): void;
  /** The search is over: there is no server to be had. */
  abandon(cause: Cause, phase: Phase): void;
  /** Something threw: ends the session. Never throws. */
  fail(error: unknown): void;
  /** From now on the client's leaving is looked for. Never throws. */
  watchClient(): void;
}
