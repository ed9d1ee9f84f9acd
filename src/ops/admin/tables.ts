/** Commands on stick tables: `show table`, `set table`, `clear table`. */
import { type Answer, err, isMessage, type Message } from "./answer.ts";
import type { AdminCommand } from "./command.ts";
import type { AdminSources } from "./sources.ts";
import type { TableEntry, TableView } from "../stats/table-view.ts";
import type { Rows } from "../answers/slices.ts";
import { singleLine } from "../log/syslog.ts";
import { wordTable } from "../../word-table.ts";

/** `show table`, `set table`, `clear table`. */
export const tableCommands: readonly AdminCommand[] = [
  {
    words: ["show", "table"],
    usage: "show table <table> [<filter>]*",
    help: "report table usage stats or dump this table's contents (filter: data/key)",
    level: "user",
    run(args, sources) {
      if (args.length === 0) return headlines(sources.tables.all());
      return withTable(args, sources, (table, rest) => {
        const chosen = choose(table, rest);
        return isMessage(chosen) ? chosen : entryRows(table, chosen, rest[0] === "key");
      });
    },
  },
  {
    words: ["clear", "table"],
    usage: "clear table <table> [<filter>]*",
    help: "remove an entry from a table (filter: data/key)",
    level: "admin",
    run(args, sources) {
      if (args.length === 0) return err(clearUsage);
      return withTable(args, sources, (table, rest) => {
        if (rest[0] !== undefined && rest[0] !== "key" && !rest[0].startsWith("data.")) return err(clearUsage);
        const chosen = choose(table, rest);
        if (isMessage(chosen)) return chosen;
        // Without a key, entries in use are passed over silently, as HAProxy does.
        if (rest[0] !== "key") return removed(table, chosen);
        for (const one of chosen)
          if (one !== null && !table.remove(one.entry)) return err("Entry currently in use, cannot remove\n");
        return "";
      });
    },
  },
  {
    words: ["set", "table"],
    usage: "set table <table> key <k> [data.* <v>]*",
    help: "update or create a table entry's data",
    level: "admin",
    run: (args, sources) => (args.length === 0 ? err(setUsage) : withTable(args, sources, setEntry)),
  },
];

const filterUsage = 'Optional argument only supports "data.<store_data_type>" <operator> <value> and key <key>\n';
const setUsage = "Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n";
const clearUsage = 'Required arguments: <table> "data.<store_data_type>" <operator> <value> or <table> key <key>\n';

function withTable(
  args: readonly string[],
  sources: AdminSources,
  act: (table: TableView, rest: readonly string[]) => Answer,
): Answer {
  const [name, ...rest] = args;
  const table = name === undefined ? undefined : sources.tables.get(name);
  return table === undefined ? err("No such table\n") : act(table, rest);
}

function* headlines(tables: Iterable<TableView>): Rows {
  for (const table of tables) {
    for (const _ of table.sweep()) yield "";
    yield headline(table);
  }
}

/** `isOne`: without the entry that is asked for, nothing is said at all. */
function* entryRows(table: TableView, chosen: Iterable<Chosen | null>, isOne: boolean): Rows {
  for (const _ of table.sweep()) yield "";
  if (!isOne) yield headline(table);
  for (const one of chosen) yield one === null ? "" : `${isOne ? headline(table) : ""}${entryLine(one.figures)}`;
}

function* removed(table: TableView, chosen: Iterable<Chosen | null>): Rows {
  for (const one of chosen) {
    if (one !== null) table.remove(one.entry);
    yield "";
  }
}

function headline(table: TableView): string {
  const { type, size } = table.plan;
  return `# table: ${table.name}, type: ${type}, size:${size}, used:${table.used}\n`;
}

interface Chosen {
  readonly entry: unknown;
  readonly figures: TableEntry;
}

const comparisons = wordTable<(left: number, right: number) => boolean>({
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  le: (left, right) => left <= right,
  ge: (left, right) => left >= right,
  lt: (left, right) => left < right,
  gt: (left, right) => left > right,
});

/**
 * Entries by `key K` or `data.NAME OP VALUE …`; all without a filter. Each is looked at when it is come to; null for one that
 * is not meant. A message says what is wrong with the filter.
 */
function choose(table: TableView, filter: readonly string[]): Iterable<Chosen | null> | Message {
  if (filter[0] === "key") {
    if (filter[1] === undefined) return err("Key value expected\n");
    const key = table.parseKey(filter[1]);
    const found = key === undefined ? undefined : table.find(key);
    return found === undefined ? [] : chosenOf(table, [found], []);
  }
  const tests = readFilter(table, filter);
  return isMessage(tests) ? tests : chosenOf(table, table.entries(), tests);
}

function* chosenOf(table: TableView, entries: Iterable<unknown>, tests: readonly Test[]): Iterable<Chosen | null> {
  for (const entry of entries) {
    const figures = table.figures(entry);
    yield figures !== null && tests.every((test) => test(figures)) ? { entry, figures } : null;
  }
}

type Test = (figures: TableEntry) => boolean;

function readFilter(table: TableView, filter: readonly string[]): Test[] | Message {
  const tests: Test[] = [];
  if (filter[0]?.startsWith("data.") === false) return err(filterUsage);
  for (let index = 0; index < filter.length; index += 3) {
    const [word = "", operator = "", value = ""] = filter.slice(index, index + 3);
    const wrong = (text: string): Message => err(`Filter entry #${tests.length + 1}: ${text}\n`);
    const name = word.startsWith("data.") ? word.slice(5) : "";
    const isStored = table.stores(name);
    if (isStored === null) return wrong("Unknown data type");
    if (!isStored) return wrong("Data type not stored in this table");
    const compare = comparisons.get(operator);
    if (compare === undefined) return wrong('Require and operator among "eq", "ne", "le", "ge", "lt", "gt"');
    if (!/^-?\d+$/.test(value)) return wrong("Require a valid integer value to compare against");
    tests.push(({ data }) => {
      const found = data.find((one) => one.name === name)?.value;
      return typeof found === "number" && compare(found, Number(value));
    });
  }
  return tests;
}

function entryLine(figures: TableEntry): string {
  const data = figures.data.map(
    ({ name, periodMs, value }) => ` ${name}${periodMs > 0 ? `(${periodMs})` : ""}=${value}`,
  );
  // HAProxy shows the entry's place in memory first; tools take it for an identifier.
  return `${singleLine(`0x${hash(figures.key)}: key=${figures.key} use=${figures.use} exp=${figures.expiresInMs ?? 0}${data.join("")}`)}\n`;
}

/** A number for a key, equal as long as the entry lives (FNV-1a). */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (value >>> 0).toString(16);
}

function setEntry(table: TableView, [word, text, ...data]: readonly string[]): Answer {
  if (word?.startsWith("data.") === true)
    return err('content-based lookup is only supported with the "show" and "clear" actions\n');
  if (word !== "key") return err(setUsage);
  if (text === undefined) return err("Key value expected\n");
  const key = table.parseKey(text);
  if (key === undefined) return err("Invalid key\n");
  const entry = table.findOrCreate(key);
  if (entry === undefined) return err("Unable to allocate a new entry\n");
  for (let index = 0; index < data.length; index += 2) {
    const [name = "", value = ""] = [data[index], data[index + 1]];
    if (!name.startsWith("data.")) return err('"data.<type>" followed by a value expected\n');
    const isStored = table.stores(name.slice(5));
    if (isStored === null) return err("Unknown data type\n");
    if (!isStored) return err("Data type not stored in this table\n");
    if (!/^\d+$/.test(value)) return err("Require a valid integer value to store\n");
    table.write(entry, name.slice(5), Number(value));
  }
  return "";
}
