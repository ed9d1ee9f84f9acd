/** What is worth telling: one union, told by the proxy, heard by logs, metrics and pages. The proxy knows none of them. */
import type { SocketAddress } from "./address.ts";
import type { FrontendPlan } from "./plan/proxy.ts";
import type { LogTarget } from "./plan/log.ts";
import type { SampleContext } from "./rules/context.ts";
import type { SessionRecord } from "./rules/session-record.ts";

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
  /** A session ended, or instead of that connected, where `option logasap` is set (`record.unfinished`). Told of frontends that log only. */
  | {
      readonly type: "session";
      readonly frontend: FrontendPlan;
      readonly record: SessionRecord;
      readonly samples: SampleContext;
      /** It goes on: nothing may be concluded from what it has not had yet. */
      readonly early?: boolean;
    }
  /** A session began at a frontend that has logs and no format for them: HAProxy tells these when they come. */
  | {
      readonly type: "accepted";
      readonly frontend: FrontendPlan;
      readonly client: SocketAddress;
      readonly frontendAddress: SocketAddress;
      readonly listenerId: number;
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
  | {
      readonly type: "backend-empty";
      readonly backend: string;
      readonly isListen: boolean;
      readonly logs: readonly LogTarget[];
    }
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
  /** A server's address comes from another name now. */
  | {
      readonly type: "server-name";
      readonly backend: string;
      readonly server: string;
      readonly logs: readonly LogTarget[];
      readonly from: string | null;
      readonly to: string;
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
