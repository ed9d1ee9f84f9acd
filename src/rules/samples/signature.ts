/** What fetches and converters take and give, in the notation of HAProxy's `-dKsmp` and `-dKcnv`. */
import type { SampleType } from "../value/sample.ts";

const argumentTypes = [
  "integer",
  "string",
  "table",
  "backend",
  "frontend",
  "server",
  "user list",
  "IPv4 address",
  "IPv6 address",
  "IPv4 mask",
  "IPv6 mask",
  "regex",
  "map file",
  "number or variable",
  "Protocol buffers field number",
] as const;

/** What an argument is; the names are HAProxy's where messages show them (`shownType`). */
export type ArgumentType = (typeof argumentTypes)[number];

const sampleTypes: readonly SampleType[] = ["bool", "sint", "addr", "ipv4", "ipv6", "str", "bin", "any"];

/** What a word takes and gives. */
export interface Signature {
  readonly name: string;
  readonly arguments: readonly ArgumentType[];
  /** How many of the arguments must be given. */
  readonly required: number;
  /** What a converter is given; "any" for fetches. */
  readonly input: SampleType;
  readonly result: SampleType;
}

/** The name that such a text begins with. */
export function nameIn(form: string): string {
  const bracket = form.indexOf("(");
  return form.slice(0, bracket < 0 ? form.indexOf(":") : bracket);
}

const formPattern = /^([^(:]+)(?:\(([^)]*)\))?: (?:(\w+) -> )?(\w+)$/;

/** Reads `name(arguments[,optional]): input -> result`; fetches have no input. Throws on anything else: it stands in the source. */
export function readSignature(form: string): Signature {
  const [, name = "", list = "", input = "any", result = ""] = formPattern.exec(form) ?? [];
  const types = split(list.replaceAll(/[[\]]/g, ""));
  const isKnown = types.every(isArgumentType) && isSampleType(input) && isSampleType(result);
  if (!isKnown) throw new Error(`not a signature: ${form}`);
  return { name, arguments: types, required: split(list.split("[", 1)[0] ?? "").length, input, result };
}

function split(texts: string): string[] {
  return texts.split(",").filter((text) => text !== "");
}

function isArgumentType(text: string): text is ArgumentType {
  return (argumentTypes as readonly string[]).includes(text);
}

function isSampleType(text: string): text is SampleType {
  return (sampleTypes as readonly string[]).includes(text);
}

/** HAProxy's name of an argument's type. */
export function shownType(type: ArgumentType): string {
  return type === "map file" || type === "number or variable" ? "string" : type;
}
