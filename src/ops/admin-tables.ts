/** Commands on stick tables: `show table`, `set table`, `clear table`. */
import type { AdminCommand, AdminSources } from "./admin-commands.ts";
import { singleLine } from "./syslog.ts";

/** What these commands need of a stick table; the tables of `rules` offer it. Keys and entries are the table's own: nobody here looks into them. */
export interface TableView {
  readonly name: string;
  readonly plan: { readonly type: string; readonly size: number };
  readonly used: number;
  parseKey(text: string): unknown;
  find(key: unknown): unknown;
  findOrCreate(key: unknown): unknown;
  entries(): Iterable<unknown>;
  figures(entry: unknown): TableEntry;
  write(entry: unknown, name: string, value: number): boolean;
  remove(entry: unknown): boolean;
}

/** One entry as it is shown. */
export interface TableEntry {
  readonly key: string;
  readonly use: number;
  readonly expiresInMs: number | null;
  readonly data: readonly { readonly name: string; readonly periodMs: number; readonly value: number | string }[];
}

/** `show table`, `set table`, `clear table`. */
export const tableCommands: readonly AdminCommand[] = [
  {
    words: ["show", "table"],
    usage: "show table <table> [<filter>]*",
    help: "report table usage stats or dump this table's contents (filter: data/key)",
    level: "user",
    run(args, sources) {
      if (args.length === 0) return Array.from(sources.tables.all(), (one) => headline(one)).join("");
      return withTable(args, sources, (table, rest) => {
        const chosen = choose(table, rest);
        return typeof chosen === "string" ? chosen : headline(table) + chosen.map(({ line }) => line).join("");
      });
    },
  },
  {
    words: ["clear", "table"],
    usage: "clear table <table> [<filter>]*",
    help: "remove an entry from a table (filter: data/key)",
    level: "admin",
    run: (args, sources) =>
      withTable(args, sources, (table, rest) => {
        const chosen = choose(table, rest);
        if (typeof chosen === "string") return chosen;
        const kept = chosen.filter(({ entry }) => !table.remove(entry));
        // Without a key, entries in use are passed over silently, as HAProxy does.
        return rest[0] === "key" && kept.length > 0 ? "Entry currently in use, cannot remove\n" : "";
      }),
  },
  {
    words: ["set", "table"],
    usage: "set table <table> key <k> [data.* <v>]*",
    help: "update or create a table entry's data",
    level: "admin",
    run: (args, sources) => withTable(args, sources, setEntry),
  },
];

function withTable(
  args: readonly string[],
  sources: AdminSources,
  act: (table: TableView, rest: readonly string[]) => string,
): string {
  const [name, ...rest] = args;
  if (name === undefined) return "table name expected\n";
  const table = sources.tables.get(name);
  return table === undefined ? "No such table\n" : act(table, rest);
}

function headline(table: TableView): string {
  const { type, size } = table.plan;
  return `# table: ${table.name}, type: ${type}, size:${size}, used:${table.used}\n`;
}

interface Chosen {
  readonly entry: unknown;
  readonly figures: TableEntry;
  readonly line: string;
}

const comparisons: Record<string, (left: number, right: number) => boolean> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  le: (left, right) => left <= right,
  ge: (left, right) => left >= right,
  lt: (left, right) => left < right,
  gt: (left, right) => left > right,
};

/** Entries by `key K` or `data.NAME OP VALUE …`; all without a filter. A text says what is wrong with the filter. */
function choose(table: TableView, filter: readonly string[]): Chosen[] | string {
  let entries: Iterable<unknown> = table.entries();
  if (filter[0] === "key") {
    if (filter[1] === undefined) return "Key value expected\n";
    const key = table.parseKey(filter[1]);
    const found = key === undefined ? undefined : table.find(key);
    entries = found === undefined ? [] : [found];
  }
  const chosen: Chosen[] = [];
  for (const entry of entries) {
    const figures = table.figures(entry);
    chosen.push({ entry, figures, line: entryLine(figures) });
  }
  if (filter[0] === undefined || filter[0] === "key") return chosen;
  let left: readonly Chosen[] = chosen;
  for (let index = 0; index < filter.length; index += 3) {
    const [name = "", operator = "", value = ""] = filter.slice(index, index + 3);
    if (!name.startsWith("data.")) return 'Optional argument only supports "data.<store_data_type>" and "key"\n';
    const compare = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
    if (compare === undefined) return 'Require and operator among "eq", "ne", "le", "ge", "lt", "gt"\n';
    if (!/^-?\d+$/.test(value)) return "Require a valid integer value to compare against\n";
    left = left.filter(({ figures }) => {
      const data = figures.data.find((one) => one.name === name.slice(5));
      return typeof data?.value === "number" && compare(data.value, Number(value));
    });
  }
  return [...left];
}

function entryLine(figures: TableEntry): string {
  const expires = figures.expiresInMs === null ? "" : ` exp=${figures.expiresInMs}`;
  const data = figures.data.map(
    ({ name, periodMs, value }) => ` ${name}${periodMs > 0 ? `(${periodMs})` : ""}=${value}`,
  );
  // HAProxy shows the entry's place in memory first; tools take it for an identifier.
  return `${singleLine(`0x${hash(figures.key)}: key=${figures.key} use=${figures.use}${expires}${data.join("")}`)}\n`;
}

/** A number for a key, equal as long as the entry lives (FNV-1a). */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (value >>> 0).toString(16);
}

function setEntry(table: TableView, [word, text, ...data]: readonly string[]): string {
  if (word !== "key" || text === undefined)
    return 'Required arguments: <table> "key" <key> [data.<store_data_type> <value>]*\n';
  const key = table.parseKey(text);
  if (key === undefined) return "Invalid key\n";
  const entry = table.findOrCreate(key);
  if (entry === undefined) return "Unable to allocate a new entry\n";
  for (let index = 0; index < data.length; index += 2) {
    const [name = "", value = ""] = [data[index], data[index + 1]];
    if (!name.startsWith("data.")) return '"data.<type>" followed by a value expected\n';
    if (!/^\d+$/.test(value)) return "Require a valid integer value to store\n";
    if (!table.write(entry, name.slice(5), Number(value))) return "Data type not stored in this table\n";
  }
  return "";
}
