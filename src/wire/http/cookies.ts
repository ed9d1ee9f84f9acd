/** Cookies in Cookie and Set-Cookie fields. */
import type { Fields } from "./fields.ts";
import { findEnd, trimmed } from "./value-text.ts";

/** One part of a field's value, between delimiters. */
export interface CookiePart {
  readonly name: string;
  readonly value: string;
}

/** Values of a cookie in all Cookie fields, in order (`req.cook`); "" as name: of any. The name's case counts. */
export function requestCookies(fields: Fields, name: string): string[] {
  return valuesOf(fields, "cookie", name);
}

/** Values of a cookie in all Set-Cookie fields, in order (`res.cook`). */
export function responseCookies(fields: Fields, name: string): string[] {
  return valuesOf(fields, "set-cookie", name);
}

/** Where cookies stand in a request, and in a response. */
export type CookieField = "cookie" | "set-cookie";

function valuesOf(fields: Fields, field: CookieField, name: string): string[] {
  const parts = cookiesIn(fields, field).filter((part) => name === "" || part.name === name);
  return parts.map((part) => part.value);
}

/** All cookies of all fields of a kind, in order. */
export function cookiesIn(fields: Fields, field: CookieField): CookiePart[] {
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
    if (equals < end && !name.startsWith("$")) parts.push({ name, value });
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
