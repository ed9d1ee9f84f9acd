/** What is worth telling: one union, told by the proxy, heard by logs, metrics and pages. The proxy knows none of them. */
import type { SocketAddress } from "./net/transport.ts";
import type { FrontendPlan, LogTarget } from "./plan.ts";
import type { SampleContext } from "./rules/context.ts";

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
  /** True while the session goes on (`option logasap`): totals get a `+`. */
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
  /** `set-log-level`: 0 to 7, "silent", or null for the usual one. */
  readonly logLevel: number | "silent" | null;
  /** What we can tell about the cause beyond the letters, e.g. that a server does not speak PROXY. Null: nothing. */
  readonly hint: string | null;
}

/** How a check ended, in HAProxy's words. */
export interface CheckResult {
  /** `L4OK`, `L4TOUT`, `L4CON`, `L7OK`, `L7TOUT`, `L7RSP`, `L7STS`, `SOCKERR`, … (manual, `show stat` check_status). */
  readonly status: string;
  /** Code of a level 7 answer, or null. */
  readonly code: number | null;
  /** Text after `info:`; null for none. Not escaped. */
  readonly info: string | null;
  readonly durationMs: number;
}

/** A server's operational state in HAProxy's words. */
export type ServerState = "UP" | "DOWN" | "NOLB" | "MAINT" | "DRAIN" | "no check";

export type Event =
  /** A session ended, or connected and `option logasap` is set (`record.unfinished`). */
  | {
      readonly type: "session";
      readonly frontend: FrontendPlan;
      readonly record: SessionRecord;
      readonly samples: SampleContext;
    }
  /** A connection died before it became a session: a bad or late PROXY header. */
  | {
      readonly type: "connection-failed";
      readonly frontend: FrontendPlan;
      readonly record: SessionRecord;
      readonly samples: SampleContext;
      readonly reason: string;
    }
  | {
      readonly type: "server";
      readonly backend: string;
      readonly server: string;
      readonly logs: readonly LogTarget[];
      readonly from: ServerState;
      readonly to: ServerState;
      readonly isBackup: boolean;
      /** Null when an operator or a name changed it: then `cause` says so. */
      readonly check: CheckResult | null;
      readonly cause: string | null;
      readonly activeLeft: number;
      readonly backupLeft: number;
      readonly sessions: number;
      readonly requeued: number;
      readonly queued: number;
    }
  /** One check's result, told when it differs from the last one (`option log-health-checks`) — `health` of `rise`/`fall`. */
  | {
      readonly type: "check";
      readonly backend: string;
      readonly server: string;
      readonly logs: readonly LogTarget[];
      readonly log: boolean;
      readonly isBackup: boolean;
      readonly succeeded: boolean;
      readonly result: CheckResult;
      readonly state: ServerState;
      readonly health: number;
      readonly healthOf: number;
    }
  /** A backend lost its last usable server. */
  | { readonly type: "backend-empty"; readonly backend: string; readonly logs: readonly LogTarget[] }
  /** A server's name led to another address. `by`: the resolvers section and nameserver, or "libc". */
  | {
      readonly type: "server-address";
      readonly backend: string;
      readonly server: string;
      readonly logs: readonly LogTarget[];
      readonly from: string | null;
      readonly to: string | null;
      readonly by: string;
    }
  /** A frontend or backend started, was stopped or paused. */
  | {
      readonly type: "proxy";
      readonly name: string;
      readonly kind: "frontend" | "backend" | "listen";
      readonly logs: readonly LogTarget[];
      readonly to: "started" | "stopping" | "stopped" | "paused" | "resumed";
      readonly totals: { readonly frontend: number; readonly backend: number };
    }
  /** For the operator: stderr and the global log. `level` as syslog's. */
  | { readonly type: "notice"; readonly level: "notice" | "warning" | "alert"; readonly text: string };

/** Gets every event, synchronously and in order; must not throw and must not block. */
export type EventListener = (event: Event) => void;
