/** What the word of `crt` stands for: a certificate, a bundle of several for one name, or a folder (manual, 5.1). */
import type { ListenerWords, TlsEntryDraft } from "../draft/tls/bind-tls-draft.ts";
import { readCertificate, type NamingLine } from "./certificate.ts";

/** Kinds of keys by which a bundle's files are called. The first that there is, alone, is shown where no name is asked for. */
const bundleEnds = ["dsa", "ecdsa", "rsa"] as const;

/** What one line of a list, or `crt` itself, says of a certificate. */
export interface EntryLine {
  readonly filters: readonly string[] | null;
  readonly words: ListenerWords | null;
  readonly list: TlsEntryDraft["list"];
  readonly position: TlsEntryDraft["position"];
  readonly text: string;
}

/** The entries that `crt` gives a `bind` line. A folder is a list of its own. Throws a Complaint. */
export function readCrt(path: string, line: NamingLine, lists: string[]): TlsEntryDraft[] {
  const found = line.draft.files.look(path);
  if (found.kind !== "folder") return readEntries(path, line, plain(null));
  const folder = withoutSlashes(path);
  const entries = found.names
    .filter((name) => isServed(name) && line.draft.files.look(`${folder}/${name}`).kind === "file")
    .toSorted()
    .flatMap((name) => readEntries(`${folder}/${name}`, line, plain(folder)));
  const { lists: known } = line.draft.tls;
  if (!known.has(folder)) known.set(folder, { name: folder, isFolder: true, entries, lines: 0 });
  lists.push(folder);
  return entries;
}

/** A folder is called the same with slashes at its end. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

const plain = (list: string | null): EntryLine => ({ filters: null, words: null, list, position: null, text: "" });

/** Of a folder's files those that are no one's companions. */
function isServed(name: string): boolean {
  return !name.startsWith(".") && !/\.(?:key|issuer|ocsp|sctl)$/.test(name);
}

/** The entries of one certificate: several where its name is that of a bundle. */
export function readEntries(path: string, line: NamingLine, said: EntryLine): TlsEntryDraft[] {
  const { files, global } = line.draft;
  const exists = files.look(path).kind !== "none";
  const bundle = exists || !global.tls.extraFiles.has("bundle") ? [] : bundleOf(path, line);
  return (bundle.length > 0 ? bundle : [path]).map((certificate) => {
    readCertificate(certificate, line);
    return { certificate, ...said };
  });
}

function bundleOf(path: string, { draft }: NamingLine): string[] {
  return bundleEnds.map((end) => `${path}.${end}`).filter((name) => draft.files.look(name).kind === "file");
}
