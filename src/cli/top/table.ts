/** What `fairlead top` shows of a moment: lines as wide as there is room for. */
import { singleLine } from "../../ops/log/syslog.ts";
import type { TopRow, TopView } from "./answer.ts";
import { bytesText, clip, countText, durationText } from "./figures.ts";

/** In what order: the configuration's, or most sessions or bytes first. */
export type TopOrder = "file" | "sessions" | "bytes";

/** A moment, the one before it if there was one, and how it is to be shown. */
export interface TopShown {
  readonly view: TopView;
  readonly before: TopView | null;
  readonly order: TopOrder;
  readonly width: number;
}

/** All lines: what the process is, then a line for each proxy and server. Nothing in them steers a terminal. */
export function topLines({ view, before, order, width }: TopShown): string[] {
  const rows = ordered(rated(view, before), order);
  const longest = Math.max(...rows.map(({ row }) => labelOf(row).length), 12);
  const shown = chosenColumns(width - Math.min(longest, Math.max(leastLabel, Math.floor(width / 4))));
  const used = shown.reduce((sum, { room }) => sum + room + 1, 0);
  const first = Math.max(12, Math.min(longest, width - used));
  const head = [fit("PROXY/SERVER", first), ...shown.map(({ title, room }) => title.padStart(room))].join(" ");
  const body = rows.map((one) =>
    [fit(labelOf(one.row), first), ...shown.map(({ room, text }) => fitRight(text(one), room))].join(" "),
  );
  return [...headLines(view, rows), "", head, ...body].map((line) => clip(line, width));
}

/** A row with its bytes a second, as far as they are known. */
interface RatedRow {
  readonly row: TopRow;
  readonly inRate: number | null;
  readonly outRate: number | null;
}

function rated({ rows, at }: TopView, before: TopView | null): RatedRow[] {
  const known = new Map((before?.rows ?? []).map((row) => [keyOf(row), row]));
  const seconds = before === null ? 0 : (at - before.at) / 1000;
  return rows.map((row) => {
    const old = known.get(keyOf(row));
    // Fewer bytes than before: another process, or counters that were cleared.
    if (old === undefined || seconds <= 0 || row.bytesIn < old.bytesIn || row.bytesOut < old.bytesOut)
      return { row, inRate: null, outRate: null };
    return {
      row,
      inRate: (row.bytesIn - old.bytesIn) / seconds,
      outRate: (row.bytesOut - old.bytesOut) / seconds,
    };
  });
}

function keyOf({ kind, proxy, name }: TopRow): string {
  return JSON.stringify([kind, proxy, name]);
}

/** Frontends with their listeners, then backends with their servers. */
function ordered(rows: readonly RatedRow[], order: TopOrder): RatedRow[] {
  const weigh = ({ row, inRate, outRate }: RatedRow): number => {
    if (order === "sessions") return row.sessions;
    return inRate === null || outRate === null ? row.bytesIn + row.bytesOut : inRate + outRate;
  };
  const sorted = (list: readonly RatedRow[]): readonly RatedRow[] =>
    order === "file" ? list : list.toSorted((one, other) => weigh(other) - weigh(one));
  const parts = new Map<string, RatedRow[]>();
  for (const one of rows.filter(({ row }) => isPart(row))) {
    const key = JSON.stringify([wholeOf(one.row), one.row.proxy]);
    const list = parts.get(key);
    if (list === undefined) parts.set(key, [one]);
    else list.push(one);
  }
  const wholes = (kind: TopRow["kind"]): readonly RatedRow[] => sorted(rows.filter(({ row }) => row.kind === kind));
  const all: RatedRow[] = [];
  for (const one of [...wholes("frontend"), ...wholes("backend")])
    all.push(one, ...sorted(parts.get(JSON.stringify([one.row.kind, one.row.proxy])) ?? []));
  return all;
}

function isPart({ kind }: TopRow): boolean {
  return kind === "server" || kind === "listener";
}

function wholeOf({ kind }: TopRow): TopRow["kind"] {
  return kind === "server" ? "backend" : "frontend";
}

function labelOf(row: TopRow): string {
  return singleLine(isPart(row) ? `  ${row.name}` : `${row.proxy} (${row.kind})`);
}

interface TopColumn {
  readonly title: string;
  readonly room: number;
  readonly text: (one: RatedRow) => string;
}

const column = (title: string, room: number, text: TopColumn["text"]): TopColumn => ({ title, room, text });

/** In the order in which they are shown; the number says how soon a narrow terminal has room for them. */
const columns: readonly (readonly [number, TopColumn])[] = [
  [1, column("STATUS", 10, ({ row }) => row.status)],
  [2, column("SESS", 6, ({ row }) => countText(row.sessions))],
  [7, column("LIMIT", 6, ({ row }) => (row.limit === 0 ? "-" : countText(row.limit)))],
  [8, column("MAX", 6, ({ row }) => countText(row.highest))],
  [
    5,
    column("QUEUE", 5, ({ row }) => (row.kind === "frontend" || row.kind === "listener" ? "-" : countText(row.queue))),
  ],
  [3, column("NEW/s", 6, ({ row }) => countText(row.rate))],
  [4, column("IN/s", 7, ({ inRate }) => rateText(inRate))],
  [4, column("OUT/s", 7, ({ outRate }) => rateText(outRate))],
  [6, column("TOTAL", 7, ({ row }) => countText(row.total))],
  [9, column("IN", 7, ({ row }) => bytesText(row.bytesIn))],
  [9, column("OUT", 7, ({ row }) => bytesText(row.bytesOut))],
  [10, column("CHECK", 8, ({ row }) => row.check || "-")],
  [11, column("SINCE", 8, ({ row }) => (row.since === null ? "-" : durationText(row.since)))],
  [12, column("WEIGHT", 6, ({ row }) => (row.kind === "server" ? String(row.weight) : "-"))],
];

/** So much of a name is shown on the narrowest terminal. */
const leastLabel = 16;

/** As many as there is room for, those that matter most first. */
function chosenColumns(room: number): readonly TopColumn[] {
  let left = room;
  const chosen = new Set<TopColumn>();
  for (const [, one] of columns.toSorted(([first], [second]) => first - second)) {
    left -= one.room + 1;
    if (left < 0) break;
    chosen.add(one);
  }
  return columns.map(([, one]) => one).filter((one) => chosen.has(one));
}

function headLines({ process, at }: TopView, rows: readonly RatedRow[]): string[] {
  const of = (name: string): string => singleLine(process.get(name) ?? "?");
  const fronts = rows.filter(({ row }) => row.kind === "frontend");
  const sum = (rate: "inRate" | "outRate"): number | null =>
    fronts.every((one) => one[rate] !== null) ? fronts.reduce((all, one) => all + (one[rate] ?? 0), 0) : null;
  const servers = rows.filter(({ row }) => row.kind === "server");
  const down = servers.filter(({ row }) => /^(?:DOWN|NOLB)/.test(row.status));
  const names = down.map(({ row }) => singleLine(`${row.proxy}/${row.name}`));
  const shown = names.length > 6 ? [...names.slice(0, 6), `and ${names.length - 6} more`] : names;
  const waiting = rows.reduce((all, { row }) => all + (row.kind === "backend" ? row.queue : 0), 0);
  return [
    `${of("node")}, pid ${of("Pid")}, up ${of("Uptime")}, version ${of("Version")}; ${timeOf(at)}`,
    `connections ${of("CurrConns")} of ${of("Maxconn")}, new/s ${of("ConnRate")}, waiting ${waiting}; in ${rateText(sum("inRate"))}/s, out ${rateText(sum("outRate"))}/s; idle ${of("Idle_pct")} %`,
    `servers ${servers.length}, down ${down.length}${down.length > 0 ? `: ${shown.join(", ")}` : ""}`,
  ];
}

function timeOf(at: number): string {
  const parts = new Date(at);
  return [parts.getHours(), parts.getMinutes(), parts.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

function rateText(rate: number | null): string {
  return rate === null ? "-" : bytesText(Math.round(rate));
}

function fit(text: string, room: number): string {
  return clip(text, room).padEnd(room);
}

function fitRight(text: string, room: number): string {
  return clip(singleLine(text), room).padStart(room);
}
