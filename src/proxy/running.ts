/** What runs: the one place that knows every frontend, backend and session. */
import type { BindPlan } from "../plan/bind.ts";
import type { Plan } from "../plan/plan.ts";
import type { Position } from "../plan/position.ts";
import type { ResolversPlan } from "../plan/resolvers.ts";
import type { ServerPlan } from "../plan/server.ts";
import type { TransportError } from "../net/transport.ts";
import type { Tables } from "../rules/stick/tables.ts";
import type { Backend } from "./backend/backend.ts";
import type { Server } from "./backend/server.ts";
import type { CheckSamples } from "./check/run/check-samples.ts";
import type { Frontend, Serve } from "./frontend/frontend.ts";
import type { NamedResolver } from "./names/name-resolver.ts";
import type { Limits } from "./process/limits/limits.ts";
import type { ProcessState } from "./process/process-state.ts";
import type { Sessions } from "./session/sessions.ts";

/** Where proxies are found by name: those that run, or those of a plan before. */
export interface Proxies {
  readonly frontends: ReadonlyMap<string, Frontend>;
  readonly backends: ReadonlyMap<string, Backend>;
}

/** What runs. A reload puts other things in the place of those that are not `readonly`, all in one turn. */
export interface Running extends Proxies {
  readonly state: ProcessState;
  readonly sessions: Sessions;
  /** Takes a frontend's clients over. */
  readonly serve: Serve;
  frontends: ReadonlyMap<string, Frontend>;
  backends: ReadonlyMap<string, Backend>;
  /** Servers whose `track` names another one, by that one. */
  trackers: ReadonlyMap<Server, readonly Server[]>;
  plan: Plan | null;
  tables: Tables;
  samples: CheckSamples | null;
  resolvers: ReadonlyMap<string, NamedResolver>;
  /** Checks and names have been ended for good: the process stops. */
  isClosed: boolean;
  readonly openResolver: (plan: ResolversPlan) => NamedResolver;
  readonly lastAddress: (backend: string, server: string) => string | null;
}

/**
 * Why a plan cannot run: what it asks of TLS is none that the engine takes, an address that cannot be bound, a server whose name no `init-addr` method resolved, a stop that came
 * first, or with `strict-limits` a maxconn that the process's descriptors do not allow.
 */
export type Failure =
  | { readonly kind: "stopping" }
  | { readonly kind: "limits"; readonly limits: Limits }
  | { readonly kind: "tls"; readonly position: Position; readonly text: string }
  | { readonly kind: "bind"; readonly frontend: string; readonly bind: BindPlan; readonly error: TransportError }
  | { readonly kind: "name"; readonly backend: string; readonly server: ServerPlan };
