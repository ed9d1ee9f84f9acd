/** Names of protocols that a hello offers (RFC 7301), and which of them mode http can speak. */
import { Complaint } from "../text/complaint.ts";
import type { Word } from "../text/statement.ts";

/** The longest name that the extension has room for, in bytes. */
const longest = 255;

/** The names of a list, in its order; empty ones stand for nothing. `option` is what messages call it. Throws a Complaint. */
export function alpnNames(list: string, option: string, word: Word | null): readonly string[] {
  const names = list.split(",").filter((name) => name !== "");
  const tooLong = names.find((name) => name.length > longest);
  if (tooLong === undefined) return names;
  throw new Complaint(`'${option}' : ALPN protocol name too long : '${tooLong}'`, word);
}

/** Those under which HTTP/1 is spoken. */
const http1 = new Set(["http/1.1", "http/1.0"]);

/** What is left of a list where HTTP is spoken; null: nothing of a list that has something. */
export function http1Names(names: readonly string[]): readonly string[] | null {
  const left = names.filter((name) => http1.has(name));
  return left.length === 0 && names.length > 0 ? null : left;
}
