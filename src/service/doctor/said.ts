/** Where the files say a keyword, as text: plans keep no positions of what holds for a whole section. */
import type { ConfigurationFile } from "../../config/text/files.ts";
import type { Position } from "../../plan/position.ts";

const headers =
  /^(global|defaults|frontend|backend|listen|resolvers|peers|userlist|mailers|ring|cache|program|http-errors|log-forward|crt-store|fcgi-app)(?:\s+(\S+))?/;

/** What is looked for: `global`, or a proxy by its name. */
export type Place = "global" | { readonly proxy: string };

/**
 * The last line of that section, or of the last `defaults` before it, that begins with these words. Null: none says it, or not in this
 * way (a variable, a condition).
 */
export function whereSaid(files: readonly ConfigurationFile[], place: Place, words: string): Position | null {
  const wanted = new RegExp(`^${words.replaceAll(/[^\w -]/g, "").replaceAll(/\s+/g, "\\s+")}(?:\\s|$)`);
  let found: Position | null = null;
  let inherited: Position | null = null;
  let isThere = false;
  let isDefaults = false;
  for (const { name: file, text } of files) {
    for (const [index, raw] of text.split("\n").entries()) {
      const line = raw.trim();
      const [, kind, name] = headers.exec(line) ?? [];
      if (kind !== undefined) {
        isThere = place === "global" ? kind === "global" : isProxy(kind) && name === place.proxy;
        isDefaults = kind === "defaults" && place !== "global";
        if (isDefaults) inherited = null;
        else if (isThere) found ??= inherited;
      } else if ((isThere || isDefaults) && wanted.test(line)) {
        const position = { file, line: index + 1 };
        if (isThere) found = position;
        else inherited = position;
      }
    }
  }
  return found;
}

function isProxy(kind: string): boolean {
  return kind === "frontend" || kind === "backend" || kind === "listen";
}
