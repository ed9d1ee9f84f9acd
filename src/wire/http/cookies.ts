/** Cookies in Cookie and Set-Cookie fields: asked for, changed and taken out. */
import type { Fields } from "./fields.ts";
import { findEnd, trimmed } from "./value-text.ts";

/** One part of a field's value, between delimiters. */
interface CookiePart {
  readonly name: string;
  readonly value: string;
  /** Of the whole part, white space around it included, and of the value in it. */
  readonly from: number;
  readonly end: number;
  readonly valueFrom: number;
}

/** Values of a cookie in all Cookie fields, in order (`req.cook`); "" as name: of any. The name's case counts. */
export function requestCookies(fields: Fields, name: string): string[] {
  return valuesOf(fields, "cookie", name);
}

/** Values of a cookie in all Set-Cookie fields, in order (`res.cook`). */
export function responseCookies(fields: Fields, name: string): string[] {
  return valuesOf(fields, "set-cookie", name);
}

/** Names in all Cookie fields, in order (`req.cook_names`). */
export function requestCookieNames(fields: Fields): string[] {
  return namesOf(fields, "cookie");
}

/** Names in all Set-Cookie fields, in order (`res.cook_names`). */
export function responseCookieNames(fields: Fields): string[] {
  return namesOf(fields, "set-cookie");
}

/** Gives a cookie in Cookie fields the value that `edited` makes of it; undefined takes it out. How many there were. */
export function editRequestCookie(fields: Fields, name: string, edited: (value: string) => string | undefined): number {
  return editCookie(fields, "cookie", name, edited);
}

/** The same in Set-Cookie fields, where undefined takes the whole field out. */
export function editResponseCookie(
  fields: Fields,
  name: string,
  edited: (value: string) => string | undefined,
): number {
  return editCookie(fields, "set-cookie", name, edited);
}

type CookieField = "cookie" | "set-cookie";

function valuesOf(fields: Fields, field: CookieField, name: string): string[] {
  const parts = partsOf(fields, field).filter((part) => name === "" || part.name === name);
  return parts.map((part) => part.value);
}

function namesOf(fields: Fields, field: CookieField): string[] {
  return partsOf(fields, field).map((part) => part.name);
}

function partsOf(fields: Fields, field: CookieField): CookiePart[] {
  const parts: CookiePart[] = [];
  for (let index = fields.find(field); index >= 0; index = fields.find(field, index + 1)) {
    parts.push(...cookieParts(fields.value(index), field));
  }
  return parts;
}

/** The cookies of a value; attributes that begin with `$`, and what has no value, are none. A Set-Cookie has one at most. */
function cookieParts(text: string, field: CookieField): CookiePart[] {
  const delimiters = field === "cookie" ? ";," : ";";
  const parts: CookiePart[] = [];
  for (let from = 0; from < text.length;) {
    const [equals, end] = partEnds(text, from, delimiters);
    const name = trimmed(text.slice(from, equals));
    const value = trimmed(text.slice(equals + 1, end));
    const valueFrom = equals + 1 + Math.max(0, text.slice(equals + 1, end).indexOf(value));
    if (equals < end && !name.startsWith("$")) parts.push({ name, value, from, end, valueFrom });
    if (field === "set-cookie") break;
    from = end + 1;
  }
  return parts;
}

/** Where a part's equals sign is, or its end where it has none, and where it ends. */
function partEnds(text: string, from: number, delimiters: string): readonly [number, number] {
  let equals = from;
  while (equals < text.length && text[equals] !== "=" && !delimiters.includes(text[equals] ?? "")) equals += 1;
  return [equals, text[equals] === "=" ? findEnd(text, equals + 1, ";,") : equals];
}

function editCookie(
  fields: Fields,
  field: CookieField,
  name: string,
  edited: (value: string) => string | undefined,
): number {
  let count = 0;
  for (let index = fields.count - 1; index >= 0; index--) {
    if (!fields.isNamed(index, field)) continue;
    const text = fields.value(index);
    const parts = cookieParts(text, field).filter((part) => part.name === name);
    if (parts.length === 0) continue;
    count += parts.length;
    const changed = parts.reduceRight((line, part) => withEdit(line, part, field, edited(part.value)), text);
    if (changed === "") fields.removeAt(index);
    else fields.replaceAt(index, changed);
  }
  return count;
}

/** The line with one cookie's value changed, or without the cookie and one delimiter beside it. */
function withEdit(line: string, part: CookiePart, field: CookieField, value: string | undefined): string {
  if (value !== undefined) {
    return line.slice(0, part.valueFrom) + value + line.slice(part.valueFrom + part.value.length);
  }
  if (field === "set-cookie") return "";
  if (part.from === 0) return trimmed(line.slice(part.end + 1));
  return line.slice(0, part.from - 1) + line.slice(part.end);
}
