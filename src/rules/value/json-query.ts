/** `json_query`: one value out of a JSON text by a path such as `$.a.b[2]`. */
import { bytesOf, latin1 } from "../../wire/latin1.ts";
import { type Sample, bool, leadingInteger, sint, str } from "./sample.ts";

/** Strings, booleans and numbers (fractions as text, cut to integers if `asInteger`); undefined for the rest, for a path that leads nowhere and for broken JSON. */
export function queryJson(text: string, path: string, asInteger: boolean): Sample | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytesOf(text)), asInteger ? asWritten : undefined);
  } catch {
    return undefined;
  }
  for (const step of steps(path)) value = member(value, step);
  if (typeof value === "boolean") return bool(value);
  if (typeof value === "string") return str(latin1(new TextEncoder().encode(value)));
  if (typeof value === "bigint") return sint(value);
  if (typeof value !== "number") return undefined;
  return Number.isSafeInteger(value) ? sint(value) : str(shortest(value));
}

/** What a member or an element holds; undefined where there is none. */
function member(value: unknown, step: string): unknown {
  if (typeof value !== "object" || value === null || (Array.isArray(value) && !/^[0-9]+$/.test(step))) return undefined;
  return Object.getOwnPropertyDescriptor(value, step)?.value;
}

/**
 * Reviver of JSON.parse for integers: as in HAProxy the digits that a number begins with, where they do not exceed
 * 2^53 - 1; else the number is left out.
 */
function asWritten(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number") return value;
  const whole = leadingInteger(context?.source ?? String(Math.trunc(value)));
  return whole > largest || whole < -largest ? undefined : whole;
}

const largest = BigInt(Number.MAX_SAFE_INTEGER);

/** A number as printf's `%g` writes it. */
function shortest(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  const [mantissa = "", power = ""] = value.toExponential(5).split("e");
  return `${Number(mantissa)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

/** Member names and indices of a path; `\.` is a dot in a name. */
function steps(path: string): string[] {
  const list: string[] = [];
  for (const [, name, index] of path.replace(/^\$/, "").matchAll(/\.((?:\\+.|[^.[\\])+)|\[([0-9]+)\]/g)) {
    list.push(name === undefined ? index! : name.replaceAll(/\\+(.)/g, "$1"));
  }
  return list;
}
