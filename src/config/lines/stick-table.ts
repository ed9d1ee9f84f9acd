/** `stick-table` lines: type, size, expiry and what each entry keeps. */
import type { StickTablePlan } from "../../plan/rules/rule.ts";
import { Complaint, shortPlace } from "../text/complaint.ts";
import type { Line } from "../row/row.ts";
import { warn } from "../row/row.ts";
import type { Word } from "../text/statement.ts";
import { readSize, readTime } from "../row/value.ts";
import { isArray, isRate, storeKind, storeRows } from "../../rules/stick/stores.ts";

const types = ["ip", "ipv6", "integer", "string", "binary"] as const;

interface Table {
  type: StickTablePlan["type"] | null;
  keyLength: number;
  size: number;
  expireMs: number;
  nopurge: boolean;
  stores: StickTablePlan["stores"][number][];
  peers: Word | null;
}

/**
 * Reads the words after `stick-table` (manual, 4.2), or after `table NAME` of a peers section, where messages begin with `table`.
 *
 * Throws a Complaint. `peers` is the word that names a peers section, for a later check.
 */
export function parseStickTable(line: Line, name: string, start = 0): { table: StickTablePlan; peers: Word | null } {
  const keyword = line.keyword.text;
  const table: Table = { type: null, keyLength: 0, size: 0, expireMs: 0, nopurge: false, stores: [], peers: null };
  for (let index = start; index < line.words.length;) index += takeWord(line, index, table, keyword);
  if (table.size === 0) throw new Complaint(`${keyword}: missing size.`, line.keyword);
  if (table.type === null) throw new Complaint(`${keyword}: missing type.`, line.keyword);
  complainAboutOverlap(table, line, keyword);
  const { type, keyLength, size, expireMs, nopurge } = table;
  return { table: { name, type, keyLength, size, expireMs, nopurge, stores: table.stores }, peers: table.peers };
}

function takeWord(line: Line, index: number, table: Table, keyword: string): number {
  const word = line.words[index] ?? line.keyword;
  const next = line.words[index + 1];
  const value = (): Word => {
    if (next === undefined || next.text === "") {
      throw new Complaint(`${keyword}: missing argument after '${word.text}'.`, word);
    }
    return next;
  };
  switch (word.text) {
    case "type":
      return 1 + takeType(line, index + 1, table, keyword);
    case "size": {
      const size = readSize(value().text);
      if (size === null) {
        const character = /[^\dkmg]/i.exec(value().text)?.[0] ?? "";
        throw new Complaint(`${keyword}: unexpected character '${character}' in argument of 'size'.`, next);
      }
      table.size = size;
      return 2;
    }
    case "expire":
      table.expireMs = readExpire(value(), keyword);
      return 2;
    case "peers":
      table.peers = value();
      return 2;
    case "nopurge":
      table.nopurge = true;
      return 1;
    case "srvkey":
      if (value().text !== "addr" && value().text !== "name") {
        throw new Complaint(`${keyword} : unknown server key type '${value().text}'.`, next);
      }
      return 2;
    case "store":
      for (const one of splitStores(next?.text ?? "")) takeStore(one, next ?? word, table, line, keyword);
      return 2;
    case "write-to":
      throw new Complaint("'write-to' is not supported", word, "tables are not exchanged with peers");
    default:
      throw new Complaint(`${keyword}: unknown argument '${word.text}'.`, word);
  }
}

const keyLengths = { ip: 4, ipv6: 16, integer: 4, string: 32, binary: 32 } as const;

function takeType(line: Line, index: number, table: Table, keyword: string): number {
  const word = line.words[index];
  const type = types.find((one) => one === word?.text);
  if (type === undefined) throw new Complaint(`${keyword}: unknown type '${word?.text ?? ""}'.`, word ?? line.keyword);
  table.type = type;
  table.keyLength = keyLengths[type];
  if ((type !== "string" && type !== "binary") || line.words[index + 1]?.text !== "len") return 1;
  const length = line.words[index + 2];
  if (!/^[1-9]\d*$/.test(length?.text ?? "")) {
    throw new Complaint(`${keyword}: unknown type '${length?.text ?? ""}'.`, length ?? word);
  }
  table.keyLength = Number(length?.text);
  return 3;
}

function readExpire(word: Word, keyword: string): number {
  const value = readTime(word.text);
  if (typeof value === "number") return value;
  throw new Complaint(
    value.kind === "overflow"
      ? `${keyword}: timer overflow in argument of 'expire'.`
      : `${keyword}: unexpected character '${value.character}' in argument of 'expire'.`,
    word,
  );
}

/** Splits at commas that are not between parentheses. */
function splitStores(text: string): string[] {
  return text.split(/,(?![^(]*\))/).filter((one) => one !== "");
}

function takeStore(text: string, word: Word, table: Table, line: Line, keyword: string): void {
  const name = text.replace(/\(.*$/s, "");
  const kind = storeKind(name);
  if (kind === undefined) throw new Complaint(`${keyword}: unknown store option '${name}'.`, word);
  if (text.includes("(") && !text.endsWith(")")) {
    throw new Complaint(`${keyword}: missing closing parenthesis after store option '${name}'.`, word);
  }
  const values = /\((.*)\)$/s.exec(text)?.[1]?.split(",") ?? [];
  const store = { name, periodMs: 0, count: 1 };
  const isPlain = !isArray(kind) && !isRate(kind);
  if (isPlain && values.length > 0) {
    throw new Complaint(`${keyword}: unexpected argument to store option '${name}'.`, word);
  }
  if (!isPlain) {
    if (values[0] === undefined || values[0] === "") {
      throw new Complaint(`${keyword}: missing argument to store option '${name}'.`, word);
    }
    if (isArray(kind)) {
      store.count = Number(values.shift());
      if (!Number.isInteger(store.count) || store.count < 1 || store.count > 100) {
        throw new Complaint(`${keyword}: array size is out of allowed range (1-100) for store option '${name}'.`, word);
      }
    }
    if (isRate(kind)) {
      const period = readTime(values[0] ?? "");
      if (typeof period !== "number" || period === 0) {
        throw new Complaint(`${keyword}: error when processing store option '${name}'.`, word);
      }
      store.periodMs = period;
    }
  }
  if (table.stores.some((one) => one.name === name)) {
    warn(line, `${keyword}: store option '${name}' already enabled, ignored.`, word, shortPlace);
    return;
  }
  table.stores.push(store);
}

/** Refuses an array beside stores that are elements of it. */
function complainAboutOverlap(table: Table, line: Line, keyword: string): void {
  const names = new Set(table.stores.map((store) => store.name));
  for (const { name: array } of storeRows) {
    const elements = storeRows.filter(({ element }) => element?.of === array);
    if (!names.has(array) || !elements.some((one) => names.has(one.name))) continue;
    const digits = elements.map(({ element }) => element?.index).join("/");
    const shown = elements.length === 1 ? elements[0]?.name : elements[0]?.name.replace(/[0-9]/, `[${digits}]`);
    const why = `'${array}' overrides '${shown}'`;
    throw new Complaint(
      `${keyword}: simultaneous usage of '${array}' and '${shown}' in a same table is not permitted as ${why}.`,
      line.words.find((_word, index) => line.words[index - 1]?.text === "store") ?? line.keyword,
    );
  }
}
