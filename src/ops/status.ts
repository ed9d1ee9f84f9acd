/** `/status`: everything that is known of the running process, as one JSON document; and as text for `fairlead status`. */
import type {
  BackendFigures,
  FrontendFigures,
  ProxyFace,
  ProcessFigures,
  ServerFigures,
  SessionFigures,
} from "../proxy/face.ts";
import { addressText, serverStatus } from "./stats-rows.ts";
import { singleLine } from "./syslog.ts";

/** The document. Fields are only ever added. */
export interface Status {
  readonly name: "fairlead";
  readonly version: string;
  readonly pid: number;
  readonly node: string;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  readonly notReady: readonly string[];
  readonly process: ProcessFigures;
  readonly frontends: readonly FrontendFigures[];
  readonly backends: readonly BackendFigures[];
  /** Left out unless asked for; at most `sessionsLimit`. */
  readonly sessions?: readonly SessionFigures[];
}

/** Sessions that one answer may list. */
export const sessionsLimit = 1000;

/** Builds the document from the figures of this moment. */
export function statusOf(
  face: ProxyFace,
  about: { readonly version: string; readonly node: string },
  withSessions: boolean,
): Status {
  const figures = face.process;
  return {
    name: "fairlead",
    version: about.version,
    pid: process.pid,
    node: about.node,
    uptimeSeconds: Math.floor((Date.now() - figures.startedAt) / 1000),
    ready: face.isReady && !figures.stopping,
    notReady: figures.stopping ? ["stopping", ...face.notReady] : face.notReady,
    process: figures,
    frontends: face.frontends(),
    backends: face.backends(),
    ...(withSessions ? { sessions: firstSessions(face) } : {}),
  };
}

function firstSessions(face: ProxyFace): SessionFigures[] {
  const list: SessionFigures[] = [];
  for (const session of face.sessions()) {
    if (list.length >= sessionsLimit) break;
    list.push(session);
  }
  return list;
}

/** The document as a table for a terminal. What servers said is made safe to print. */
export function statusText(status: Status): string {
  const state = status.ready ? "ready" : `not ready: ${status.notReady.join(", ")}`;
  const { currentConnections, maxconn, totalConnections } = status.process;
  const head = [
    `fairlead ${status.version}, process ${status.pid} on ${status.node}, up ${status.uptimeSeconds} s, ${state}`,
    `connections ${currentConnections} of ${maxconn}, ${totalConnections} in all`,
    "",
  ];
  const rows = [["", "name", "state", "sessions", "max", "total", "in", "out", "note"]];
  for (const one of status.frontends) {
    const addresses = one.listeners.map((listener) => addressText(listener.address)).join(" ");
    rows.push(["frontend", one.name, one.state, ...loadCells(one), addresses]);
  }
  for (const one of status.backends) {
    rows.push(["backend", one.name, one.state, ...loadCells(one), `${one.algorithm}, ${one.queued} queued`]);
    for (const server of one.servers) {
      rows.push(["  server", server.name, serverStatus(server), ...loadCells(server), serverNote(server)]);
    }
  }
  return `${[...head, ...aligned(rows)].map((line) => singleLine(line).trimEnd()).join("\n")}\n`;
}

function loadCells(one: FrontendFigures | BackendFigures | ServerFigures): string[] {
  return [one.current, one.max, one.sessionsTotal, one.bytesIn, one.bytesOut].map(String);
}

function serverNote(server: ServerFigures): string {
  const last = server.check?.last;
  const check =
    last === null || last === undefined ? "" : `${last.status}${last.info === null ? "" : ` (${last.info})`}`;
  const address = server.address === null ? "no address" : addressText(server.address);
  return [address, check, server.hint ?? ""].filter(Boolean).join(", ");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((cells) => (cells[index] ?? "").length)));
  return rows.map((cells) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  "));
}
