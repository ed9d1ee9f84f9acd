/** Lines that an operator adds to a `crt-list` at run time, judged as those of its file are (management guide, "add ssl crt-list"). */
import type { BindTlsPlan, TlsEntryPlan } from "../../plan/tls.ts";
import { newBindTlsWords, newListenerWords, type BindTlsWords } from "../draft/tls/bind-tls-draft.ts";
import type { Draft } from "../draft/draft.ts";
import { Complaint } from "../text/complaint.ts";
import { Diagnostics } from "../text/diagnostics.ts";
import { FileFault } from "../tls/authorities.ts";
import { readAddedLine } from "../tls/crt-list.ts";
import { checkWords } from "./audit/audit-bind-tls.ts";
import { ownOf } from "./assemble/bind-tls-plan.ts";
import { newDraft } from "./plan.ts";

/** Names of files that such a line may refer to: those that are there, for none is read. */
export interface KnownFiles {
  readonly authorities: Iterable<string>;
  readonly revocations: Iterable<string>;
}

/** A listener that has the list among its own. */
export interface ListListener {
  readonly frontend: string;
  readonly isHttp: boolean;
  readonly tls: BindTlsPlan;
  /** The address, and where its line stands: `h.cfg:12`. */
  readonly text: string;
  readonly place: string;
}

/** What the line says of its certificate. */
export interface AddedLine extends Pick<TlsEntryPlan, "filters" | "text"> {
  readonly path: string;
  readonly hasOptions: boolean;
  /** What it comes to within a listener's own; in place of that, what is wrong with it there. */
  termsFor(listener: ListListener): TlsEntryPlan["own"] | { readonly refused: string };
}

/** Reads a line. What is refused is refused in HAProxy's words. */
export function readAddedEntry(source: string, files: KnownFiles): AddedLine | { readonly refused: string } {
  const draft = draftOf(files);
  const statement = { file: "CLI", line: 1, source, words: [] };
  try {
    const read = readAddedLine(source, { draft, statement, word: null });
    if (read === null) return { refused: "no certificate is named" };
    const { path, filters, text, words } = read;
    return {
      path,
      filters,
      text,
      hasOptions: words !== null,
      termsFor: (listener) => termsFor(words ?? newListenerWords(), listener, draft),
    };
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    if (error instanceof FileFault) return { refused: `${option(error)} : unable to load ${error.file}` };
    return { refused: error.advice === null ? error.message : `${error.message}, ${error.advice}` };
  }
}

/** HAProxy says here which option of the line it is, without the list. */
function option({ keyword }: FileFault): string {
  return (keyword ?? "").replace(/^'crt-list' : /, "");
}

function termsFor(
  words: Parameters<typeof ownOf>[0],
  { frontend, isHttp, tls, text, place }: ListListener,
  draft: Draft,
): TlsEntryPlan["own"] | { readonly refused: string } {
  const bind = wordsOf(tls);
  const faults: string[] = [];
  checkWords(words, bind, {
    of: `bind '${text}' at [${place}]`,
    isHttp,
    draft,
    tell: (level, said) => void (level === "alert" ? faults.push(`Proxy '${frontend}': ${said}`) : undefined),
  });
  return faults.length > 0 ? { refused: faults.join("\n") } : ownOf(words, bind, isHttp, draft.global);
}

/** A listener's line as far as lines of its lists depend on it. */
function wordsOf(tls: BindTlsPlan): BindTlsWords {
  const { verify, authorities, unnamedAuthorities, revocations, minVersion, maxVersion } = tls;
  const versions = { min: minVersion, max: maxVersion, without: new Set<never>() };
  return { ...newBindTlsWords(), isSpoken: true, versions, verify, authorities, unnamedAuthorities, revocations };
}

/** Nothing but these files: what else a line names is not there. */
function draftOf({ authorities, revocations }: KnownFiles): Draft {
  const draft = newDraft(new Diagnostics(), {
    environment: new Map(),
    accounts: { user: () => null, group: () => null },
    readFile: () => null,
    find: () => ({ kind: "none", reason: "No such file or directory" }),
    localPeer: "",
    canVerify: () => false,
  });
  for (const name of authorities) draft.tls.authorities.set(name, { name, pem: "" });
  for (const name of revocations) draft.tls.revocations.set(name, { name, pem: "" });
  return draft;
}
