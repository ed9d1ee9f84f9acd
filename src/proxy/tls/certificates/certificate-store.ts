/** The files that TLS needs, by name: as the plan read them, or as an operator has replaced them since. */
import { createHash } from "node:crypto";
import type { BindTlsPlan, CertificatePlan, TlsEntryPlan, TlsFilesPlan } from "../../../plan/tls.ts";
import type { Work } from "../../time/turns.ts";
import { CertificateList } from "./certificate-list.ts";
import { readCertificateNames, type ServedCertificate } from "./certificate-names.ts";
import { FileSet, type Marked } from "./file-set.ts";

/** A certificate as it is put together: PEM; null: still to come. */
export interface CertificateParts {
  readonly chain: string | null;
  readonly key: string | null;
}

/** A certificate with what it is served for. */
export interface StoredCertificate extends CertificatePlan, ServedCertificate, Marked {}

/** What a file of PEM blocks holds. */
export interface PemParts {
  readonly pem: string;
}

/** PEM texts by a name. */
export interface StoredPem extends PemParts, Marked {}

const nothing: StoredPem = { pem: "", mark: "" };

/**
 * One for each plan: a reload reads all files anew, as HAProxy's new process does, and what an operator put in their place is gone.
 *
 * What is replaced holds for handshakes that begin afterwards. Whoever makes something of a file remembers `version`, and makes it anew
 * when that is another.
 */
export class CertificateStore {
  readonly certificates: FileSet<CertificateParts, StoredCertificate>;
  readonly authorityFiles: FileSet<PemParts, StoredPem>;
  readonly revocationFiles: FileSet<PemParts, StoredPem>;
  readonly lists = new Map<string, CertificateList>();
  /** Told the mark of what is not used any more. */
  onReplaced: ((mark: string) => void) | null = null;
  #version = 0;
  #listsVersion = 0;

  constructor() {
    const changed = (former: Marked | null): void => {
      this.#version += 1;
      if (former !== null) this.onReplaced?.(former.mark);
    };
    this.certificates = new FileSet(readParts, changed);
    this.authorityFiles = new FileSet((_name, parts) => marked(parts), changed);
    this.revocationFiles = new FileSet((_name, parts) => marked(parts), changed);
  }

  /** Counts changes. */
  get version(): number {
    return this.#version;
  }

  /** Counts those of lists alone. */
  get listsVersion(): number {
    return this.#listsVersion;
  }

  #changeList(): void {
    this.#version += 1;
    this.#listsVersion += 1;
  }

  /** Reads what a plan has, a certificate at a time; what `former` has read already is not read again. Throws on what is no certificate. */
  static *of(plan: TlsFilesPlan, former: CertificateStore | null = null): Work<CertificateStore> {
    const store = new CertificateStore();
    for (const one of plan.certificates) {
      const known = former === null ? null : former.certificate(one.name);
      const isSame = known !== null && known.chain === one.chain && known.key === one.key;
      store.certificates.load(one.name, isSame ? known : read(one));
      yield isSame ? 1 : unitsToRead;
    }
    for (const one of plan.authorities) store.authorityFiles.load(one.name, marked(one));
    for (const one of plan.revocations) store.revocationFiles.load(one.name, marked(one));
    yield (plan.authorities.length + plan.revocations.length) * unitsToRead;
    for (const one of plan.lists) {
      store.lists.set(one.name, new CertificateList(one, () => store.#changeList()));
      yield unitsToRead;
    }
    return store;
  }

  /** Null: there is none of that name, or it is empty. */
  certificate(name: string): StoredCertificate | null {
    return this.certificates.get(name) ?? null;
  }

  /** A name that is not there stands for nobody, never for everybody. Null stays null: nothing was named. */
  authorities(name: string | null): StoredPem | null {
    return name === null ? null : (this.authorityFiles.get(name) ?? nothing);
  }

  revocations(name: string | null): StoredPem | null {
    return name === null ? null : (this.revocationFiles.get(name) ?? nothing);
  }

  /** What a listener serves now: its line's entries, without those that were taken from its lists, and with those that were added. */
  *entriesOf(listener: BindTlsPlan): Iterable<TlsEntryPlan> {
    for (const entry of listener.entries) {
      if (entry.list === null || this.lists.get(entry.list)?.keeps(entry) !== false) yield entry;
    }
    for (const name of listener.lists) yield* this.lists.get(name)?.addedFor(listener) ?? [];
  }
}

/** In units of a turn's work. */
const unitsToRead = 10;

function read(plan: CertificatePlan): StoredCertificate {
  return { ...plan, ...readCertificateNames(plan.chain), mark: markOf(`${plan.chain}\n${plan.key}`) };
}

function readParts(name: string, { chain, key }: CertificateParts): StoredCertificate {
  if (chain === null || key === null) throw new Error(`certificate ${name} has no ${chain === null ? "chain" : "key"}`);
  return read({ name, chain, key });
}

function marked({ pem }: PemParts): StoredPem {
  return { pem, mark: markOf(pem) };
}

/** Short, and without the key that stands in the text. */
function markOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
