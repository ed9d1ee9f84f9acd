/** The statistics of every frontend, listener, server and backend as rows of HAProxy's columns: one source for CSV, JSON and metrics. */
import type { CheckResult } from "../../events.ts";
import { addressText } from "../../address.ts";
import type {
  BackendStats,
  FrontendStats,
  HttpStats,
  ListenerStats,
  PublicProxy,
  ServerStats,
  TlsStats,
} from "../../proxy/public.ts";
import { checkReason } from "../log/messages.ts";
import { type Column, columns } from "./columns.ts";

/** Which kind of thing a row tells about, by HAProxy's letters: frontend, backend, server, listener. */
export type RowKind = "F" | "B" | "S" | "L";

/** One row. What it shows is read when it is asked for. */
export interface StatsRow {
  readonly kind: RowKind;
  readonly proxyId: number;
  /** 0 for frontends and backends, else the server's or listener's id. */
  readonly objectId: number;
  /** Null: the column means nothing here. */
  value(column: Column): Value;
  /** The same by the column's position. */
  at(position: number): Value;
}

type Value = string | number | null;

/** `type` column, and the bit that `show stat <iid> <type> <sid>` selects by. */
export const rowTypes: Record<RowKind, number> = { F: 0, B: 1, S: 2, L: 3 };

/**
 * All rows, proxy by proxy in the order of their ids: frontend, its listeners where `option socket-stats` asks for
 * them, servers, backend.
 */
export function* statsRows(proxy: PublicProxy): Iterable<StatsRow> {
  for (const one of proxy.proxies()) {
    if (one.kind === "frontend") {
      yield frontendRow(one);
      if (one.showsListeners) for (const listener of one.listeners) yield listenerRow(one, listener);
    } else {
      for (const server of one.servers) yield serverRow(one, server);
      yield backendRow(one);
    }
  }
}

/** Those of one kind, in the same order; null for a proxy that is passed over or done with. */
export function* rowsOfKind(proxy: PublicProxy, kind: RowKind): Iterable<StatsRow | null> {
  for (const one of proxy.proxies()) {
    if (one.kind === "frontend") {
      if (kind === "F") yield frontendRow(one);
      if (kind === "L" && one.showsListeners) for (const listener of one.listeners) yield listenerRow(one, listener);
    } else {
      if (kind === "B") yield backendRow(one);
      if (kind === "S") for (const server of one.servers) yield serverRow(one, server);
    }
    yield null;
  }
}

/** Where a row stands. */
interface Place {
  readonly proxy: string;
  readonly proxyId: number;
  readonly name: string;
  readonly objectId: number;
  readonly isHttp: boolean;
}

/** What each column shows of a thing; one that is not here means nothing for it. */
type Readers<Thing> = Partial<Record<Column, (thing: Thing, place: Place) => Value>>;

const none = (): number => 0;

/** Columns of every row. */
const placeReaders: Readers<unknown> = {
  pxname: (_, { proxy }) => proxy,
  svname: (_, { name }) => name,
  pid: () => 1,
  iid: (_, { proxyId }) => proxyId,
  sid: (_, { objectId }) => objectId,
  mode: (_, { isHttp }) => (isHttp ? "http" : "tcp"),
};

/** What of HTTP frontends, backends and servers show: nothing in `mode tcp`. */
const httpReaders: Readers<{ readonly http: HttpStats | null } & Rewriting> = {
  hrsp_1xx: responsesOf(1),
  hrsp_2xx: responsesOf(2),
  hrsp_3xx: responsesOf(3),
  hrsp_4xx: responsesOf(4),
  hrsp_5xx: responsesOf(5),
  hrsp_other: responsesOf(0),
  wrew: (one) => one.failedRewrites,
  eint: (one) => one.internalErrors,
};

type Rewriting = Pick<ServerStats, "failedRewrites" | "internalErrors">;

function responsesOf(digit: number): ({ http }: { readonly http: HttpStats | null }) => Value {
  return ({ http }) => http?.responses[digit] ?? null;
}

/** What was compressed; 0 in `mode tcp` as well. */
const compressionReaders: Readers<{ readonly http: HttpStats | null }> = {
  comp_in: ({ http }) => http?.compression.bytesIn ?? 0,
  comp_out: ({ http }) => http?.compression.bytesOut ?? 0,
  comp_byp: ({ http }) => http?.compression.bytesPassed ?? 0,
  comp_rsp: ({ http }) => http?.compression.answers ?? 0,
};

/** There is no cache, which shows in `mode http`. */
const cacheReaders: Readers<{ readonly http: HttpStats | null }> = {
  cache_lookups: ({ http }) => (http === null ? null : 0),
  cache_hits: ({ http }) => (http === null ? null : 0),
};

/** A proxy in maintenance, which HAProxy does not know: what its users read. */
const maintenanceReaders: Readers<Pick<FrontendStats, "maintenance">> = {
  last_chk: ({ maintenance }) => (maintenance === null || maintenance.text === "" ? null : maintenance.text),
};

/** Handshakes of TLS. */
const tlsReaders: Readers<{ readonly tls: TlsStats }> = {
  ssl_sess: ({ tls }) => tls.handshakes,
  ssl_reused_sess: ({ tls }) => tls.resumed,
  ssl_failed_handshake: ({ tls }) => tls.failed,
};

const positions: ReadonlyMap<Column, number> = new Map(columns.map(({ name }, position) => [name, position]));

/** Makes the rows of one kind from its columns' readers. */
function rowMaker<Thing>(kind: RowKind, readers: Readers<Thing>): (thing: Thing, place: Place) => StatsRow {
  const all: Readers<Thing> = { ...readers, ...placeReaders, type: () => rowTypes[kind] };
  const byPosition = columns.map(({ name }) => all[name] ?? null);
  const at = (thing: Thing, place: Place, position: number): Value => byPosition[position]?.(thing, place) ?? null;
  return (thing, place) => ({
    kind,
    proxyId: place.proxyId,
    objectId: place.objectId,
    value: (column) => at(thing, place, positions.get(column) ?? -1),
    at: (position) => at(thing, place, position),
  });
}

const frontendRows = rowMaker<FrontendStats>("F", {
  scur: (one) => one.current,
  smax: (one) => one.max,
  slim: (one) => one.limit,
  stot: (one) => one.sessionsTotal,
  bin: (one) => one.bytesIn,
  bout: (one) => one.bytesOut,
  dreq: (one) => one.deniedRequests,
  dresp: (one) => one.deniedResponses,
  ereq: (one) => one.requestErrors,
  ...maintenanceReaders,
  status: (one) => frontendStatus(one),
  rate: (one) => one.sessionRate.current,
  rate_lim: (one) => one.sessionRate.limit,
  rate_max: (one) => one.sessionRate.max,
  ...httpReaders,
  ...cacheReaders,
  req_rate: ({ http }) => http?.requestRate.current ?? 0,
  req_rate_max: ({ http }) => http?.requestRate.max ?? 0,
  req_tot: ({ http }) => http?.requestsTotal ?? 0,
  intercepted: ({ http }) => http?.intercepted ?? null,
  ...compressionReaders,
  conn_rate: (one) => one.connectionRate.current,
  conn_rate_max: (one) => one.connectionRate.max,
  conn_tot: (one) => one.connectionsTotal,
  dcon: (one) => one.deniedConnections,
  dses: (one) => one.deniedSessions,
  ...tlsReaders,
});

function frontendStatus({ state, maintenance }: FrontendStats): string {
  if (state === "STOP" || state === "PAUSED") return "STOP";
  return maintenance === null ? state : "MAINT";
}

function frontendRow(one: FrontendStats): StatsRow {
  return frontendRows(one, {
    proxy: one.name,
    proxyId: one.id,
    name: "FRONTEND",
    objectId: 0,
    isHttp: one.http !== null,
  });
}

const listenerRows = rowMaker<ListenerStats>("L", {
  scur: (one) => one.current,
  smax: (one) => one.max,
  slim: (one) => one.limit,
  stot: (one) => one.total,
  bin: (one) => one.bytesIn,
  bout: (one) => one.bytesOut,
  dreq: (one) => one.deniedRequests,
  dresp: (one) => one.deniedResponses,
  ereq: (one) => one.requestErrors,
  status: (one) => one.state,
  addr: (one) => addressText(one.address),
  dcon: (one) => one.deniedConnections,
  dses: (one) => one.deniedSessions,
  wrew: (one) => one.failedRewrites,
  eint: (one) => one.internalErrors,
  ...tlsReaders,
});

function listenerRow({ name, id, http }: FrontendStats, one: ListenerStats): StatsRow {
  return listenerRows(one, { proxy: name, proxyId: id, name: one.name, objectId: one.id, isHttp: http !== null });
}

/** What servers and backends show alike. */
const servingReaders: Readers<ServerStats | BackendStats> = {
  ...httpReaders,
  ...tlsReaders,
  qcur: (one) => one.queued,
  qmax: (one) => one.queuedMax,
  scur: (one) => one.current,
  smax: (one) => one.max,
  stot: (one) => one.sessionsTotal,
  bin: (one) => one.bytesIn,
  bout: (one) => one.bytesOut,
  dresp: (one) => one.deniedResponses,
  econ: (one) => one.connectErrors,
  eresp: (one) => one.responseErrors,
  wretr: (one) => one.retries,
  wredis: (one) => one.redispatches,
  weight: (one) => one.weight,
  lastchg: (one) => one.lastChangeSeconds,
  lbtot: (one) => one.picked,
  rate: (one) => one.sessionRate.current,
  rate_max: (one) => one.sessionRate.max,
  cli_abrt: (one) => one.clientAborts,
  srv_abrt: (one) => one.serverAborts,
  lastsess: (one) => one.lastSessionSeconds,
  qtime: (one) => Math.round(one.averageQueueMs),
  ctime: (one) => Math.round(one.averageConnectMs),
  rtime: (one) => Math.round(one.averageResponseMs),
  ttime: (one) => Math.round(one.averageTotalMs),
  connect: (one) => one.connects,
  reuse: ({ http }) => http?.reuses ?? 0,
  cookie: (one) => one.cookie,
  qtime_max: (one) => Math.round(one.maxQueueMs),
  ctime_max: (one) => Math.round(one.maxConnectMs),
  rtime_max: (one) => Math.round(one.maxResponseMs),
  ttime_max: (one) => Math.round(one.maxTotalMs),
};

/** A server's check as far as it is told: not while it is disabled, nor during maintenance. */
function checkOf({ check, state }: ServerStats): ServerStats["check"] {
  return check !== null && check.isEnabled && state !== "MAINT" ? check : null;
}

/** What is told of a server's check: what speaks against it, or the check's last result. */
function toldOf(one: ServerStats): CheckResult | null {
  return (one.state === "MAINT" ? null : one.objection) ?? checkOf(one)?.last ?? null;
}

function agentOf({ agent }: Pick<ServerStats, "agent">): ServerStats["agent"] {
  return agent?.isEnabled === true ? agent : null;
}

/** Columns of a server's check; absent without one. */
const checkReaders: Readers<ServerStats> = {
  chkfail: ({ check }) => (check?.isEnabled === true ? check.failures : null),
  chkdown: (one) => (one.check?.isEnabled === true ? one.downTransitions : null),
  downtime: (one) => (one.check === null ? null : one.downtimeSeconds),
  check_rise: (one) => checkOf(one)?.rise ?? null,
  check_fall: (one) => checkOf(one)?.fall ?? null,
  check_health: (one) => checkOf(one)?.health ?? null,
  check_status(one) {
    const check = checkOf(one);
    if (one.objection !== null && one.state !== "MAINT") return one.objection.status;
    return check === null ? null : `${check.running ? "* " : ""}${check.last?.status ?? "INI"}`;
  },
  // A program that a signal ended has the code -1, which is told without its sign.
  check_code(one) {
    const code = toldOf(one)?.code ?? null;
    return code === null ? null : code >>> 0;
  },
  check_duration: (one) => durationOf(toldOf(one)),
  check_desc(one) {
    const told = toldOf(one);
    return told === null && checkOf(one) === null ? null : checkReason(told?.status ?? "INI");
  },
  last_chk: (one) => toldOf(one)?.info ?? null,
};

/** The same of its agent. */
const agentReaders: Readers<ServerStats> = {
  agent_status(one) {
    const agent = agentOf(one);
    return agent === null ? null : (agent.last?.status ?? "INI");
  },
  agent_code: (one) => agentOf(one)?.last?.code ?? null,
  agent_duration: (one) => durationOf(agentOf(one)?.last),
  agent_desc(one) {
    const agent = agentOf(one);
    return agent === null ? null : checkReason(agent.last?.status ?? "INI");
  },
  agent_rise: (one) => (agentOf(one) === null ? null : 1),
  agent_fall: (one) => (agentOf(one) === null ? null : 1),
  // Only a word of the agent's takes it down, no silence.
  agent_health(one) {
    const agent = agentOf(one);
    return agent === null ? null : one.standing.agentDown ? 0 : 1;
  },
  last_agt: (one) => agentOf(one)?.last?.info ?? null,
};

function durationOf(last: CheckResult | null | undefined): number | null {
  return last === null || last === undefined ? null : Math.round(last.durationMs);
}

const serverRows = rowMaker<ServerStats>("S", {
  ...servingReaders,
  ...checkReaders,
  ...agentReaders,
  slim: (one) => (one.maxconn > 0 ? one.maxconn : null),
  status: serverStatus,
  act: (one) => (one.isBackup ? 0 : 1),
  bck: (one) => (one.isBackup ? 1 : 0),
  qlimit: (one) => (one.maxqueue > 0 ? one.maxqueue : null),
  throttle: (one) => one.throttlePercent,
  tracked: (one) => one.trackedAs,
  hanafail: ({ check }) => check?.observedFailures ?? null,
  addr: (one) => (one.address === null ? null : addressText(one.address)),
  // A server's requests are told by its answers, as in HAProxy.
  req_tot: ({ http }) => (http === null ? null : http.responses.reduce((sum, count) => sum + count, 0)),
  srv_icur: ({ http }) => http?.idle ?? 0,
  idle_conn_cur: ({ http }) => http?.idleFresh ?? 0,
  safe_conn_cur: ({ http }) => (http === null ? 0 : http.idle - http.idleFresh),
  used_conn_cur: (one) => (one.http === null ? 0 : one.current),
  need_conn_est: (one) => one.connectionsNeeded,
  uweight: (one) => one.userWeight,
});

function serverRow({ name, id, http }: BackendStats, one: ServerStats): StatsRow {
  return serverRows(one, { proxy: name, proxyId: id, name: one.name, objectId: one.id, isHttp: http !== null });
}

/** The status column: with `health/of` while a server is on its way up or down. */
export function serverStatus(one: ServerStats): string {
  const { check, standing, objection } = one.watched;
  const isChecked = check?.isEnabled === true;
  const agent = agentOf(one.watched);
  const isPartly = check !== null && isChecked && check.health < check.healthOf;
  const way = isPartly ? `${Math.max(1, check.health - check.rise + 1)}/${check.fall}` : null;
  switch (one.state) {
    case "MAINT":
      if (one.standing.unresolved) return "MAINT (resolution)";
      return one.inherited.maint ? `MAINT (via ${one.trackedAs})` : "MAINT";
    case "UP":
      if (!isChecked && one.trackedAs === null) return "no check";
      return way === null ? "UP" : `UP ${way}`;
    case "NOLB":
      return way === null ? "NOLB" : `NOLB ${way}`;
    case "DOWN":
      if (agent !== null && standing.agentDown) return "DOWN (agent)";
      if (objection !== null && (check === null || check.health >= check.rise)) return "DOWN";
      if ((isChecked && check?.health === 0) || !(isChecked || agent !== null)) return "DOWN";
      return `DOWN ${check?.health ?? 0}/${check?.rise ?? 2}`;
    case "DRAIN":
      return agent !== null ? "DRAIN (agent)" : way === null ? "DRAIN" : `DRAIN ${way}`;
    default:
      return one.state;
  }
}

const backendRows = rowMaker<BackendStats>("B", {
  ...servingReaders,
  slim: (one) => one.limit,
  ...cacheReaders,
  req_tot: ({ http }) => http?.requestsTotal ?? null,
  dreq: (one) => one.deniedRequests,
  ...maintenanceReaders,
  status: (one) => (one.maintenance === null ? one.state : "MAINT"),
  act: (one) => one.activeServers,
  bck: (one) => one.backupServers,
  chkdown: (one) => one.downTransitions,
  downtime: (one) => one.downtimeSeconds,
  ...compressionReaders,
  algo: (one) => one.algorithm,
  uweight: (one) => one.activeUserWeight,
  agg_server_status: none,
  agg_server_check_status: none,
  agg_check_status: none,
});

function backendRow(one: BackendStats): StatsRow {
  return backendRows(one, {
    proxy: one.name,
    proxyId: one.id,
    name: "BACKEND",
    objectId: 0,
    isHttp: one.http !== null,
  });
}
