/** `/status`: everything that is known of the running process, as one JSON document; and as text for `fairlead status`. */
import { addressText } from "../../address.ts";
import type {
  BackendStats,
  FrontendStats,
  ListenerStats,
  PublicProxy,
  ProcessStats,
  ServerStats,
  SessionStats,
} from "../../proxy/public.ts";
import type { PublicHostKeys, PublicSsh, PublicSshPenalties, SshPenaltyFigures, SshSummary } from "../../ssh/public.ts";
import { JsonArray, JsonObject, jsonRows } from "../answers/json-rows.ts";
import type { Rows } from "../answers/slices.ts";
import { hostKeysPart, type HostKeysPart } from "../stats/hostkeys/json.ts";
import { serverStatus } from "../stats/rows.ts";
import { singleLine } from "../log/syslog.ts";

/** The document. Fields are only ever added. */
export interface Status {
  readonly name: "fairlead";
  readonly version: string;
  readonly pid: number;
  readonly node: string;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  readonly notReady: readonly string[];
  /** Some proxy reads SSH, so that there is `/ssh`; left out by versions that did not know it. */
  readonly readsSsh?: boolean;
  readonly process: ProcessStats;
  readonly frontends: readonly FrontendStatus[];
  readonly backends: readonly BackendStatus[];
  /** Those in use; left out by versions that did not know them. */
  readonly certificates?: readonly CertificateStatus[];
  /** What is known of SSH, in few figures; left out where nobody looks, and by versions that did not know it. */
  readonly ssh?: SshSummary;
  /** Backends whose servers' host keys are looked at; left out where none is, and by versions that did not know it. */
  readonly sshHostKeys?: readonly HostKeysPart[];
  /** Of frontends that give penalties; left out by versions that did not know them. */
  readonly sshPenalties?: readonly SshPenaltyFigures[];
  /** Left out unless asked for; at most `sessionsLimit`. */
  readonly sessions?: readonly SessionStats[];
}

/** A certificate of the document. */
export interface CertificateStatus {
  readonly name: string;
  readonly notAfter: string;
  /** Whole days; negative: it has expired. */
  readonly daysLeft: number;
}

/** What an operator has said of a proxy whose new sessions are refused. */
export interface MaintenanceStatus {
  readonly since: string;
  readonly text: string;
  readonly refused: number;
}

/** A frontend of the document. */
type FrontendStatus = Omit<FrontendStats, "maintenance"> & MaintainedStatus;

interface MaintainedStatus {
  /** Left out by versions that did not know it. */
  readonly maintenance?: MaintenanceStatus | null;
}

/** A backend of the document. */
type BackendStatus = Omit<BackendStats, "servers" | "maintenance"> &
  MaintainedStatus & {
    /** `status`: the state as statistics show it, health included. */
    readonly servers: readonly (ServerStats & { readonly status: string })[];
  };

/** Sessions that one answer may list. */
export const sessionsLimit = 1000;

// What is told of each thing, in this order. Statistics have more, which is not for the document.

function servingPart(one: ServerStats | BackendStats): object {
  return {
    queued: one.queued,
    weight: one.weight,
    downTransitions: one.downTransitions,
    downtimeSeconds: one.downtimeSeconds,
    lastChangeSeconds: one.lastChangeSeconds,
    queuedMax: one.queuedMax,
    current: one.current,
    max: one.max,
    sessionsTotal: one.sessionsTotal,
    bytesIn: one.bytesIn,
    bytesOut: one.bytesOut,
    deniedResponses: one.deniedResponses,
    connectErrors: one.connectErrors,
    responseErrors: one.responseErrors,
    retries: one.retries,
    redispatches: one.redispatches,
    clientAborts: one.clientAborts,
    serverAborts: one.serverAborts,
    picked: one.picked,
    lastSessionSeconds: one.lastSessionSeconds,
    sessionRate: one.sessionRate,
    averageQueueMs: one.averageQueueMs,
    averageConnectMs: one.averageConnectMs,
    averageTotalMs: one.averageTotalMs,
    maxQueueMs: one.maxQueueMs,
    maxConnectMs: one.maxConnectMs,
    maxTotalMs: one.maxTotalMs,
    name: one.name,
    id: one.id,
  };
}

/** `since` as a date. */
function maintenancePart({ maintenance }: FrontendStats | BackendStats): MaintenanceStatus | null {
  return maintenance === null ? null : { ...maintenance, since: new Date(maintenance.since).toISOString() };
}

function backendPart(one: BackendStats): object {
  return {
    ...servingPart(one),
    isListen: one.isListen,
    algorithm: one.algorithm,
    state: one.state,
    maintenance: maintenancePart(one),
    limit: one.limit,
    activeServers: one.activeServers,
    backupServers: one.backupServers,
    deniedRequests: one.deniedRequests,
    startups: one.startups,
  };
}

function serverPart(one: ServerStats): object {
  return {
    ...servingPart(one),
    state: one.state,
    status: serverStatus(one),
    stateCause: one.stateCause,
    address: one.address,
    service: one.service,
    hostName: one.hostName,
    standing: one.standing,
    isRenamed: one.isRenamed,
    isBackup: one.isBackup,
    isUsable: one.isUsable,
    maxconn: one.maxconn,
    maxqueue: one.maxqueue,
    userWeight: one.userWeight,
    initialWeight: one.initialWeight,
    check: one.check,
    objection: one.objection,
    agent: one.agent,
    trackedAs: one.trackedAs,
    throttlePercent: one.throttlePercent,
    hint: one.hint,
    startups: one.startups,
  };
}

function frontendHead(one: FrontendStats): object {
  return {
    name: one.name,
    id: one.id,
    isListen: one.isListen,
    state: one.state,
    maintenance: maintenancePart(one),
  };
}

function frontendRest(one: FrontendStats): object {
  return {
    current: one.current,
    max: one.max,
    limit: one.limit,
    connectionsTotal: one.connectionsTotal,
    sessionsTotal: one.sessionsTotal,
    bytesIn: one.bytesIn,
    bytesOut: one.bytesOut,
    deniedRequests: one.deniedRequests,
    deniedResponses: one.deniedResponses,
    deniedConnections: one.deniedConnections,
    deniedSessions: one.deniedSessions,
    requestErrors: one.requestErrors,
    connectionRate: one.connectionRate,
    sessionRate: one.sessionRate,
  };
}

/**
 * The document as JSON. What keeps the process from being ready is looked for first, since whether anything does stands in
 * front of it.
 */
export function statusRows(proxy: PublicProxy, about: About, withSessions: boolean): Rows {
  return withLineEnd(jsonRows(new JsonObject(statusFields(proxy, about, withSessions))));
}

function* withLineEnd(rows: Rows): Rows {
  yield* rows;
  yield "\n";
}

/** What stands at its head, and what it tells of SSH. */
interface About {
  readonly version: string;
  readonly node: string;
  /** Some proxy reads it. */
  readonly readsSsh: boolean;
  readonly ssh?: PublicSsh;
  readonly hostKeys?: PublicHostKeys;
  readonly sshPenalties?: PublicSshPenalties;
}

type Fields = Iterable<readonly [string, unknown] | null>;

function* statusFields(proxy: PublicProxy, about: About, withSessions: boolean): Fields {
  const { process: stats } = proxy;
  const missing = whatIsMissing(proxy)[Symbol.iterator]();
  let next = missing.next();
  for (; next.done !== true && next.value === null; next = missing.next()) yield null;
  yield ["name", "fairlead"];
  yield ["version", about.version];
  yield ["pid", process.pid];
  yield ["node", about.node];
  yield ["uptimeSeconds", Math.floor(stats.uptimeMs / 1000)];
  yield ["ready", next.done === true];
  yield ["notReady", new JsonArray(goneOn(next, missing))];
  yield ["readsSsh", about.readsSsh];
  yield ["process", stats];
  yield ["frontends", new JsonArray(objects(proxy.frontends(), frontendFields))];
  yield ["backends", new JsonArray(objects(proxy.backends(), backendFields))];
  yield ["certificates", new JsonArray(certificateParts(proxy))];
  if (about.ssh !== undefined) yield ["ssh", yield* summaryOf(about.ssh)];
  if (about.hostKeys !== undefined) yield ["sshHostKeys", new JsonArray(hostKeyParts(about.hostKeys))];
  if (about.sshPenalties !== undefined) yield ["sshPenalties", new JsonArray(about.sshPenalties.figures())];
  if (withSessions) yield ["sessions", new JsonArray(firstSessions(proxy))];
}

/** Gathered in steps of which nothing shows. */
function* summaryOf(ssh: PublicSsh): Generator<null, SshSummary> {
  const steps = ssh.summary();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield null;
  }
}

function* hostKeyParts(hostKeys: PublicHostKeys): Iterable<HostKeysPart> {
  for (const backend of hostKeys.backends()) yield hostKeysPart(backend);
}

function* whatIsMissing(proxy: PublicProxy): Iterable<string | null> {
  if (proxy.process.stopping) yield "stopping";
  for (const name of proxy.readiness()) yield name === "" ? null : name;
}

/** What an iterator gave last, and the rest of it. */
function* goneOn<Item>(last: IteratorResult<Item, unknown>, rest: Iterator<Item>): Iterable<Item> {
  for (let next = last; next.done !== true; next = rest.next()) yield next.value;
}

function* objects<One>(all: Iterable<One>, fieldsOf: (one: One) => Fields): Iterable<JsonObject> {
  for (const one of all) yield new JsonObject(fieldsOf(one));
}

function* frontendFields(one: FrontendStats): Fields {
  yield* Object.entries(frontendHead(one));
  yield ["listeners", new JsonArray(one.listeners)];
  yield* Object.entries(frontendRest(one));
}

function* backendFields(one: BackendStats): Fields {
  yield* Object.entries(backendPart(one));
  yield ["servers", new JsonArray(serverParts(one))];
}

function* serverParts({ servers }: BackendStats): Iterable<object> {
  for (const one of servers) yield serverPart(one);
}

function* certificateParts(proxy: PublicProxy): Iterable<CertificateStatus | null> {
  for (const one of proxy.tls.times()) {
    yield one === null ? null : { ...one, notAfter: new Date(one.notAfter).toISOString() };
  }
}

function* firstSessions(proxy: PublicProxy): Iterable<SessionStats> {
  let left = sessionsLimit;
  for (const session of proxy.sessions()) {
    yield session;
    left -= 1;
    if (left === 0) return;
  }
}

/** The document as a table for a terminal. What servers said is made safe to print. */
export function statusText(status: Status): string {
  const state = status.ready ? "ready" : `not ready: ${status.notReady.join(", ")}`;
  const { currentConnections, maxconn, totalConnections, transport } = status.process;
  const head = [
    `fairlead ${status.version}, process ${status.pid} on ${status.node}, up ${status.uptimeSeconds} s, ${state}`,
    `connections ${currentConnections} of ${maxconn}, ${totalConnections} in all, by ${transport}`,
    "",
  ];
  const rows = [["", "name", "state", "sessions", "max", "total", "in", "out", "note"]];
  for (const one of status.frontends) {
    const addresses = Array.from(one.listeners, listenerText).join(" ");
    rows.push(["frontend", one.name, shownState(one), ...loadCells(one), `${addresses}${saying(one)}`]);
  }
  for (const one of status.backends) {
    const note = `${one.algorithm}, ${one.queued} queued${saying(one)}`;
    rows.push(["backend", one.name, shownState(one), ...loadCells(one), note]);
    for (const server of one.servers) {
      rows.push(["  server", server.name, server.status, ...loadCells(server), serverNote(server)]);
    }
  }
  return `${[...head, ...aligned(rows), ...(status.certificates ?? []).flatMap(expiryLines), ...(status.sshHostKeys ?? []).flatMap(differenceLines)].map((line) => singleLine(line).trimEnd()).join("\n")}\n`;
}

function shownState({ state, maintenance }: MaintainedStatus & { readonly state: string }): string {
  return maintenance ? "MAINT" : state;
}

function saying({ maintenance }: MaintainedStatus): string {
  return maintenance ? `, in maintenance since ${maintenance.since}: ${maintenance.text || "no text"}` : "";
}

/** Of a certificate that expires within two weeks, as the log warns of it. */
function expiryLines({ name, notAfter, daysLeft }: CertificateStatus): string[] {
  if (daysLeft >= 14) return [];
  const when = daysLeft < 0 ? "has expired" : `expires in ${daysLeft} days`;
  return [`certificate ${name} ${when}, on ${notAfter.slice(0, "2026-01-01".length)}`];
}

/** Of a backend whose servers have different host keys. */
function differenceLines({ backend, differences }: HostKeysPart): string[] {
  return differences.map(({ type, groups }) => {
    const all = groups.map(({ fingerprint, servers }) => `${fingerprint ?? "none"} (${servers.join(", ")})`);
    return `backend ${backend}: ${type} host keys differ: ${all.join(", ")}`;
  });
}

function loadCells(one: Pick<ServerStats, "current" | "max" | "sessionsTotal" | "bytesIn" | "bytesOut">): string[] {
  return [one.current, one.max, one.sessionsTotal, one.bytesIn, one.bytesOut].map(String);
}

function listenerText({ address, hint }: ListenerStats): string {
  return hint === null ? addressText(address) : `${addressText(address)} (${hint})`;
}

function serverNote(server: ServerStats): string {
  const last = server.objection ?? server.check?.last;
  const check =
    last === null || last === undefined ? "" : `${last.status}${last.info === null ? "" : ` (${last.info})`}`;
  const address = server.address === null ? "no address" : addressText(server.address);
  return [address, check, server.hint ?? ""].filter(Boolean).join(", ");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((cells) => (cells[index] ?? "").length)));
  return rows.map((cells) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  "));
}
