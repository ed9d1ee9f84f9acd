/** What a stats socket answers to `show info;show stat`, made up. */
import { columns } from "../../../../src/ops/stats/columns.ts";
import { statsCsv } from "../../../../src/ops/stats/csv.ts";
import { readTop, type TopView } from "../../../../src/cli/top/answer.ts";

const info =
  "Name: HAProxy\nVersion: 2.6.12-x\nPid: 7\nUptime: 0d 0h02m03s\nCurrConns: 12\nMaxconn: 100\nConnRate: 3\nIdle_pct: 98\nnode: lb: one\n\n";

/** Rows by their columns' names; what is left out is empty. */
export function said(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const lines = rows.map((row) =>
    statsCsv.row(
      {
        kind: "F",
        proxyId: 1,
        objectId: 0,
        at: (position: number) => row[columns[position]?.name ?? ""] ?? null,
      } as never,
      false,
    ),
  );
  return `${info}${statsCsv.head}${lines.join("")}\n`;
}

export function seen(rows: Parameters<typeof said>[0], at = 0): TopView {
  const view = readTop(said(rows), at);
  if (typeof view === "string") throw new Error(view);
  return view;
}

/** Two frontends and two backends with servers. */
export function scene(more = 0): Parameters<typeof said>[0] {
  return [
    {
      pxname: "web",
      svname: "FRONTEND",
      type: 0,
      status: "OPEN",
      scur: 1,
      slim: 50,
      bin: 1000,
      bout: 2000 + more,
      rate: 1,
      stot: 10,
    },
    {
      pxname: "ssh",
      svname: "FRONTEND",
      type: 0,
      status: "OPEN",
      scur: 8,
      slim: 50,
      bin: 10,
      bout: 20,
      rate: 4,
      stot: 12345,
    },
    {
      pxname: "git",
      svname: "one",
      type: 2,
      status: "UP",
      scur: 2,
      bin: 1,
      bout: 1,
      weight: 1,
      check_status: "L4OK",
      lastchg: 3700,
    },
    {
      pxname: "git",
      svname: "two",
      type: 2,
      status: "DOWN",
      scur: 6,
      bin: 9,
      bout: 9,
      weight: 5,
      check_status: "L4CON",
      lastchg: 61,
    },
    {
      pxname: "git",
      svname: "BACKEND",
      type: 1,
      status: "UP",
      scur: 8,
      qcur: 3,
      slim: 5,
      bin: 10,
      bout: 10,
      lastchg: 90_000,
    },
    { pxname: "app", svname: "BACKEND", type: 1, status: "UP", scur: 1, bin: 5_000_000, bout: 0, lastchg: 5 },
  ];
}
