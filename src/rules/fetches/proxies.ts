/** Fetches of the proxy's own state: frontends, backends, servers, queues, limits (manual, sections 7.3.2 and 7.3.3). */
import { proxyArgument, tableArgument, textArgument } from "../samples/arguments.ts";
import type { ProxyFacts, SampleContext } from "../context.ts";
import { fetch, type FetchRow } from "../samples/rows.ts";
import type { Source } from "../samples/sites.ts";
import { type Sample, bool, sint, str } from "../value/sample.ts";
import type { StickTable } from "../stick/table.ts";

type FrontendFacts = NonNullable<ReturnType<ProxyFacts["frontend"]>>;
type BackendFacts = NonNullable<ReturnType<ProxyFacts["backend"]>>;
type ServerFacts = NonNullable<ReturnType<ProxyFacts["server"]>>;

/** A figure of the frontend named, or of the one the expression stands in. */
function ofFrontend(form: string, read: (facts: FrontendFacts) => number): FetchRow {
  return fetch(form, "internal", (args, within) => {
    const name = proxyArgument(args, within, "frontend");
    return (context) => {
      const facts = context.facts.frontend(name(context));
      return facts === null ? undefined : sint(read(facts));
    };
  });
}

function ofBackend(form: string, read: (facts: BackendFacts) => number): FetchRow {
  return fetch(form, "internal", (args, within) => {
    const name = proxyArgument(args, within, "backend");
    return (context) => {
      const facts = context.facts.backend(name(context));
      return facts === null ? undefined : sint(read(facts));
    };
  });
}

/** `[backend/]server`; without a backend, the one the expression stands in. */
function ofServer(form: string, read: (facts: ServerFacts) => Sample): FetchRow {
  return fetch(form, "internal", (args, within) => {
    const text = textArgument(args, 0);
    const slash = text.indexOf("/");
    const backend = slash === -1 ? within.proxy : text.slice(0, slash);
    const server = text.slice(slash + 1);
    return (context) => {
      const facts = context.facts.server(backend ?? context.backend ?? context.frontend, server);
      return facts === null ? undefined : read(facts);
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

function own(context: SampleContext): BackendFacts | null {
  return context.backend === null ? null : context.facts.backend(context.backend);
}

function connected(context: SampleContext): BackendFacts | null {
  return context.serverSide === null ? null : own(context);
}

/** The fetches of this file. */
export const proxyFetches: readonly FetchRow[] = [
  optional("act_conn: sint", "internal", (context) => context.facts.processConnections),
  ofBackend("avg_queue(backend): sint", (facts) => facts.averageQueue),
  ofBackend("be_conn(backend): sint", (facts) => facts.connections),
  ofBackend("be_conn_free(backend): sint", (facts) => facts.connectionsFree),
  optional("be_id: sint", "backend", (context) => own(context)?.id),
  optional("be_name: str", "backend", (context) => context.backend),
  optional("be_server_timeout: sint", "backend", (context) => own(context)?.serverTimeoutMs ?? 0),
  ofBackend("be_sess_rate(backend): sint", (facts) => facts.sessionRate),
  optional("be_tunnel_timeout: sint", "backend", (context) => own(context)?.tunnelTimeoutMs ?? 0),
  ofBackend("connslots(backend): sint", (facts) => facts.connectionSlots),
  // HAProxy gives them to a session once its server connection is there.
  optional("cur_server_timeout: sint", "backend", (context) => connected(context)?.serverTimeoutMs ?? 0),
  optional("cur_tunnel_timeout: sint", "backend", (context) => connected(context)?.tunnelTimeoutMs ?? 0),
  optional(
    "dst_conn: sint",
    "session",
    (context) => context.listener.connections ?? context.facts.frontend(context.frontend)?.connections,
  ),
  optional(
    "fe_client_timeout: sint",
    "session",
    (context) => context.facts.frontend(context.frontend)?.clientTimeoutMs,
  ),
  ofFrontend("fe_conn(frontend): sint", (facts) => facts.connections),
  optional("fe_defbe: str", "session", (context) => context.facts.frontend(context.frontend)?.defaultBackend),
  optional("fe_id: sint", "session", (context) => context.facts.frontend(context.frontend)?.id),
  optional("fe_name: str", "session", (context) => context.frontend),
  ofFrontend("fe_req_rate(frontend): sint", (facts) => facts.requestRate),
  ofFrontend("fe_sess_rate(frontend): sint", (facts) => facts.sessionRate),
  optional("last_rule_file: str", "internal", (context) => context.lastRule?.file),
  optional("last_rule_line: sint", "internal", (context) => context.lastRule?.line),
  ofBackend("nbsrv(backend): sint", (facts) => facts.usableServers),
  optional("prio_class: sint", "internal", (context) => context.priority?.class ?? 0),
  optional("prio_offset: sint", "internal", (context) => context.priority?.offset ?? 0),
  ofBackend("queue(backend): sint", (facts) => facts.queued),
  optional("so_id: sint", "session", (context) => context.listener.id),
  optional("so_name: str", "session", (context) => context.listener.name),
  ofServer("srv_conn(server): sint", (facts) => sint(facts.connections)),
  ofServer("srv_conn_free(server): sint", (facts) => sint(facts.connectionsFree)),
  optional("srv_id: sint", "server", (context) => {
    if (context.backend === null || context.server === null) return null;
    return context.facts.server(context.backend, context.server)?.id;
  }),
  ofServer("srv_is_up(server): bool", (facts) => bool(facts.isUp)),
  ofServer("srv_iweight(server): sint", (facts) => sint(facts.initialWeight)),
  optional("srv_name: str", "server", (context) => context.server),
  ofServer("srv_queue(server): sint", (facts) => sint(facts.queued)),
  ofServer("srv_sess_rate(server): sint", (facts) => sint(facts.sessionRate)),
  ofServer("srv_uweight(server): sint", (facts) => sint(facts.userWeight)),
  ofServer("srv_weight(server): sint", (facts) => sint(facts.weight)),
  fetch("stopping: bool", "internal", () => (context) => bool(context.facts.stopping)),
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
