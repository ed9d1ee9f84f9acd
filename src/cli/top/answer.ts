/** What `fairlead top` asks the stats socket, and the answer taken apart. */

import { readSessions, sessionsLine, type TopSession } from "./sessions.ts";

/** All in one connection, so that it is of one moment. */
export function topLine(withSessions: boolean): string {
  return `show info;show stat${withSessions ? `;${sessionsLine}` : ""}`;
}

/** A frontend, backend, server or listener as `show stat` has it. */
export interface TopRow {
  readonly kind: "frontend" | "backend" | "server" | "listener";
  readonly proxy: string;
  /** Of servers and listeners: their own. */
  readonly name: string;
  readonly status: string;
  readonly sessions: number;
  /** Most at once; 0: no limit. */
  readonly limit: number;
  readonly highest: number;
  readonly queue: number;
  /** New sessions in the last second. */
  readonly rate: number;
  readonly total: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly weight: number;
  readonly check: string;
  /** Seconds since the status changed; null: nobody says. */
  readonly since: number | null;
}

/** What is seen at one moment. */
export interface TopView {
  /** Wall-clock milliseconds. */
  readonly at: number;
  /** Fields of `show info` by their names. */
  readonly process: ReadonlyMap<string, string>;
  /** In the order of the configuration. */
  readonly rows: readonly TopRow[];
  /** Where they were asked for; a text says why there are none. */
  readonly sessions: readonly TopSession[] | string;
}

/** Takes an answer apart; a text says why it is none. */
export function readTop(said: string, at: number): TopView | string {
  const start = `\n${said}`.indexOf("\n# pxname,");
  if (start < 0) return said.trim().split("\n", 1)[0] ?? "";
  const process = new Map<string, string>();
  for (const line of said.slice(0, start).split("\n")) {
    const [, name, value = ""] = /^([\w-]+): (.*)$/.exec(line) ?? [];
    if (name !== undefined) process.set(name, value);
  }
  const [head = "", ...lines] = said.slice(start).split("\n");
  const places = new Map(fields(head.slice(2)).map((name, place) => [name, place]));
  const end = lines.indexOf("");
  const rows = (end < 0 ? lines : lines.slice(0, end)).map((line) => rowOf(fields(line), places));
  return { at, process, rows, sessions: readSessions(lines.slice(rows.length).join("\n")) };
}

const kinds = ["frontend", "backend", "server", "listener"] as const;

function rowOf(values: readonly string[], places: ReadonlyMap<string, number>): TopRow {
  const text = (column: string): string => values[places.get(column) ?? -1] ?? "";
  const number = (column: string): number => Number(text(column)) || 0;
  const since = text("lastchg");
  return {
    kind: kinds[number("type")] ?? "server",
    proxy: text("pxname"),
    name: text("svname"),
    status: text("status"),
    sessions: number("scur"),
    limit: number("slim"),
    highest: number("smax"),
    queue: number("qcur"),
    rate: number("rate"),
    total: number("stot"),
    bytesIn: number("bin"),
    bytesOut: number("bout"),
    weight: number("weight"),
    check: text("check_status"),
    since: since === "" ? null : Number(since),
  };
}

/** The fields of a line of CSV (RFC 4180). */
function fields(line: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < line.length; at += 1) {
    let value = "";
    if (line[at] === '"') {
      const end = closingQuote(line, at + 1);
      value = line.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      const comma = line.indexOf(",", at);
      const end = comma < 0 ? line.length : comma;
      value = line.slice(at, end);
      at = end;
    }
    found.push(value);
  }
  return found;
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) if (line[at + 1] !== '"') return at;
  return line.length;
}
