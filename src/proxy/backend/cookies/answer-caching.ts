/** Whether caches on the way may keep an answer, and cookies in it, as far as HAProxy looks into that. */
import type { Fields } from "../../../wire/http/fields.ts";
import { lineValues, listValues } from "../../../wire/http/occurrences.ts";

export interface Caching {
  readonly answer: boolean;
  readonly cookies: boolean;
}

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
const keptStatuses: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]);

/** Of a final answer; `status`: as the server said it. */
export function cachingOf(fields: Fields, method: string, status: number): Caching {
  let answer = safeMethods.has(method) && keptStatuses.has(status);
  let cookies = answer;
  const directives = listValues(fields, "cache-control").map((value) => value.toLowerCase());
  let isFresh = fields.has("expires");
  for (const directive of directives) {
    if (directive === "public") answer = cookies = true;
    else if (forbidding.has(directive)) answer = cookies = false;
    else if (directive.startsWith('no-cache="set-cookie')) cookies = false;
    else if (lifetime.test(directive)) isFresh = true;
  }
  // HTTP/1.0's word against it, whatever HTTP/1.1 says.
  if (lineValues(fields, "pragma")[0]?.toLowerCase() === "no-cache") answer = cookies = false;
  if (!isFresh && !fields.has("etag") && !fields.has("last-modified")) answer = false;
  return { answer, cookies };
}

const forbidding: ReadonlySet<string> = new Set(["private", "no-cache", "no-store", "max-age=0", "s-maxage=0"]);
const lifetime = /^(s-maxage|max-age)=/;
