/** The signatures of sample fetches and converters: arguments, result, where each may stand. */
import { refusedConverters, refusedFetches } from "./samples-refused.ts";
import { converterRows, fetchRows, stickConverterRows, stickFetchRows } from "./samples-table.ts";

/** The places where a sample may be evaluated, in HAProxy's words (its `-dKsmp` lists them in this order). */
export const sites = [
  "frontend tcp-request connection rule",
  "frontend tcp-request session rule",
  "frontend tcp-request content rule",
  "frontend use-backend rule",
  "backend tcp-request content rule",
  "backend use-server, balance or stick-match rule",
  "server source selection",
  "backend tcp-response content rule",
  "backend stick-store rule",
  "frontend tcp-response content rule",
  "logs",
  "backend tcp-check rule",
  "configuration parser",
] as const;

export type Site = (typeof sites)[number];

/** Where a fetch takes its value from: decides where it may stand. One letter per site: `Y` or `.`. */
const availability = {
  constant: "YYYYYYYYYYYYY",
  internal: "YYYYYYYYYYYY.",
  client: "YYYYYYYYYYYY.",
  session: "YYYYYYYYYYY..",
  "client-side connection": ".YYYYYYYYYY..",
  request: "..YYYYYYYYY..",
  "request buffer": "..YYYYY......",
  "request or response buffer": "..YYYYYYYY.Y.",
  backend: "....YYYYYYYY.",
  server: "......YYYYYY.",
  "server address": ".......YYYYY.",
  "response buffer": ".......YYY.Y.",
} as const;

export type Source = keyof typeof availability;

/** How HAProxy calls a source that is not available; several are joined by a comma. */
const sourceNames: Partial<Record<Source, string>> = {
  "request or response buffer": "request buffer,response buffer",
  request: "HTTP request",
};

/** What kinds of value there are: `addr` is either family, `any` is not known before it runs. */
export type ValueType = "bool" | "sint" | "addr" | "ipv4" | "ipv6" | "str" | "bin" | "any";

/** What an argument is; the names are HAProxy's where messages show them (`shownType`). */
export type ArgumentType =
  | "integer"
  | "string"
  | "table"
  | "backend"
  | "frontend"
  | "server"
  | "IPv4 address"
  | "IPv6 address"
  | "IPv4 mask"
  | "IPv6 mask"
  | "regex"
  | "map file"
  | "number or variable"
  | "Protocol buffers field number";

export interface Signature {
  readonly name: string;
  readonly arguments: readonly ArgumentType[];
  /** How many of the arguments must be given. */
  readonly required: number;
  readonly result: ValueType;
}

export interface FetchSignature extends Signature {
  readonly source: Source;
}

export interface ConverterSignature extends Signature {
  readonly input: ValueType;
}

const rowPattern = /^([^(:]+)(?:\(([^)]*)\))?: (?:(\w+) -> )?(\w+)$/;

/** Every fetch that works here, by name. */
export const fetchSignatures: ReadonlyMap<string, FetchSignature> = new Map(
  [...readFetches(fetchRows), ...stickFetches()].map((one) => [one.name, one]),
);

/** Every converter that works here, by name. */
export const converterSignatures: ReadonlyMap<string, ConverterSignature> = new Map(
  [...converterRows, ...stickConverterRows].map(readConverter).map((one) => [one.name, one]),
);

/** Why a fetch that HAProxy knows is refused (`HTTP`, `TLS`, …); undefined for any other word. */
export function refusalOfFetch(name: string): string | undefined {
  return refusedFetches.get(name);
}

/** The same for converters. */
export function refusalOfConverter(name: string): string | undefined {
  return refusedConverters.get(name);
}

/** Whether a fetch may stand somewhere. */
export function isAvailable(signature: FetchSignature, site: Site): boolean {
  return availability[signature.source][sites.indexOf(site)] === "Y";
}

/** HAProxy's words for where a fetch takes its value from. */
export function sourceName(signature: FetchSignature): string {
  return sourceNames[signature.source] ?? signature.source;
}

/** HAProxy's name of an argument's type. */
export function shownType(type: ArgumentType): string {
  return type === "map file" || type === "number or variable" ? "string" : type;
}

/** Whether a value of one type can be turned into another on its way into a converter or a comparison. */
export function canCast(from: ValueType, to: ValueType): boolean {
  if (from === to || from === "any" || to === "any" || from === "str") return true;
  return casts[from].includes(to);
}

const casts: Record<Exclude<ValueType, "any" | "str">, readonly ValueType[]> = {
  bool: ["sint", "str", "bin"],
  sint: ["bool", "addr", "ipv4", "ipv6", "str", "bin"],
  addr: ["ipv4", "ipv6", "sint", "str", "bin"],
  ipv4: ["addr", "ipv6", "sint", "str", "bin"],
  ipv6: ["addr", "ipv4", "str", "bin"],
  bin: ["str"],
};

function readRow(row: string): Signature & { readonly input: ValueType } {
  const match = rowPattern.exec(row);
  if (match === null) throw new Error(`not a signature: ${row}`);
  const [, name = "", list = "", input = "any", result = "any"] = match;
  const texts = list === "" ? [] : list.replaceAll("[", "").replaceAll("]", "").split(",");
  const isOptional = list.includes("[");
  const required = isOptional
    ? list
        .slice(0, list.indexOf("["))
        .split(",")
        .filter((text) => text !== "").length
    : texts.length;
  return {
    name,
    arguments: texts as ArgumentType[],
    required,
    result: result as ValueType,
    input: input as ValueType,
  };
}

function readConverter(row: string): ConverterSignature {
  return readRow(row);
}

function readFetches(rows: Readonly<Partial<Record<Source, readonly string[]>>>): FetchSignature[] {
  return Object.entries(rows).flatMap(([source, list]) =>
    list.map((row) => {
      const { name, arguments: types, required, result } = readRow(row);
      return { name, arguments: types, required, result, source: source as Source };
    }),
  );
}

/** `sc_X(slot,…)`, `sc0_X` to `sc2_X`, and `src_X`: one row each in the table makes the five of them. */
function stickFetches(): FetchSignature[] {
  const rows: FetchSignature[] = [];
  for (const { name, index, forms, result } of stickFetchRows) {
    const first = index ? (["integer"] as const) : [];
    const add = (fetch: string, types: readonly ArgumentType[], required: number, source: Source): number =>
      rows.push({ name: fetch, arguments: types, required, result, source });
    if (forms.includes("sc")) {
      // The index stands before the slot: sc_get_gpc(index,slot).
      add(`sc_${name}`, [...first, "integer", "table"], first.length + 1, "internal");
      for (const slot of [0, 1, 2]) add(`sc${slot}_${name}`, [...first, "table"], first.length, "internal");
    }
    if (forms.includes("src")) add(`src_${name}`, [...first, "table"], first.length + 1, "client");
  }
  return rows;
}
