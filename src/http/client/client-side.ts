/** What an exchange asks of its client's connection, and what holds for all exchanges of the process. */
import type { Connection } from "../../net/transport.ts";
import type { Frontend } from "../../proxy/frontend/frontend.ts";
import type { BoundListener } from "../../proxy/frontend/listener.ts";
import type { Server } from "../../proxy/backend/server.ts";
import type { Sessions } from "../../proxy/session/sessions.ts";
import type { Tracked } from "../../rules/stick/tracking.ts";
import type { HeadLimits } from "../../wire/http/head-reader.ts";
import type { Inbox } from "../bytes/inbox.ts";
import type { Messages } from "../bytes/message.ts";
import type { Pools } from "../server/pool.ts";
import type { Responder } from "../answers/responder.ts";
import type { ServerConnection } from "../server/server-connection.ts";

/** What of the plan holds for every message. */
export interface HttpLimits {
  readonly head: HeadLimits;
  /** Of a body that is looked at. */
  readonly bodyBytes: number;
  readonly logUriLength: number;
  readonly acceptsAnyPayload: boolean;
  readonly cookieLength: number;
  /** `h1-case-adjust`. */
  readonly caseAdjust: ReadonlyMap<string, string>;
}

/** One per process. */
export interface HttpProcess {
  readonly requests: Messages;
  readonly answers: Messages;
  readonly pools: Pools;
  /** Null: there is nobody who makes pages. */
  readonly responder: Responder | null;
}

/** What becomes of a client's connection behind an exchange; "linger": it is closed once the client has had time to read, "gone": it is closed already, or another's. */
export type ClientEnd = "keep" | "close" | "linger" | "reset" | "drop" | "gone";

export interface ClientSide {
  readonly sessions: Sessions;
  readonly front: Frontend;
  readonly listener: BoundListener;
  /** Another one once TLS is spoken. */
  readonly client: Connection;
  readonly http: HttpProcess;
  readonly limits: HttpLimits;
  /** What has come of the client and nobody has taken. */
  readonly inbox: Inbox;
  /** Names as the client, or its servers, must have them (`h1-case-adjust`). */
  readonly clientCase: ReadonlyMap<string, string> | undefined;
  readonly serverCase: ReadonlyMap<string, string> | undefined;
  /** What the connection itself tracks; null: nothing. */
  readonly tracked: Tracked | null;
  /** Its client has had no answer before. */
  readonly isFirst: boolean;
  /** The client has sent FIN. */
  readonly hasEnded: boolean;
  /** Its next answer is its last: the process stops. */
  readonly isLeaving: boolean;
  /** Monotonic ms: when something came of the client last. */
  readonly heardAt: number;
  /** Where its last request went, and the answer's status; null: nowhere yet. */
  last: { readonly server: Server; readonly status: number } | null;
  /** A connection to a server that only this client's exchanges may use, idle; null: none. */
  own: ServerConnection | null;
  /** More of the client is wanted. */
  readOn(): void;
  /** No more is for now. */
  pause(): void;
  /** The exchange's deadline may be nearer than it was. */
  arm(): void;
  /** The first exchange's connection may begin with requests. */
  admitted(): void;
  /** Its client is spoken to over `client` from now on. */
  secured(client: Connection): void;
  /** What had to come before the first exchange was none, for a reason in HAProxy's words. */
  unheard(reason: string): void;
  /** Its own server connection is idle no more. */
  remove(connection: ServerConnection): void;
  /** The exchange is over. */
  exchanged(end: ClientEnd): void;
}
