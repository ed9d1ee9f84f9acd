/** Files with a whole HTTP response, as `errorfile` names them: what HAProxy asks of one. */
import { Complaint, complain } from "../text/complaint.ts";
import type { Draft } from "../draft/draft.ts";
import type { Statement, Word } from "../text/statement.ts";

/** Reads the file that a word names: its response, as latin1 text. Throws a Complaint where it is none. */
export function checkErrorFile(
  name: string,
  word: Word,
  { draft, statement }: { readonly draft: Draft; readonly statement: Statement },
): string {
  const read = draft.files.read(word.text);
  if (read === null) throw new Complaint(`${name} : error opening file '${word.text}'.`, word);
  const most = draft.global.bufsizeBytes;
  if (read.length > most) {
    const text = `custom error message file '${word.text}' larger than ${most} bytes. Truncating.`;
    complain(draft.diagnostics, "warning", statement, text, word, null, () => "");
  }
  const content = read.slice(0, most);
  const fault = content === "" ? null : responseFault(content);
  if (fault !== null) throw new Complaint(`${name} : '${word.text}': ${fault}`, word);
  return content;
}

/** What is wrong with a response; null when nothing is. Lines may end without CR. */
export function responseFault(content: string): string | null {
  const first = /^HTTP\/\d\.\d [1-9]\d\d(?: [^\r\n]*)?\r?\n/.exec(content);
  if (first === null) return "unable to parse headers (error offset: 0)";
  let at = first[0].length;
  let announced: number | null = null;
  for (;;) {
    const line = /^([^\r\n]*)\r?\n/.exec(content.slice(at))?.[0];
    if (line === undefined) return `unable to parse headers (error offset: ${at})`;
    at += line.length;
    const field = line.replace(/\r?\n$/, "");
    if (field === "") break;
    const found = /^([!#$%&'*+\-.^`|~\w]+):[ \t]*(.*?)[ \t]*$/.exec(field);
    if (found === null) return `unable to parse headers (error offset: ${at - line.length})`;
    if (found[1]?.toLowerCase() === "content-length") announced = Number(found[2]);
  }
  const bytes = content.length - at;
  if (announced === null || announced === bytes) return null;
  return `payload size does not match the announced content-length (${bytes} != ${announced})`;
}
