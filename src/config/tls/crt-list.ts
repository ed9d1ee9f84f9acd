/** Files of `crt-list`: a certificate a line, with what holds for it and the names it is served for (manual, 5.1). */
import { newListenerWords, type ListenerWords, type TlsEntryDraft } from "../draft/tls/bind-tls-draft.ts";
import type { ListDraft } from "../draft/tls/tls-files.ts";
import { Complaint, complain } from "../text/complaint.ts";
import { basedPath, FileFault } from "./authorities.ts";
import type { NamingLine } from "./certificate.ts";
import { readEntries } from "./crt.ts";
import { listenerWords } from "./listener-words.ts";

/** Largest list that is read, and HAProxy's bound on a line. */
const maxListBytes = 64 * 1024 * 1024;
const maxLineBytes = 65_535;

const words = new Map(listenerWords.filter(({ ofEntry }) => ofEntry).map((word) => [word.name, word]));

/** Words of such a list that HAProxy knows and that are refused here, and what to do instead. */
const refusals = new Map([
  ["allow-0rtt", "remove it: early data can be replayed, and is not taken"],
  ["no-ca-names", "remove it: clients are told whose certificates are taken"],
  ["npn", "say `alpn`, which took its place"],
]);

/** Reads a list into the draft's files and returns its entries. Throws a Complaint, with the list's own line in it. */
export function readCrtList(name: string, naming: NamingLine, lists: string[]): readonly TlsEntryDraft[] {
  const known = naming.draft.tls.lists.get(name);
  const list = known ?? readList(name, naming);
  if (known === undefined) naming.draft.tls.lists.set(name, list);
  lists.push(name);
  return list.entries;
}

function readList(name: string, naming: NamingLine): ListDraft {
  const { draft, word } = naming;
  const found = draft.files.look(name);
  if (found.kind === "none") throw new Complaint(`cannot open file '${name}' : ${found.reason}`, word);
  const text = found.kind === "file" && found.bytes <= maxListBytes ? draft.files.read(name) : null;
  if (text === null) throw new Complaint(`cannot read file '${name}'`, word);
  const lines = text.split("\n");
  const rest = lines.pop() ?? "";
  const entries = lines.flatMap((line, index) => readLine(line, { name, at: index + 1, naming }));
  if (rest === "") return { name, isFolder: false, entries, lines: lines.length };
  const where = place(name, lines.length + 1);
  const said = `Missing LF on last line, file might have been truncated at position ${rest.length + 1}.`;
  throw new Complaint(where + said, word);
}

interface ListLine {
  readonly name: string;
  readonly at: number;
  readonly naming: NamingLine;
}

const place = (name: string, at: number): string => `parsing [${name}:${at}]: `;

/** What one line says. */
export interface ReadLine {
  readonly path: string;
  readonly words: ListenerWords | null;
  readonly filters: readonly string[] | null;
  /** What stands behind the path, as HAProxy shows it. */
  readonly text: string;
}

/** A line that is added at run time, where nothing is a comment. Null: nothing stands there. Throws a Complaint; options name files that the draft has. */
export function readAddedLine(source: string, naming: NamingLine): ReadLine | null {
  return readParts(source, { name: "CLI", at: 1, naming });
}

function readLine(source: string, line: ListLine): TlsEntryDraft[] {
  const read = source.startsWith("#") ? null : readParts(source, line);
  if (read === null) return [];
  const { path, ...said } = read;
  return readEntries(basedPath(line.naming.draft.global.tls.crtBase, path), line.naming, {
    ...said,
    list: line.name,
    position: { file: line.name, line: line.at },
  });
}

function readParts(source: string, line: ListLine): ReadLine | null {
  const wrong = (text: string, advice: string | null = null): Complaint =>
    new Complaint(place(line.name, line.at) + text, line.naming.word, advice);
  if (source.length > maxLineBytes) throw wrong(`line too long, limit is ${maxLineBytes} characters`);
  const { path, options, filters, fault, isMixed } = splitLine(source);
  if (fault !== null) throw wrong(fault);
  if (path === null) return null;
  const { draft, statement, word } = line.naming;
  if (isMixed) {
    const text = "malformated line, filters can't be between filename and options!";
    const said = `${line.naming.where ?? ""}'crt-list' : ${place(line.name, line.at)}${text}`;
    complain(draft.diagnostics, "warning", statement, said, word);
  }
  return {
    path,
    filters: filters.length === 0 ? null : filters.map((filter) => filter.toLowerCase()),
    words: options === null ? null : readWords(options, line, wrong),
    text: [...(options === null ? [] : [`[${shownOptions(options)}]`]), ...filters].join(" "),
  };
}

/** In this order, whatever a line's is. */
const shownOrder =
  "alpn verify ca-file ca-verify-file crl-file ciphers ciphersuites curves ecdhe ssl-min-ver ssl-max-ver".split(" ");

function shownOptions(options: readonly string[]): string {
  const pairs: (readonly [name: string, value: string])[] = [];
  for (let at = 0; at < options.length; at += 2) pairs.push([options[at] ?? "", options[at + 1] ?? ""]);
  const inOrder = pairs.toSorted(([one], [other]) => shownOrder.indexOf(one) - shownOrder.indexOf(other));
  return inOrder.map((pair) => pair.join(" ")).join(" ");
}

interface SplitLine {
  readonly path: string | null;
  readonly options: readonly string[] | null;
  readonly filters: readonly string[];
  readonly fault: string | null;
  /** Filters stand before the brackets. */
  readonly isMixed: boolean;
}

const failed = (fault: string): SplitLine => ({ path: null, options: null, filters: [], fault, isMixed: false });

/** `path [options] filters`. A bracket begins and ends wherever it stands, in one pass. */
function splitLine(source: string): SplitLine {
  const outside: string[] = [];
  const inside: string[] = [];
  let state: "before" | "in" | "after" = "before";
  let isMixed = false;
  for (const [token] of source.matchAll(/[[\]]|[^[\]\s]+/g)) {
    if (token === "[") {
      if (state !== "before") return failed("too many '['");
      if (outside.length === 0) return failed("file must start with a cert");
      isMixed = outside.length > 1;
      state = "in";
    } else if (token === "]") {
      if (state !== "in") return failed("too many ']'");
      state = "after";
    } else if (state === "in") inside.push(token);
    else outside.push(token);
  }
  // HAProxy passes over such options without a word.
  if (state === "in") return failed("missing ']'");
  const [path = null, ...filters] = outside;
  return { path, options: state === "before" ? null : inside, filters, fault: null, isMixed };
}

function readWords(
  options: readonly string[],
  { naming }: ListLine,
  wrong: (text: string, advice?: string) => Complaint,
): ListenerWords {
  const target = newListenerWords();
  for (let at = 0; at < options.length; at += 1) {
    const name = options[at] ?? "";
    const refusal = refusals.get(name);
    if (refusal !== undefined) throw wrong(`'${name}' is not supported`, refusal);
    const word = words.get(name);
    if (word === undefined) throw wrong(`unknown ssl keyword ${name}`);
    at += 1;
    const value = options[at];
    if (value === undefined) throw wrong(`ssl args out of '[]' for ${name}`);
    try {
      word.set(target, value, naming.draft);
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      throw new FileFault(error.message, error.file, `'crt-list' : '${name}'`);
    }
  }
  return target;
}
