/** Fetches of the proxy's own state: frontends, backends, servers, queues, limits (manual, sections 7.3.2 and 7.3.3). */
import { proxyArgument, tableArgument, textArgument } from "../samples/arguments.ts";
import type { InternalStates, SampleContext } from "../context.ts";
import { fetch, type FetchRow } from "../samples/rows.ts";
import type { Source } from "../samples/sites.ts";
import { type Sample, bool, sint, str } from "../value/sample.ts";
import type { StickTable } from "../stick/table.ts";

type FrontendState = NonNullable<ReturnType<InternalStates["frontend"]>>;
type BackendState = NonNullable<ReturnType<InternalStates["backend"]>>;
type ServerState = NonNullable<ReturnType<InternalStates["server"]>>;

/** A figure of the frontend named, or of the one the expression stands in. */
function ofFrontend(form: string, read: (state: FrontendState) => number): FetchRow {
  return fetch(form, "internal", (args, within) => {
    const name = proxyArgument(args, within, "frontend");
    return (context) => {
      const state = context.internal.frontend(name(context));
      return state === null ? undefined : sint(read(state));
    };
  });
}

function ofBackend(form: string, read: (state: BackendState) => number): FetchRow {
  return fetch(form, "internal", (args, within) => {
    const name = proxyArgument(args, within, "backend");
    return (context) => {
      const state = context.internal.backend(name(context));
      return state === null ? undefined : sint(read(state));
    };
  });
}

/** `[backend/]server`; without a backend, the one the expression stands in. */
function ofServer(form: string, read: (state: ServerState) => Sample): FetchRow {
  return fetch(form, "internal", (args, within) => {
    const text = textArgument(args, 0);
    const slash = text.indexOf("/");
    const backend = slash === -1 ? within.proxy : text.slice(0, slash);
    const server = text.slice(slash + 1);
    return (context) => {
      const state = context.internal.server(backend ?? context.backend ?? context.frontend, server);
      return state === null ? undefined : read(state);
    };
  });
}

/** A figure that the session's own frontend or backend may not have. */
function optional(
  form: string,
  source: Source,
  read: (context: SampleContext) => number | string | null | undefined,
): FetchRow {
  return fetch(form, source, () => (context) => {
    const value = read(context);
    if (value === null || value === undefined) return undefined;
    return typeof value === "number" ? sint(value) : str(value);
  });
}

function own(context: SampleContext): BackendState | null {
  return context.backend === null ? null : context.internal.backend(context.backend);
}

function connected(context: SampleContext): BackendState | null {
  return context.serverSide === null ? null : own(context);
}

/** The fetches of this file. */
export const proxyFetches: readonly FetchRow[] = [
  optional("act_conn: sint", "internal", (context) => context.internal.processConnections),
  ofBackend("avg_queue(backend): sint", (state) => state.averageQueue),
  ofBackend("be_conn(backend): sint", (state) => state.connections),
  ofBackend("be_conn_free(backend): sint", (state) => state.connectionsFree),
  optional("be_id: sint", "backend", (context) => own(context)?.id),
  optional("be_name: str", "backend", (context) => context.backend),
  optional("be_server_timeout: sint", "backend", (context) => own(context)?.serverTimeoutMs ?? 0),
  ofBackend("be_sess_rate(backend): sint", (state) => state.sessionRate),
  optional("be_tunnel_timeout: sint", "backend", (context) => own(context)?.tunnelTimeoutMs ?? 0),
  ofBackend("connslots(backend): sint", (state) => state.connectionSlots),
  // HAProxy gives them to a session once its server connection is there.
  optional("cur_server_timeout: sint", "backend", (context) => connected(context)?.serverTimeoutMs ?? 0),
  optional("cur_tunnel_timeout: sint", "backend", (context) => connected(context)?.tunnelTimeoutMs ?? 0),
  optional(
    "dst_conn: sint",
    "session",
    (context) => context.listener.connections ?? context.internal.frontend(context.frontend)?.connections,
  ),
  optional(
    "fe_client_timeout: sint",
    "session",
    (context) => context.internal.frontend(context.frontend)?.clientTimeoutMs,
  ),
  ofFrontend("fe_conn(frontend): sint", (state) => state.connections),
  optional("fe_defbe: str", "session", (context) => context.internal.frontend(context.frontend)?.defaultBackend),
  optional("fe_id: sint", "session", (context) => context.internal.frontend(context.frontend)?.id),
  optional("fe_name: str", "session", (context) => context.frontend),
  ofFrontend("fe_req_rate(frontend): sint", (state) => state.requestRate),
  ofFrontend("fe_sess_rate(frontend): sint", (state) => state.sessionRate),
  optional("last_rule_file: str", "internal", (context) => context.lastRule?.file),
  optional("last_rule_line: sint", "internal", (context) => context.lastRule?.line),
  ofBackend("nbsrv(backend): sint", (state) => state.usableServers),
  optional("prio_class: sint", "internal", (context) => context.priority?.class ?? 0),
  optional("prio_offset: sint", "internal", (context) => context.priority?.offset ?? 0),
  ofBackend("queue(backend): sint", (state) => state.queued),
  optional("so_id: sint", "session", (context) => context.listener.id),
  optional("so_name: str", "session", (context) => context.listener.name),
  ofServer("srv_conn(server): sint", (state) => sint(state.connections)),
  ofServer("srv_conn_free(server): sint", (state) => sint(state.connectionsFree)),
  optional("srv_id: sint", "server", (context) => {
    if (context.backend === null || context.server === null) return null;
    return context.internal.server(context.backend, context.server)?.id;
  }),
  ofServer("srv_is_up(server): bool", (state) => bool(state.isUp)),
  ofServer("srv_iweight(server): sint", (state) => sint(state.initialWeight)),
  optional("srv_name: str", "server", (context) => context.server),
  ofServer("srv_queue(server): sint", (state) => sint(state.queued)),
  ofServer("srv_sess_rate(server): sint", (state) => sint(state.sessionRate)),
  ofServer("srv_uweight(server): sint", (state) => sint(state.userWeight)),
  ofServer("srv_weight(server): sint", (state) => sint(state.weight)),
  fetch("stopping: bool", "internal", () => (context) => bool(context.internal.stopping)),
  tableFigure("table_avl(table): sint", (table) => table.available),
  tableFigure("table_cnt(table): sint", (table) => table.used),
];

function tableFigure(form: string, read: (table: StickTable) => number): FetchRow {
  return fetch(form, "internal", (args, within) => {
    const tableFor = tableArgument(args, 0, within);
    return (context) => {
      const table = tableFor(context);
      return table === undefined ? undefined : sint(read(table));
    };
  });
}
