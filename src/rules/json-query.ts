/** `json_query`: one value out of a JSON text by a path such as `$.a.b[2]`. */
import type { Sample } from "./context.ts";
import { bool, bytesOf, latin1, sint, str } from "./sample.ts";

/** Strings, booleans and numbers (fractions as text, cut to integers if `asInteger`); undefined for the rest, for a path that leads nowhere and for broken JSON. */
export function queryJson(text: string, path: string, asInteger: boolean): Sample | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytesOf(text)));
  } catch {
    return undefined;
  }
  for (const step of steps(path)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  if (typeof value === "boolean") return bool(value);
  if (typeof value === "string") return str(latin1(new TextEncoder().encode(value)));
  if (typeof value !== "number") return undefined;
  if (asInteger || Number.isSafeInteger(value)) return sint(Math.trunc(value));
  return str(shortest(value));
}

/** A number as printf's `%g` writes it. */
function shortest(value: number): string {
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
