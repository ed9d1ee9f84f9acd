/** What is known of a session at its end (or when it connected): the material of log lines. */
import type { SocketAddress } from "./address.ts";

/** What the log counts of a frontend. */
export interface LogCount {
  /** Lines that its formats have made, whoever gets them; the log raises it with each. */
  logLines: number;
}

/**
 * One session as the access log tells it. Times in ms; -1 stands for "did not come that far", as in HAProxy's log.
 *
 * Nothing in it has been escaped: who writes a line escapes what came from outside.
 */
export interface SessionRecord {
  /** Counts up from 1 over the process's life. */
  readonly id: number;
  readonly frontend: string;
  /** The frontend's own name while no backend was chosen. */
  readonly backend: string;
  /** Null is logged as `<NOSRV>`. */
  readonly server: string | null;
  /** The bind line's `name`, or null (logged as its id). */
  readonly listener: string | null;
  readonly listenerId: number;
  readonly client: SocketAddress;
  /** Where the client connected to. */
  readonly frontendAddress: SocketAddress;
  /** Our end of the server connection and the server's; null while there is none. */
  readonly backendSource: SocketAddress | null;
  readonly serverAddress: SocketAddress | null;
  /** What its client's TLS came to so far, as OpenSSL names it ("(NONE)": no cipher); null or left out: its listener speaks none. */
  readonly tls?: { readonly protocol: string; readonly cipher: string } | null;
  /** Wall clock of accept, ms since 1970. */
  readonly acceptedAt: number;
  /** Handshakes (PROXY header, TLS), queue, connect and total time. */
  readonly handshakeMs: number;
  readonly queueMs: number;
  readonly connectMs: number;
  readonly totalMs: number;
  /** `option logasap`: totals get a `+`, whenever the line is written. */
  readonly unfinished: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** HAProxy's two letters (manual, "Session state at disconnection"). */
  readonly termination: string;
  /** Concurrent connections of process, frontend, backend and server when it ended, itself included. */
  readonly processConnections: number;
  readonly frontendConnections: number;
  readonly backendConnections: number;
  readonly serverConnections: number;
  readonly retries: number;
  readonly redispatched: boolean;
  /** Sessions before this one in the server's and the backend's queue when it was queued. */
  readonly serverQueue: number;
  readonly backendQueue: number;
  readonly uniqueId: string | null;
  /** The frontend's, as it stands whenever it is asked. */
  readonly logCount: LogCount;
  /** `set-log-level`: 0 to 7, "silent", or null for the usual one. */
  readonly logLevel: number | "silent" | null;
  /** What `tcp-request content capture` has captured where there is no exchange, a slot each; left out where there are no slots. */
  readonly captured?: readonly (string | null)[] | undefined;
  /** The exchange that the line is of; null or left out in `mode tcp`. Its connection's times are the session's. */
  readonly http?: HttpRecord | null;
}

/** One exchange of HTTP as the access log tells it. Times in ms, -1 as in the session's. Texts are latin1. */
export interface HttpRecord {
  /** The request as it came; "<BADREQ>" where there was none, or none that could be read. */
  readonly requestLine: string;
  readonly method: string;
  readonly target: string;
  /** `HTTP/1.1`. */
  readonly version: string;
  /** -1: there was no answer. */
  readonly status: number;
  /** From the connection (its handshake over), or the answer before, to the request's first byte: `%Ti`. */
  readonly idleMs: number;
  /** From there to the end of the request's head: `%TR`. */
  readonly requestMs: number;
  /** From the server's connection to the end of the answer's head: `%Tr`. */
  readonly responseMs: number;
  /** From the request's first byte to the answer's last: `%Ta`. */
  readonly activeMs: number;
  /** `capture cookie`: name and value; null: there was none. */
  readonly requestCookie: string | null;
  readonly responseCookie: string | null;
  /** A slot each, null where nothing was captured; no slots, no words in the line. */
  readonly capturedRequest: readonly (string | null)[];
  readonly capturedResponse: readonly (string | null)[];
  /** What became of the client's persistence cookie and of the server's: the two letters behind the session's. */
  readonly cookieState: string;
}
