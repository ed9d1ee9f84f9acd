/** `/metrics`: Prometheus text with HAProxy's names, types and labels, made from the same rows as `show stat`. */
import type { ProxyFace, ServerFigures } from "../proxy/face.ts";
import { infoFields, type InfoSource } from "./info.ts";
import { processMetrics, proxyMetrics, type MetricKind } from "./metric-names.ts";
import type { Column } from "./stats-columns.ts";
import { statsRows, type RowKind, type StatsRow } from "./stats-rows.ts";

const prefixes: Record<RowKind, string> = { F: "frontend", L: "listener", B: "backend", S: "server" };

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

/** Content-Type of what `metricsText` gives. */
export const metricsType = "text/plain; version=0.0.4";

/** The whole page. Each metric once, with all its samples together, as the format wants it. */
export function metricsText(info: InfoSource, hasSocketStats: (frontend: string) => boolean): string {
  const out: string[] = [processText(info)];
  const rows = statsRows(info.face, hasSocketStats);
  for (const kind of ["F", "L", "B", "S"] as const) {
    const mine = rows.filter((row) => row.kind === kind);
    if (mine.length === 0) continue;
    for (const metric of proxyMetrics) {
      if (metric.on.includes(kind)) out.push(metricText(metric, kind, mine));
    }
    if (kind === "B") out.push(aggregateText(info.face));
  }
  return out.join("");
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

function metricText(metric: MetricKind, kind: RowKind, rows: readonly StatsRow[]): string {
  const name = `haproxy_${prefixes[kind]}_${metric.suffix}`;
  const samples = rows.flatMap((row) => samplesOf(metric.column, metric.scale, kind, row, name));
  return samples.length === 0 ? "" : `${head(name, metric.help, metric.type)}${samples.join("")}`;
}

function samplesOf(column: Column, scale: number, kind: RowKind, row: StatsRow, name: string): string[] {
  const labels = labelsOf(kind, row);
  const value = row.values.get(column);
  if (column === "status") {
    const now = stateLabel(kind, String(value));
    return states[kind].map((state) => `${name}{${labels},state="${state}"} ${state === now ? 1 : 0}\n`);
  }
  if (column === "check_status") {
    if (value === undefined) return [];
    const now = String(value).replace(/^\* /, "");
    return checkStates.map((state) => `${name}{${labels},state="${state}"} ${state === now ? 1 : 0}\n`);
  }
  if (column === "check_code" || column === "check_duration") {
    if (row.values.get("check_status") === undefined) return [];
    return [`${name}{${labels}} ${number(Number(value ?? 0), scale)}\n`];
  }
  return [`${name}{${labels}} ${value === undefined ? "NaN" : number(Number(value), scale)}\n`];
}

function number(value: number, scale: number): string {
  return scale === 1 ? String(value) : (value * scale).toFixed(6);
}

function labelsOf(kind: RowKind, row: StatsRow): string {
  const proxy = `proxy="${label(String(row.values.get("pxname") ?? ""))}"`;
  if (kind === "F" || kind === "B") return proxy;
  return `${proxy},${kind === "S" ? "server" : "listener"}="${label(String(row.values.get("svname") ?? ""))}"`;
}

/** Label values: backslash, quote and LF are escaped (Prometheus text format). */
function label(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function stateLabel(kind: RowKind, status: string): string {
  if (kind === "F") return status === "STOP" ? "DOWN" : "UP";
  if (kind !== "S") return status;
  const word = status.split(" ", 1)[0] ?? "";
  return serverStates.includes(word) ? word : "UP";
}

function stateOf(server: ServerFigures): string {
  return stateLabel("S", server.state);
}

/** How many of a backend's servers are in each state. */
function aggregateText(face: ProxyFace): string {
  const backends = face.backends();
  const count = (name: string, help: string, names: readonly string[], of: (server: ServerFigures) => string): string =>
    head(name, help, "gauge") +
    backends
      .flatMap((backend) =>
        names.map((state) => {
          const sum = backend.servers.filter((server) => of(server) === state).length;
          return `${name}{proxy="${label(backend.name)}",state="${state}"} ${sum}\n`;
        }),
      )
      .join("");
  return [
    count("haproxy_backend_agg_server_status", "Servers of the backend by state", serverStates, stateOf),
    count("haproxy_backend_agg_server_check_status", "The same under its former name", serverStates, stateOf),
    count(
      "haproxy_backend_agg_check_status",
      "Servers of the backend by the result of their last check",
      checkStates,
      (server) => server.check?.last?.status ?? "",
    ),
  ].join("");
}
