/** Fetches of the proxy's own state: frontends, backends, servers, queues, limits (manual, sections 7.3.2 and 7.3.3). */
import { proxyArgument, tableArgument, textArgument } from "../samples/arguments.ts";
import type { ProxyFacts, Sample, SampleContext } from "../context.ts";
import type { FetchCompiler } from "../expression.ts";
import { bool, sint, str } from "../value/sample.ts";
import type { StickTable } from "../stick/table.ts";
import { wordTable } from "../../word-table.ts";

type FrontendFacts = NonNullable<ReturnType<ProxyFacts["frontend"]>>;
type BackendFacts = NonNullable<ReturnType<ProxyFacts["backend"]>>;
type ServerFacts = NonNullable<ReturnType<ProxyFacts["server"]>>;

/** A figure of the frontend named, or of the one the expression stands in. */
function ofFrontend(read: (facts: FrontendFacts) => number): FetchCompiler {
  return (args, scope) => {
    const name = proxyArgument(args, scope, "frontend");
    return (context) => {
      const facts = context.facts.frontend(name(context));
      return facts === null ? undefined : sint(read(facts));
    };
  };
}

function ofBackend(read: (facts: BackendFacts) => number): FetchCompiler {
  return (args, scope) => {
    const name = proxyArgument(args, scope, "backend");
    return (context) => {
      const facts = context.facts.backend(name(context));
      return facts === null ? undefined : sint(read(facts));
    };
  };
}

/** `[backend/]server`; without a backend, the one the expression stands in. */
function ofServer(read: (facts: ServerFacts) => Sample): FetchCompiler {
  return (args, scope) => {
    const text = textArgument(args, 0);
    const slash = text.indexOf("/");
    const backend = slash === -1 ? scope.proxy : text.slice(0, slash);
    const server = text.slice(slash + 1);
    return (context) => {
      const facts = context.facts.server(backend ?? context.backend ?? context.frontend, server);
      return facts === null ? undefined : read(facts);
    };
  };
}

/** A figure that the session's own frontend or backend may not have. */
function optional(read: (context: SampleContext) => number | string | null | undefined): FetchCompiler {
  return () => (context) => {
    const value = read(context);
    if (value === null || value === undefined) return undefined;
    return typeof value === "number" ? sint(value) : str(value);
  };
}

function own(context: SampleContext): BackendFacts | null {
  return context.backend === null ? null : context.facts.backend(context.backend);
}

function connected(context: SampleContext): BackendFacts | null {
  return context.serverSide === null ? null : own(context);
}

export const proxyFetches = wordTable<FetchCompiler>({
  act_conn: optional((context) => context.facts.processConnections),
  stopping: () => (context) => bool(context.facts.stopping),
  fe_conn: ofFrontend((facts) => facts.connections),
  fe_sess_rate: ofFrontend((facts) => facts.sessionRate),
  fe_req_rate: ofFrontend((facts) => facts.requestRate),
  fe_id: optional((context) => context.facts.frontend(context.frontend)?.id),
  fe_name: optional((context) => context.frontend),
  fe_defbe: optional((context) => context.facts.frontend(context.frontend)?.defaultBackend),
  fe_client_timeout: optional((context) => context.facts.frontend(context.frontend)?.clientTimeoutMs),
  be_conn: ofBackend((facts) => facts.connections),
  be_conn_free: ofBackend((facts) => facts.connectionsFree),
  be_sess_rate: ofBackend((facts) => facts.sessionRate),
  nbsrv: ofBackend((facts) => facts.usableServers),
  connslots: ofBackend((facts) => facts.connectionSlots),
  queue: ofBackend((facts) => facts.queued),
  avg_queue: ofBackend((facts) => facts.averageQueue),
  be_id: optional((context) => own(context)?.id),
  be_name: optional((context) => context.backend),
  be_server_timeout: optional((context) => own(context)?.serverTimeoutMs ?? 0),
  be_tunnel_timeout: optional((context) => own(context)?.tunnelTimeoutMs ?? 0),
  // HAProxy gives them to a session once its server connection is there.
  cur_server_timeout: optional((context) => connected(context)?.serverTimeoutMs ?? 0),
  cur_tunnel_timeout: optional((context) => connected(context)?.tunnelTimeoutMs ?? 0),
  srv_conn: ofServer((facts) => sint(facts.connections)),
  srv_conn_free: ofServer((facts) => sint(facts.connectionsFree)),
  srv_queue: ofServer((facts) => sint(facts.queued)),
  srv_sess_rate: ofServer((facts) => sint(facts.sessionRate)),
  srv_is_up: ofServer((facts) => bool(facts.isUp)),
  srv_weight: ofServer((facts) => sint(facts.weight)),
  srv_iweight: ofServer((facts) => sint(facts.initialWeight)),
  srv_uweight: ofServer((facts) => sint(facts.userWeight)),
  srv_name: optional((context) => context.server),
  srv_id: optional((context) => {
    if (context.backend === null || context.server === null) return null;
    return context.facts.server(context.backend, context.server)?.id;
  }),
  so_id: optional((context) => context.listener.id),
  so_name: optional((context) => context.listener.name),
  dst_conn: optional(
    (context) => context.listener.connections ?? context.facts.frontend(context.frontend)?.connections,
  ),
  prio_class: optional((context) => context.priority?.class ?? 0),
  prio_offset: optional((context) => context.priority?.offset ?? 0),
  last_rule_file: optional((context) => context.lastRule?.file),
  last_rule_line: optional((context) => context.lastRule?.line),
  table_avl: tableFigure((table) => table.available),
  table_cnt: tableFigure((table) => table.used),
});

function tableFigure(read: (table: StickTable) => number): FetchCompiler {
  return (args, scope) => {
    const tableFor = tableArgument(args, 0, scope);
    return (context) => {
      const table = tableFor(context);
      return table === undefined ? undefined : sint(read(table));
    };
  };
}
