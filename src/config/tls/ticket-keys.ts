/** Files of `tls-ticket-keys`: keys of session tickets, base64 a line each (manual, 5.1). */
import { Complaint } from "../text/complaint.ts";
import type { NamingLine } from "./certificate.ts";

/** Sizes of a key: AES-128 with SHA-256, or AES-256. */
const keyBytes: readonly number[] = [48, 80];

/** One for what is made, one that was before, one that comes next. */
const leastKeys = 3;

const maxFileBytes = 64 * 1024;

/** Judges a file of keys, of which all have one size. Throws a Complaint in HAProxy's words. */
export function checkTicketKeys(name: string, { draft, word }: NamingLine): void {
  const found = draft.files.look(name);
  const text = found.kind === "file" && found.bytes <= maxFileBytes ? draft.files.read(name) : null;
  if (text === null) throw new Complaint(`'${name}' : unable to load ssl tickets keys file`, word);
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  let size = 0;
  lines.forEach((line, index) => {
    const wrong = (what: string): Complaint => new Complaint(`'${name}' : ${what} on line ${index + 1}`, word);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(line) || line.length % 4 !== 0) throw wrong("unable to decode base64 key");
    const bytes = Buffer.from(line, "base64").length;
    if (!keyBytes.includes(bytes) || (size !== 0 && bytes !== size)) throw wrong("wrong sized key");
    size = bytes;
  });
  if (lines.length < leastKeys) {
    throw new Complaint(`'${name}' : please supply at least ${leastKeys} keys in the tls-tickets-file`, word);
  }
}
