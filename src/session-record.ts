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
  /** Wall clock of accept, ms since 1970. */
  readonly acceptedAt: number;
  /** Handshake (PROXY header), queue, connect and total time. */
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
  /** What we can tell about the cause beyond the letters, e.g. that a server does not speak PROXY. Null: nothing. */
  readonly hint: string | null;
}
