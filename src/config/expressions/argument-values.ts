/** Arguments of fetches and converters by type: text to the value that the plan carries. */
import type { SampleArgument } from "../../plan/rules/sample.ts";
import { Complaint } from "../text/complaint.ts";
import { isIPv4, isIPv6 } from "../../ip-literal.ts";
import { type ArgumentType, shownType } from "../../rules/samples/signature.ts";
import { variableComplaint } from "../../rules/samples/variable-name.ts";

/** Types whose empty text stands for something: a string, or a name to be found later. */
const mayBeEmpty = new Set<ArgumentType>(["string", "map file", "table", "backend", "frontend", "server", "regex"]);

/** Reads one argument; `index` from 0. References stay names here. Throws a Complaint in HAProxy's words. */
export function argumentValue(text: string, type: ArgumentType, index: number): SampleArgument {
  if (text === "" && !mayBeEmpty.has(type)) {
    throw new Complaint(`expected type '${shownType(type)}' at position ${index + 1}, but got nothing`);
  }
  const value = readers[type](text);
  if (value === undefined) {
    throw new Complaint(`failed to parse '${text}' as type '${shownType(type)}' at position ${index + 1}`);
  }
  return value;
}

const text = (value: string): SampleArgument => value;

const readers: Readonly<Record<ArgumentType, (value: string) => SampleArgument | undefined>> = {
  string: text,
  table: text,
  backend: text,
  frontend: text,
  server: text,
  "user list": text,
  regex: text,
  "map file": text,
  integer,
  "Protocol buffers field number": (value) => (/^[0-9.]+$/.test(value) ? value : undefined),
  "IPv4 address": (value) => (isIPv4(value) ? value : undefined),
  "IPv6 address": (value) => (isIPv6(value) ? value : undefined),
  "IPv4 mask": (value) => mask(value, 32, isIPv4),
  "IPv6 mask": (value) => mask(value, 128, isIPv6),
  "number or variable": (value) => {
    const number = integer(value);
    if (number !== undefined) return number;
    if (variableComplaint(value) === null) return value;
    throw new Complaint("expects an integer or a variable name");
  },
};

/** A signed decimal integer; beyond 2^53 it loses precision, and at 64 bits it ends. */
function integer(value: string): number | undefined {
  return /^[+-]?[0-9]+$/.test(value) ? Math.max(-furthest, Math.min(furthest, Number(value))) : undefined;
}

/** The largest number of 64 bits that a double holds. */
const furthest = 2 ** 63 - 1024;

function mask(value: string, bits: number, isAddress: (text: string) => boolean): string | undefined {
  if (/^[0-9]+$/.test(value)) return Number(value) <= bits ? value : undefined;
  return isAddress(value) ? value : undefined;
}
