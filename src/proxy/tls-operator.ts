/** The files that TLS uses, as operators see and change them. */
import type { BindTlsPlan, ServerTlsPlan, TlsEntryPlan } from "../plan/tls.ts";
import type { CertificateList } from "./process/tls/certificate-list.ts";
import type { CertificateParts, CertificateStore, PemParts } from "./process/tls/certificate-store.ts";
import type { FileSet, Marked } from "./process/tls/file-set.ts";
import { certificateDetails, countCertificates, revocationDetails } from "./process/tls/pem-details.ts";
import type { CertificateTime, PublicTls, TlsFileSet, TlsListener } from "./process/tls/public-tls.ts";
import type { Running } from "./running.ts";

/** What one entry of a listener, or a server, uses. */
type Terms = Partial<Omit<TlsEntryPlan, "own"> & BindTlsPlan> | ServerTlsPlan;

function trusts(terms: Terms, authorities: string): boolean {
  return (
    terms.authorities === authorities || ("unnamedAuthorities" in terms && terms.unnamedAuthorities === authorities)
  );
}

/** Over whatever plan runs when it is asked. */
export class TlsOperator implements PublicTls {
  readonly count = countCertificates;
  readonly certificatesIn = certificateDetails;
  readonly revocationsIn = revocationDetails;

  constructor(private readonly running: Running) {}

  get #store(): CertificateStore {
    return this.running.state.tls.store;
  }

  get certificates(): TlsFileSet<CertificateParts> {
    return this.#view(this.#store.certificates, (terms, name) => terms.certificate === name);
  }

  get authorities(): TlsFileSet<PemParts> {
    return this.#view(this.#store.authorityFiles, trusts);
  }

  get revocations(): TlsFileSet<PemParts> {
    return this.#view(this.#store.revocationFiles, (terms, name) => terms.revocations === name);
  }

  #view<Parts, Stored extends Parts & Marked>(
    set: FileSet<Parts, Stored>,
    isUsed: (terms: Terms, name: string) => boolean,
  ): TlsFileSet<Parts> {
    return {
      names: () => set.names(),
      get: (name) => set.get(name),
      transaction: set.transaction,
      prepare: (name, parts) => set.prepare(name, parts),
      abort: () => set.abort(),
      commit: () => set.commit(),
      create: (name) => set.create(name),
      remove: (name) => set.remove(name),
      uses: (name) => {
        let count = 0;
        for (const terms of this.#uses()) if (isUsed(terms, name)) count += 1;
        return count;
      },
    };
  }

  /** Listeners of one line share what it says. */
  *#listeners(): Iterable<TlsListener> {
    const seen = new Set<BindTlsPlan>();
    for (const { plan } of this.running.frontends.values()) {
      for (const { tls, position } of plan.binds) {
        if (tls === null || seen.has(tls)) continue;
        seen.add(tls);
        const place = `${position.file}:${position.line}`;
        yield { frontend: plan.name, isHttp: plan.mode === "http", tls, place };
      }
    }
  }

  *#uses(): Iterable<Terms> {
    for (const { tls } of this.#listeners()) {
      for (const { certificate, own } of this.#store.entriesOf(tls)) yield { ...tls, ...own, certificate };
    }
    for (const { plan } of this.running.backends.values()) {
      for (const { tls } of plan.servers) if (tls !== null) yield tls;
    }
  }

  lists(): readonly string[] {
    return [...this.#store.lists.keys()].sort();
  }

  list(name: string): CertificateList | null {
    return this.#store.lists.get(name) ?? null;
  }

  *listenersOf(list: string): Iterable<TlsListener> {
    for (const listener of this.#listeners()) if (listener.tls.lists.includes(list)) yield listener;
  }

  *times(): Iterable<CertificateTime> {
    const used = new Set<string>();
    for (const { certificate } of this.#uses()) if (typeof certificate === "string") used.add(certificate);
    for (const [name, { notAfter }] of this.#store.certificates.all()) if (used.has(name)) yield { name, notAfter };
  }
}
