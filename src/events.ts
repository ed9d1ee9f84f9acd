/** What is worth telling: one union, told by the proxy, heard by logs, metrics and pages. The proxy knows none of them. */
import type { SocketAddress } from "./address.ts";
import type { FrontendPlan } from "./plan/proxy.ts";
import type { LogTarget } from "./plan/log.ts";
import type { SampleContext } from "./rules/context.ts";
import type { SessionRecord } from "./session-record.ts";

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

/** Why a name leads a server nowhere: how the question ended, its service's records are gone, or all addresses are others'. */
export type NameTrouble = "nx" | "refused" | "timeout" | "other" | "left-service" | "no-address";

/** Why a server's state changed, where it was no check of its own that changed it. */
export type ServerCause =
  /** A command, or a check's result that a command sets. */
  | { readonly kind: "operator" }
  /** The server that it tracks. */
  | { readonly kind: "tracked"; readonly backend: string; readonly server: string }
  /** Its name has an address again. `isService`: it was named by a service's record. */
  | { readonly kind: "resolved"; readonly hostName: string | null; readonly isService: boolean }
  | { readonly kind: "unresolved"; readonly trouble: NameTrouble }
  /** What a server state file says. */
  | { readonly kind: "state-file" }
  /** Somebody besides its checks has looked at it; the check's result says what was found. */
  | { readonly kind: "objection" }
  /** Another configuration. */
  | { readonly kind: "reload" };

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
  /** A session, or an exchange of HTTP, began at a frontend that has logs and no format for them: HAProxy tells these when they come. */
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
      /** The check that changed it, or changed the server that it tracks; null: none did. */
      readonly check: CheckResult | null;
      /** Null: a check of its own. */
      readonly cause: ServerCause | null;
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
  /** A server takes `limitMs` or longer to identify itself in SSH, or does not any more. `isHalved`: half its weight counts. */
  | {
      readonly type: "server-pace";
      readonly backend: string;
      readonly server: string;
      readonly logs: readonly LogTarget[];
      readonly isSlow: boolean;
      readonly isHalved: boolean;
      readonly ms: number;
      readonly limitMs: number;
    }
  /** A backend lost its last usable server. */
  | {
      readonly type: "backend-empty";
      readonly backend: string;
      readonly isListen: boolean;
      readonly logs: readonly LogTarget[];
    }
  /** A server's name led to another address. `by`: the resolvers section and nameserver, or "libc". `isAdditional`: it came along with a service's record. */
  | {
      readonly type: "server-address";
      readonly backend: string;
      readonly server: string;
      readonly logs: readonly LogTarget[];
      readonly from: string | null;
      readonly to: string | null;
      readonly by: string;
      readonly isAdditional: boolean;
    }
  /** A server's address comes from another name now, as a service's record says. */
  | {
      readonly type: "server-name";
      readonly backend: string;
      readonly server: string;
      readonly logs: readonly LogTarget[];
      readonly from: string | null;
      readonly to: string;
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
  /** An operator has put a frontend, a backend or both of a name in maintenance, or has ended that. `by`: where the word came from. */
  | {
      readonly type: "maintenance";
      readonly name: string;
      readonly logs: readonly LogTarget[];
      readonly by: string;
      readonly change:
        | { readonly to: "on"; readonly text: string; readonly wasOn: boolean }
        | { readonly to: "off"; readonly sinceMs: number; readonly refused: number };
    }
  /** A PROXY header is sent, expected or left out on one side alone. `text` tells of one server or bind line, at most once a minute. */
  | {
      readonly type: "header-mismatch";
      readonly proxy: string;
      readonly logs: readonly LogTarget[];
      readonly text: string;
    }
  /** What is found of the host keys of a backend's servers: an alert where one changes or they differ, a notice where that is over. */
  | {
      readonly type: "host-keys";
      readonly backend: string;
      readonly logs: readonly LogTarget[];
      readonly level: "notice" | "alert";
      readonly text: string;
    }
  /** A server turns sessions down before it says who it is. `text` tells of one, at most once a minute. */
  | {
      readonly type: "server-refusal";
      readonly backend: string;
      readonly logs: readonly LogTarget[];
      readonly text: string;
    }
  /** A source has come to be kept out of a frontend. Told of some, where there are many. */
  | {
      readonly type: "ssh-penalty";
      readonly frontend: string;
      readonly logs: readonly LogTarget[];
      readonly text: string;
    }
  /** A certificate in use runs out soon, or has: told once a day. `notAfter` in ms since 1970; `daysLeft` negative: it has. */
  | { readonly type: "certificate"; readonly name: string; readonly notAfter: number; readonly daysLeft: number }
  /** For the operator: stderr and the global log. `level` as syslog's. */
  | { readonly type: "notice"; readonly level: "notice" | "warning" | "alert"; readonly text: string };

/** Gets every event, synchronously and in order; must not throw and must not block. */
export type EventListener = (event: Event) => void;
