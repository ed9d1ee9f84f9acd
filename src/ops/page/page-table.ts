/** The tables of the statistics page: HAProxy's columns, a row for each frontend, listener, server and backend. */
import type { Column } from "../stats/columns.ts";
import type { StatsRow } from "../stats/rows.ts";
import { bytes, count, escaped, seconds } from "./page-text.ts";

/** One column: what heads it, and what it shows. */
interface Cell {
  readonly head: string;
  readonly show: (row: StatsRow) => string;
  /** For the page's script. */
  readonly name?: string;
}

function number(head: string, column: Column): Cell {
  return { head, show: (row) => count(row.value(column)) };
}

/** A limit; none is a dash, as in HAProxy. */
function limit(column: Column): Cell {
  return {
    head: "Limit",
    show: (row) => {
      const value = row.value(column);
      return value === null || value === 0 ? "-" : count(value);
    },
  };
}

function size(head: string, column: Column): Cell {
  return {
    head,
    show: (row) => {
      const value = row.value(column);
      return typeof value === "number" ? `<span title="${value}">${bytes(value)}</span>` : "";
    },
  };
}

/** Bytes to clients; what was compressed of them is told beside it. */
const sent: Cell = {
  head: "Out",
  show: (row) => {
    const value = row.value("bout");
    if (typeof value !== "number") return "";
    const words = [
      ["compressed answers", row.value("comp_rsp")],
      ["bytes before", row.value("comp_in")],
      ["after", row.value("comp_out")],
      ["bypassed", row.value("comp_byp")],
    ] as const;
    const isTold = words.some(([, one]) => typeof one === "number" && one > 0);
    const text = isTold ? `; ${words.map(([name, one]) => `${name} ${one ?? 0}`).join(", ")}` : "";
    return `<span title="${value}${text}">${bytes(value)}</span>`;
  },
};

function time(head: string, column: Column): Cell {
  return {
    head,
    show: (row) => {
      const value = row.value(column);
      if (typeof value !== "number") return "";
      return value < 0 ? "?" : seconds(value);
    },
  };
}

/** Total of sessions; what of HTTP came of them is told beside it. */
const total: Cell = {
  head: "Total",
  show: (row) => {
    const answers = [1, 2, 3, 4, 5].map((digit) => [`${digit}xx`, row.value(`hrsp_${digit}xx` as Column)] as const);
    if (answers.every(([, value]) => value === null)) return count(row.value("stot"));
    const words = [
      ["requests", row.value("req_tot")] as const,
      ...answers,
      ["other", row.value("hrsp_other")] as const,
    ];
    const text = words.map(([name, value]) => `${name} ${value ?? 0}`).join(", ");
    return `<span title="${escaped(text)}">${count(row.value("stot"))}</span>`;
  },
};

const status: Cell = {
  head: "Status",
  show: (row) => {
    const since = row.value("lastchg");
    const text = escaped(String(row.value("status")));
    // What nobody looks at has not been so since any time.
    return typeof since === "number" && text !== "no check" ? `${seconds(since)} ${text}` : text;
  },
};

const lastCheck: Cell = {
  head: "LastChk",
  show: (row) => checkText(row, "check") || checkText(row, "agent"),
};

function checkText(row: StatsRow, what: "check" | "agent"): string {
  const state = row.value(`${what}_status`);
  if (state === null) return "";
  const code = row.value(`${what}_code`);
  const duration = row.value(`${what}_duration`);
  const words = [
    state,
    code === null || code === 0 ? null : `/${code}`,
    duration === null ? null : ` in ${duration}ms`,
  ];
  const said = row.value(what === "check" ? "last_chk" : "last_agt");
  const text = [row.value(`${what}_desc`), said].filter((part) => part !== null && part !== "").join(": ");
  return `<span title="${escaped(text)}">${escaped(words.filter((word) => word !== null).join(""))}</span>`;
}

const weight: Cell = {
  head: "Wght",
  show: (row) => {
    const [now, wanted] = [row.value("weight"), row.value("uweight")];
    return now === null ? "" : wanted === null ? count(now) : `${count(now)}/${count(wanted)}`;
  },
};

/** Of a server whether it is one, of a backend how many there are. */
function kindOf(head: string, column: "act" | "bck"): Cell {
  return {
    head,
    show: (row) => (row.kind === "S" ? (row.value(column) === 1 ? "Y" : "-") : count(row.value(column))),
  };
}

const throttle: Cell = {
  head: "Thrtle",
  show: (row) => (row.kind !== "S" ? "" : row.value("throttle") === null ? "-" : `${row.value("throttle")}%`),
};

/** Heads over several columns. */
type Group = readonly [head: string, cells: readonly Cell[]];

const groups: readonly Group[] = [
  ["Queue", [number("Cur", "qcur"), number("Max", "qmax"), limit("qlimit")]],
  ["Session rate", [{ ...number("Cur", "rate"), name: "rate" }, number("Max", "rate_max"), limit("rate_lim")]],
  [
    "Sessions",
    [
      number("Cur", "scur"),
      number("Max", "smax"),
      limit("slim"),
      total,
      number("LbTot", "lbtot"),
      time("Last", "lastsess"),
    ],
  ],
  ["Bytes", [size("In", "bin"), sent]],
  ["Denied", [number("Req", "dreq"), number("Resp", "dresp")]],
  ["Errors", [number("Req", "ereq"), number("Conn", "econ"), number("Resp", "eresp")]],
  ["Warnings", [number("Retr", "wretr"), number("Redis", "wredis")]],
  [
    "Server",
    [
      status,
      lastCheck,
      weight,
      kindOf("Act", "act"),
      kindOf("Bck", "bck"),
      number("Chk", "chkfail"),
      number("Dwn", "chkdown"),
      time("Dwntme", "downtime"),
      throttle,
    ],
  ],
];

/** `stats show-modules`: what is counted of HTTP, in columns of its own. */
const moduleGroup: Group = [
  "HTTP",
  [
    number("Req", "req_tot"),
    number("1xx", "hrsp_1xx"),
    number("2xx", "hrsp_2xx"),
    number("3xx", "hrsp_3xx"),
    number("4xx", "hrsp_4xx"),
    number("5xx", "hrsp_5xx"),
    number("Other", "hrsp_other"),
    number("Conn", "connect"),
    number("Reuse", "reuse"),
    number("Idle", "srv_icur"),
  ],
];

/** How the tables of a page look. */
export interface TableLook {
  readonly isAdmin: boolean;
  readonly showsLegends: boolean;
  readonly showsModules: boolean;
}

function groupsOf({ showsModules }: TableLook): readonly Group[] {
  return showsModules ? [...groups, moduleGroup] : groups;
}

/** What stands above a proxy's rows. `hasBoxes`: its servers can be chosen. */
export function tableHead(look: TableLook, hasBoxes: boolean): string {
  const all = groupsOf(look);
  const box = hasBoxes ? `<th rowspan="2"><input type="checkbox" class="all" aria-label="All servers"></th>` : "";
  const upper = all.map(([head, cells]) => `<th colspan="${cells.length}" scope="colgroup">${head}</th>`).join("");
  const lower = all.flatMap(([, cells]) => cells.map(({ head }) => `<th scope="col">${head}</th>`)).join("");
  return `<div class="scroll"><table><thead><tr>${box}<th rowspan="2"></th>${upper}</tr><tr>${lower}</tr></thead><tbody>\n`;
}

export const tableEnd = "</tbody></table></div>\n";

const titles: Record<StatsRow["kind"], string> = { F: "Frontend", B: "Backend", S: "", L: "" };

/** One row. */
export function tableRow(row: StatsRow, look: TableLook, hasBoxes: boolean): string {
  const name = String(row.value("svname"));
  const title = escaped(titles[row.kind] || name);
  const id = escaped(`${String(row.value("pxname"))}/${titles[row.kind] || name}`);
  const box = row.kind === "S" ? `<input type="checkbox" name="s" value="${escaped(name)}" aria-label="${title}">` : "";
  const legend = look.showsLegends ? legendOf(row) : "";
  const cells = groupsOf(look).flatMap(([, group]) =>
    group.map(({ show, name: kind }) => `<td${kind === undefined ? "" : ` class="${kind}"`}>${show(row)}</td>`),
  );
  const first = `<th scope="row" id="${id}"${legend === "" ? "" : ` title="${escaped(legend)}"`}><a href="#${id}">${title}</a></th>`;
  return `<tr class="${moodOf(row)}">${hasBoxes ? `<td>${box}</td>` : ""}${first}${cells.join("")}</tr>\n`;
}

/** `stats show-legends`: addresses, cookies, how a backend balances. */
function legendOf(row: StatsRow): string {
  const words = [
    ["", row.value("addr")],
    ["balancing: ", row.value("algo")],
    ["cookie: ", row.value("cookie")],
    ["tracking: ", row.value("tracked")],
    ["id: ", row.objectId === 0 ? null : row.objectId],
  ] as const;
  return words
    .filter(([, value]) => value !== null)
    .map(([word, value]) => `${word}${String(value)}`)
    .join(", ");
}

/** Its colour. */
export function moodOf(row: StatsRow): string {
  const state = String(row.value("status"));
  if (row.kind === "F") return state === "OPEN" ? "frontend" : "frontend stopped";
  if (row.kind === "L") return "listener";
  if (row.kind === "B") return state.startsWith("UP") ? "backend" : "backend down";
  const kind = row.value("bck") === 1 ? "backup " : "";
  if (state === "no check") return `${kind}unchecked`;
  const [word = ""] = state.split(" ", 1);
  const isOnItsWay = /\d\/\d/.test(state);
  if (word === "UP") return kind + (isOnItsWay ? "going-down" : "up");
  if (word === "DOWN") return kind + (isOnItsWay ? "going-up" : "down");
  return kind + (word === "MAINT" ? "maint" : "drain");
}
