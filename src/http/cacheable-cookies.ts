/** `option checkcache`: answers that caches would keep, cookies and all, for others (manual, `option checkcache`). */
import type { Fields } from "../wire/http/fields.ts";
import type { Head } from "../wire/http/head.ts";
import { splitList } from "../wire/http/occurrences.ts";

/** Statuses, and methods, whose answers may be kept where nothing is said. */
const statuses = new Set([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]);
const methods = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
const safe = new Set(["private", "no-store", "max-age=0", "s-maxage=0", "no-cache", 'no-cache="set-cookie"']);

/** Whether an answer has a cookie that caches may keep. */
export function isLeaky({ status, fields }: Head, method: string): boolean {
  if (!fields.has("set-cookie")) return false;
  const control = words(fields, "cache-control");
  if (words(fields, "pragma").includes("no-cache")) return false;
  if (control.some((word) => safe.has(word) || word.startsWith('no-cache="set-cookie,'))) return false;
  return control.includes("public") || (statuses.has(status) && methods.has(method));
}

/** All words of a field, in lower case. */
function words(fields: Fields, name: string): string[] {
  const all: string[] = [];
  for (let index = fields.find(name); index >= 0; index = fields.find(name, index + 1)) {
    for (const word of splitList(fields.value(index))) all.push(word.toLowerCase());
  }
  return all;
}
