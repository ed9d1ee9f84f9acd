/** The statistics of every frontend, listener, server and backend as rows of HAProxy's columns: one source for CSV, JSON and metrics. */
import type { CheckResult } from "../events.ts";
import type { SocketAddress } from "../net/transport.ts";
import type { BackendFigures, FrontendFigures, ListenerFigures, ProxyFace, ServerFigures } from "../proxy/face.ts";
import { checkReason } from "./messages.ts";
import { type Column, columns } from "./stats-columns.ts";

/** Which kind of thing a row tells about, by HAProxy's letters: frontend, backend, server, listener. */
export type RowKind = "F" | "B" | "S" | "L";

/** One row. A column that means nothing for its kind is absent. */
export interface StatsRow {
  readonly kind: RowKind;
  readonly proxyId: number;
  /** 0 for frontends and backends, else the server's or listener's id. */
  readonly objectId: number;
  readonly values: ReadonlyMap<Column, string | number>;
}

/** `type` column, and the bit that `show stat <iid> <type> <sid>` selects by. */
export const rowTypes: Record<RowKind, number> = { F: 0, B: 1, S: 2, L: 3 };

type Values = Partial<Record<Column, string | number | null>>;

/**
 * All rows, proxy by proxy in the order of their ids: frontend, its listeners where `option socket-stats` asks for
 * them, servers, backend.
 */
export function statsRows(face: ProxyFace, hasSocketStats: (frontend: string) => boolean): StatsRow[] {
  const rows: { readonly order: number; readonly rows: StatsRow[] }[] = [];
  for (const frontend of face.frontends()) {
    const listeners = hasSocketStats(frontend.name)
      ? frontend.listeners.map((listener) => listenerRow(frontend, listener))
      : [];
    rows.push({ order: frontend.id * 2, rows: [frontendRow(frontend), ...listeners] });
  }
  for (const backend of face.backends()) {
    const servers = backend.servers.map((server) => serverRow(backend, server));
    rows.push({ order: backend.id * 2 + 1, rows: [...servers, backendRow(backend)] });
  }
  return rows.sort((a, b) => a.order - b.order).flatMap((one) => one.rows);
}

function row(kind: RowKind, proxyId: number, objectId: number, values: Values): StatsRow {
  const all: Values = {
    ...values,
    pid: 1,
    iid: proxyId,
    sid: objectId,
    type: rowTypes[kind],
    mode: "tcp",
    wrew: 0,
    eint: 0,
  };
  const map = new Map<Column, string | number>();
  for (const { name } of columns) {
    const value = all[name];
    if (value !== undefined && value !== null) map.set(name, value);
  }
  return { kind, proxyId, objectId, values: map };
}

function frontendRow(one: FrontendFigures): StatsRow {
  return row("F", one.id, 0, {
    pxname: one.name,
    svname: "FRONTEND",
    scur: one.current,
    smax: one.max,
    slim: one.limit,
    stot: one.sessionsTotal,
    bin: one.bytesIn,
    bout: one.bytesOut,
    dreq: one.deniedRequests,
    dresp: one.deniedResponses,
    ereq: one.requestErrors,
    status: one.state === "PAUSED" ? "STOP" : one.state,
    rate: one.sessionRate.current,
    rate_lim: one.sessionRate.limit,
    rate_max: one.sessionRate.max,
    req_rate: 0,
    req_rate_max: 0,
    req_tot: 0,
    comp_in: 0,
    comp_out: 0,
    comp_byp: 0,
    comp_rsp: 0,
    conn_rate: one.connectionRate.current,
    conn_rate_max: one.connectionRate.max,
    conn_tot: one.connectionsTotal,
    dcon: one.deniedConnections,
    dses: one.deniedSessions,
  });
}

function listenerRow(frontend: FrontendFigures, one: ListenerFigures): StatsRow {
  return row("L", frontend.id, one.id, {
    pxname: frontend.name,
    svname: one.name,
    scur: one.current,
    smax: one.max,
    slim: one.limit,
    stot: one.total,
    bin: one.bytesIn,
    bout: one.bytesOut,
    dreq: 0,
    dresp: 0,
    ereq: one.errors,
    status: one.state,
    addr: addressText(one.address),
    dcon: one.deniedConnections,
    dses: 0,
  });
}

/** What servers and backends show alike. */
function servingValues(one: ServerFigures | BackendFigures): Values {
  return {
    qcur: one.queued,
    qmax: one.queuedMax,
    scur: one.current,
    smax: one.max,
    stot: one.sessionsTotal,
    bin: one.bytesIn,
    bout: one.bytesOut,
    dresp: one.deniedResponses,
    econ: one.connectErrors,
    eresp: one.responseErrors,
    wretr: one.retries,
    wredis: one.redispatches,
    weight: one.weight,
    lastchg: one.lastChangeSeconds,
    lbtot: one.picked,
    rate: one.sessionRate.current,
    rate_max: one.sessionRate.max,
    cli_abrt: one.clientAborts,
    srv_abrt: one.serverAborts,
    lastsess: one.lastSessionSeconds,
    qtime: Math.round(one.averageQueueMs),
    ctime: Math.round(one.averageConnectMs),
    rtime: 0,
    ttime: Math.round(one.averageTotalMs),
    connect: one.sessionsTotal + one.retries,
    reuse: 0,
    qtime_max: Math.round(one.maxQueueMs),
    ctime_max: Math.round(one.maxConnectMs),
    rtime_max: 0,
    ttime_max: Math.round(one.maxTotalMs),
  };
}

function serverRow(backend: BackendFigures, one: ServerFigures): StatsRow {
  return row("S", backend.id, one.id, {
    ...servingValues(one),
    ...checkValues(one),
    pxname: backend.name,
    svname: one.name,
    slim: one.maxconn > 0 ? one.maxconn : null,
    status: serverStatus(one),
    act: one.isBackup ? 0 : 1,
    bck: one.isBackup ? 1 : 0,
    qlimit: one.maxqueue > 0 ? one.maxqueue : null,
    throttle: one.throttlePercent,
    tracked: one.trackedAs,
    addr: one.address === null ? null : addressText(one.address),
    srv_icur: 0,
    idle_conn_cur: 0,
    safe_conn_cur: 0,
    used_conn_cur: one.current,
    need_conn_est: one.current,
    uweight: one.userWeight,
  });
}

function checkValues(one: ServerFigures): Values {
  const values: Values = {};
  if (one.check !== null) {
    const { last, running } = one.check;
    Object.assign(values, {
      chkfail: one.check.failures,
      chkdown: one.downTransitions,
      downtime: one.downtimeSeconds,
      check_rise: one.check.rise,
      check_fall: one.check.fall,
      check_health: one.check.health,
      check_status: `${running ? "* " : ""}${last?.status ?? "INI"}`,
      // A program that a signal ended has the code -1, which is told without its sign.
      check_code: last === null || last.code === null ? null : last.code >>> 0,
      check_duration: last === null ? null : Math.round(last.durationMs),
      check_desc: checkReason(last?.status ?? "INI"),
      last_chk: last?.info ?? null,
    } satisfies Values);
  }
  if (one.agent !== null) Object.assign(values, agentValues(one.agent.last));
  return values;
}

function agentValues(last: CheckResult | null): Values {
  return {
    agent_status: last?.status ?? "INI",
    agent_code: last?.code ?? null,
    agent_duration: last === null ? null : Math.round(last.durationMs),
    agent_desc: checkReason(last?.status ?? "INI"),
    agent_rise: 1,
    agent_fall: 1,
    agent_health: last === null || last.status.endsWith("OK") ? 1 : 0,
    last_agt: last?.info ?? null,
  };
}

/** The status column: with `health/of` while a server is on its way up or down. */
export function serverStatus(one: ServerFigures): string {
  const { check } = one;
  switch (one.state) {
    case "MAINT":
      if (one.trackedAs !== null && one.stateCause.startsWith("via ")) return `MAINT (${one.stateCause})`;
      return one.stateCause === "resolution" ? "MAINT (resolution)" : "MAINT";
    case "UP":
    case "NOLB":
      if (check === null || check.health >= check.healthOf) return one.state;
      return `${one.state} ${Math.max(1, check.health - check.rise + 1)}/${check.fall}`;
    case "DOWN":
      return check === null || check.health === 0 ? "DOWN" : `DOWN ${check.health}/${check.rise}`;
    default:
      return one.state;
  }
}

function backendRow(one: BackendFigures): StatsRow {
  return row("B", one.id, 0, {
    ...servingValues(one),
    pxname: one.name,
    svname: "BACKEND",
    slim: one.limit,
    dreq: one.deniedRequests,
    status: one.state,
    act: one.activeServers,
    bck: one.backupServers,
    chkdown: one.downTransitions,
    downtime: one.downtimeSeconds,
    comp_in: 0,
    comp_out: 0,
    comp_byp: 0,
    comp_rsp: 0,
    algo: one.algorithm,
    uweight: one.servers.reduce(
      (sum, server) => sum + (server.isUsable && !server.isBackup ? server.userWeight : 0),
      0,
    ),
    agg_server_status: 0,
    agg_server_check_status: 0,
    agg_check_status: 0,
  });
}

/** `127.0.0.1:22`, `[::1]:22`, `/path` or `abns@name`, as statistics show addresses. */
export function addressText(address: SocketAddress): string {
  if (address.kind === "unix") return address.path;
  if (address.kind === "abstract") return `abns@${address.name}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
