/** What `fairlead top --json` prints: one moment as one object. Fields are only ever added. */
import type { TopRow, TopView } from "./answer.ts";

/** The document, in one line. */
export function topJson({ at, process, rows }: TopView): string {
  const number = (name: string): number => Number(process.get(name) ?? 0) || 0;
  const document = {
    document: "fairlead top",
    version: 1,
    at: new Date(at).toISOString(),
    process: {
      node: process.get("node") ?? "",
      version: process.get("Version") ?? "",
      pid: number("Pid"),
      uptimeSeconds: number("Uptime_sec"),
      connections: number("CurrConns"),
      maxconn: number("Maxconn"),
      connectionRate: number("ConnRate"),
      sessionRate: number("SessRate"),
      bytesOutRate: number("BytesOutRate"),
      idlePercent: number("Idle_pct"),
    },
    frontends: wholes(rows, "frontend", "listeners", "listener"),
    backends: wholes(rows, "backend", "servers", "server"),
  };
  return `${JSON.stringify(document)}\n`;
}

function wholes(rows: readonly TopRow[], kind: TopRow["kind"], partsName: string, partKind: TopRow["kind"]): object[] {
  const parts = new Map<string, object[]>();
  for (const row of rows) {
    if (row.kind !== partKind) continue;
    const list = parts.get(row.proxy) ?? [];
    list.push({ name: row.name, ...figures(row) });
    parts.set(row.proxy, list);
  }
  return rows
    .filter((row) => row.kind === kind)
    .map((row) => Object.assign({ name: row.proxy }, figures(row), { [partsName]: parts.get(row.proxy) ?? [] }));
}

function figures(row: TopRow): object {
  const { kind, status, sessions, limit, highest, queue, rate, total, bytesIn, bytesOut, weight, check, since } = row;
  const own = kind === "server" ? { weight, check: check === "" ? null : check } : {};
  return {
    status,
    sessions,
    limit: limit === 0 ? null : limit,
    highest,
    queue,
    sessionRate: rate,
    totalSessions: total,
    bytesIn,
    bytesOut,
    secondsInStatus: since,
    ...own,
  };
}
