/** `json_query`: one value out of a JSON text by a path such as `$.a.b[2]`. */
import type { Sample } from "./context.ts";
import { bool, bytesOf, latin1, sint, str } from "./sample.ts";

/** Strings, numbers (fractions as text) and booleans; undefined for the rest, for a path that leads nowhere and for broken JSON. */
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
  if (asInteger) return toInteger(value);
  if (typeof value === "boolean") return bool(value);
  if (typeof value === "string") return str(latin1(new TextEncoder().encode(value)));
  if (typeof value !== "number") return undefined;
  return Number.isInteger(value) ? sint(value) : str(String(value));
}

function toInteger(value: unknown): Sample | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const number = Math.trunc(Number.parseFloat(String(value)));
  return Number.isNaN(number) ? undefined : sint(number);
}

/** Member names and indices of a path; `\.` is a dot in a name. */
function steps(path: string): string[] {
  const list: string[] = [];
  for (const [, name, index] of path.replace(/^\$/, "").matchAll(/\.((?:\\.|[^.[\\])+)|\[([0-9]+)\]/g)) {
    list.push(name === undefined ? index! : name.replaceAll(/\\(.)/g, "$1"));
  }
  return list;
}
