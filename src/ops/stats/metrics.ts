/** `/metrics`: Prometheus text with HAProxy's names, types and labels, made from the same rows as `show stat`. */
import type { PublicProxy, ServerStats } from "../../proxy/public.ts";
import type { Column } from "./columns.ts";
import { infoFields, type InfoSource } from "./info.ts";
import { processMetrics, proxyMetrics, type MetricKind } from "./metric-names.ts";
import type { TableView } from "./table-view.ts";
import { allMetrics, type MetricsChoice, type MetricsScope } from "./metrics-query.ts";
import type { Rows } from "../answers/slices.ts";
import { hostKeysMetricRows } from "./hostkeys/metrics.ts";
import { sshMetricRows } from "./ssh/ssh-metrics.ts";
import { startupRows } from "./ssh/startup-metrics.ts";
import { sshPenaltyMetricRows } from "./ssh/ssh-penalty-metrics.ts";
import { rowsOfKind, type RowKind, type StatsRow } from "./rows.ts";

const prefixes: Record<RowKind, Extract<MetricsScope, "frontend" | "listener" | "backend" | "server">> = {
  F: "frontend",
  L: "listener",
  B: "backend",
  S: "server",
};

const serverStates = ["DOWN", "UP", "MAINT", "DRAIN", "NOLB"];
const states: Record<RowKind, readonly string[]> = {
  F: ["DOWN", "UP"],
  L: ["WAITING", "OPEN", "FULL"],
  B: ["DOWN", "UP"],
  S: serverStates,
};

/** Check results that have a metric of their own, in HAProxy's order. */
const checkStates =
  "HANA SOCKERR L4OK L4TOUT L4CON L6OK L6TOUT L6RSP L7TOUT L7RSP L7OK L7OKC L7STS PROCERR PROCTOUT PROCOK".split(" ");

/** Content-Type of what `metricsRows` gives. */
export const metricsType = "text/plain; version=0.0.4";

/** What the page is made from. */
export interface MetricsSource {
  readonly info: InfoSource;
  readonly tables: () => Iterable<TableFigures>;
  /** Since the start. */
  readonly reloads: () => { readonly done: number; readonly failed: number };
}

/** A stick table; see `TableView`. */
type TableFigures = Pick<TableView, "name" | "plan" | "used" | "sweep">;

/** The page, a sample of each metric and thing a step. Each metric once, with all its samples together, as the format wants it. */
export function* metricsRows(source: MetricsSource, { scopes, withoutMaintenance }: MetricsChoice = allMetrics): Rows {
  const { proxy } = source.info;
  if (scopes.has("global")) {
    yield processText(source.info);
    yield reloadsText(source.reloads());
    yield* certificateRows(proxy.tls.times());
    yield mismatchText(proxy);
    yield refusalText(proxy);
    yield* maintenanceRows(proxy);
    const { sshMetrics, hostKeys, sshPenalties } = source.info;
    if (sshMetrics) yield* sshMetricRows(sshMetrics, label);
    yield* startupRows(proxy, label);
    if (hostKeys?.isWatching === true) yield* hostKeysMetricRows(hostKeys, label);
    if (sshPenalties) yield* sshPenaltyMetricRows(sshPenalties, label);
  }
  for (const kind of ["F", "L", "B", "S"] as const) {
    if (!scopes.has(prefixes[kind])) continue;
    for (const metric of proxyMetrics)
      if (metric.on.includes(kind)) yield* metricRows(metric, kind, proxy, withoutMaintenance);
    if (kind === "B" && proxy.backends().length > 0) yield* aggregateRows(proxy);
  }
  if (scopes.has("sticktable")) yield* tableRows(source.tables);
}

/** A metric of our own: HAProxy starts another process. */
function reloadsText({ done, failed }: { readonly done: number; readonly failed: number }): string {
  const name = "fairlead_reloads_total";
  const lines = `${name}{result="success"} ${done}\n${name}{result="failure"} ${failed}\n`;
  return `${head(name, "Reloads since the start of the process, by what came of them", "counter")}${lines}`;
}

/** Another: HAProxy tells nobody when certificates run out. */
function* certificateRows(times: ReturnType<PublicProxy["tls"]["times"]>): Rows {
  const name = "fairlead_certificate_days_left";
  let isDeclared = false;
  for (const one of times) {
    if (one === null) yield "";
    else {
      const sample = `${name}{certificate="${label(one.name)}"} ${one.daysLeft}\n`;
      const help = "Whole days until a certificate in use expires; negative: it has";
      yield isDeclared ? sample : `${head(name, help, "gauge")}${sample}`;
      isDeclared = true;
    }
  }
}

/** And of our own, as what it tells of is. */
function* maintenanceRows(proxy: PublicProxy): Rows {
  const kinds = [
    ["fairlead_maintenance", "1 for each proxy in maintenance", "gauge"],
    ["fairlead_maintenance_refused_total", "Sessions refused since its maintenance began", "counter"],
  ] as const;
  for (const [name, help, type] of kinds) {
    let isDeclared = false;
    for (const [proxyName, { refused }] of proxy.maintenances()) {
      const sample = `${name}{proxy="${label(proxyName)}"} ${type === "gauge" ? 1 : refused}\n`;
      yield isDeclared ? sample : `${head(name, help, type)}${sample}`;
      isDeclared = true;
    }
  }
}

/** A third: how often PROXY headers were seen to be sent, expected or left out on one side alone. */
function mismatchText(proxy: PublicProxy): string {
  const name = "fairlead_proxy_header_mismatches_total";
  const samples = Array.from(
    proxy.headerMismatches(),
    (one) =>
      `${name}{proxy="${label(one.proxy)}",${one.side}="${label(one.name)}",reason="${one.mismatch}"} ${one.count}\n`,
  );
  const help = "Sessions in which a PROXY header was sent, expected or left out on one side alone";
  return samples.length === 0 ? "" : `${head(name, help, "counter")}${samples.join("")}`;
}

/** And of servers of SSH, which HAProxy does not listen to. */
function refusalText(proxy: PublicProxy): string {
  const name = "fairlead_ssh_server_refusals_total";
  const samples = Array.from(
    proxy.serverRefusals(),
    ({ backend, server, refusal, count }) =>
      `${name}{proxy="${label(backend)}",server="${label(server)}",reason="${refusal}"} ${count}\n`,
  );
  const help = "Sessions that a server turned down before it said who it is, each of which counts as a failed connect";
  return samples.length === 0 ? "" : `${head(name, help, "counter")}${samples.join("")}`;
}

function* tableRows(tables: MetricsSource["tables"]): Rows {
  yield* tableMetric("size", "Entries that the stick table may hold", tables, (table) => table.plan.size);
  for (const table of tables()) for (const _ of table.sweep()) yield "";
  yield* tableMetric("used", "Entries in the stick table", tables, (table) => table.used);
}

function* tableMetric(
  suffix: string,
  help: string,
  tables: MetricsSource["tables"],
  of: (table: TableFigures) => number,
): Rows {
  const name = `haproxy_sticktable_${suffix}`;
  let isDeclared = false;
  for (const table of tables()) {
    const sample = `${name}{name="${label(table.name)}",type="${label(table.plan.type)}"} ${of(table)}\n`;
    yield isDeclared ? sample : `${head(name, help, "gauge")}${sample}`;
    isDeclared = true;
  }
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function processText(info: InfoSource): string {
  const fields = new Map(infoFields(info).map((field) => [field.name, field.value]));
  return processMetrics
    .map(([suffix, field, type, help, scale]) => {
      const name = `haproxy_process_${suffix}`;
      if (field === "Build info") {
        return `${head(name, help, type)}${name}{version="${label(String(fields.get("Version") ?? ""))}"} 1\n`;
      }
      const value = Number(fields.get(field) ?? 0) * scale;
      return `${head(name, help, type)}${name} ${value}\n`;
    })
    .join("");
}

function* metricRows(metric: MetricKind, kind: RowKind, proxy: PublicProxy, withoutMaintenance: boolean): Rows {
  const name = `haproxy_${prefixes[kind]}_${metric.suffix}`;
  let isDeclared = false;
  for (const [code, column] of metric.byCode ?? [[null, metric.column] as const]) {
    for (const row of rowsOfKind(proxy, kind)) {
      const isLeftOut =
        row === null || (metric.isHttp && row.value("mode") !== "http") || (withoutMaintenance && isInMaintenance(row));
      const samples = isLeftOut ? "" : samplesOf(metric, column, code, row, name);
      yield samples === "" || isDeclared ? samples : `${head(name, metric.help, metric.type)}${samples}`;
      if (samples !== "") isDeclared = true;
    }
  }
}

function isInMaintenance(row: StatsRow): boolean {
  return row.kind === "S" && String(row.value("status")).startsWith("MAINT");
}

function samplesOf({ scale }: MetricKind, column: Column, code: string | null, row: StatsRow, name: string): string {
  const value = row.value(column);
  const { kind } = row;
  const labels = code === null ? labelsOf(row) : `${labelsOf(row)},code="${code}"`;
  if (column === "status") return stateSamples(name, labels, states[kind], stateLabel(kind, String(value)));
  if (column === "check_status") {
    return value === null ? "" : stateSamples(name, labels, checkStates, String(value).replace(/^\* /, ""));
  }
  if (column === "check_code" || column === "check_duration") {
    return row.value("check_status") === null ? "" : `${name}{${labels}} ${number(Number(value ?? 0), scale)}\n`;
  }
  return `${name}{${labels}} ${value === null ? "NaN" : number(Number(value), scale)}\n`;
}

function stateSamples(name: string, labels: string, all: readonly string[], now: string): string {
  let text = "";
  for (const state of all) text += `${name}{${labels},state="${state}"} ${state === now ? 1 : 0}\n`;
  return text;
}

function number(value: number, scale: number): string {
  return scale === 1 ? String(value) : (value * scale).toFixed(6);
}

function labelsOf(row: StatsRow): string {
  const proxy = `proxy="${label(String(row.value("pxname")))}"`;
  if (row.kind === "F" || row.kind === "B") return proxy;
  return `${proxy},${row.kind === "S" ? "server" : "listener"}="${label(String(row.value("svname")))}"`;
}

/** Label values: backslash, quote and LF are escaped (Prometheus text format). */
function label(text: string): string {
  if (!/[\\"\n]/.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function stateLabel(kind: RowKind, status: string): string {
  // One in maintenance takes nobody, and HAProxy's dashboards know two states of proxies.
  if (kind === "F") return status === "STOP" || status === "MAINT" ? "DOWN" : "UP";
  if (kind === "B") return status === "MAINT" ? "DOWN" : status;
  if (kind !== "S") return status;
  const word = status.split(" ", 1)[0] ?? "";
  return serverStates.includes(word) ? word : "UP";
}

function byState(server: ServerStats): string {
  return stateLabel("S", server.state);
}

/** How many of a backend's servers are in each state. */
function* aggregateRows(proxy: PublicProxy): Rows {
  yield* countRows(
    proxy,
    "haproxy_backend_agg_server_status",
    "Servers of the backend by state",
    serverStates,
    byState,
  );
  yield* countRows(
    proxy,
    "haproxy_backend_agg_server_check_status",
    "The same under its former name",
    serverStates,
    byState,
  );
  yield* countRows(
    proxy,
    "haproxy_backend_agg_check_status",
    "Servers of the backend by the result of their last check",
    checkStates,
    (server) => server.check?.last?.status ?? "",
  );
}

function* countRows(
  proxy: PublicProxy,
  name: string,
  help: string,
  all: readonly string[],
  of: (server: ServerStats) => string,
): Rows {
  yield head(name, help, "gauge");
  for (const backend of proxy.backends()) {
    if (backend.servers.length === 0) {
      yield "";
      continue;
    }
    const counts = new Map<string, number>();
    for (const server of backend.servers) {
      const state = of(server);
      counts.set(state, (counts.get(state) ?? 0) + 1);
      yield "";
    }
    const shown = label(backend.name);
    let text = "";
    for (const state of all) text += `${name}{proxy="${shown}",state="${state}"} ${counts.get(state) ?? 0}\n`;
    yield text;
  }
}
