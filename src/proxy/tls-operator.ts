/** The files that TLS uses, as operators see and change them. */
import type { BindTlsPlan, ServerTlsPlan, TlsEntryPlan } from "../plan/tls.ts";
import { TlsOptionError } from "../net/tls/secure.ts";
import type { CertificateList, ListEntry } from "./tls/certificates/certificate-list.ts";
import type { CertificateParts, CertificateStore, PemParts } from "./tls/certificates/certificate-store.ts";
import type { FileSet, Marked } from "./tls/certificates/file-set.ts";
import { contextOf } from "./tls/listener-tls.ts";
import { certificateDetails, countCertificates, revocationDetails } from "./tls/certificates/pem-details.ts";
import type { CertificateTime, PublicTls, TlsFileSet, TlsListener } from "./tls/certificates/public-tls.ts";
import type { Running } from "./running.ts";

/** The files that one entry of a listener, or a server, uses, by name. */
type Terms = Pick<ServerTlsPlan, "certificate" | "authorities" | "revocations"> &
  Partial<Pick<BindTlsPlan, "unnamedAuthorities">>;

const dayMs = 86_400_000;

function trusts(terms: Terms, authorities: string): boolean {
  return terms.authorities === authorities || terms.unnamedAuthorities === authorities;
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
      for (const { tls, text, position } of plan.binds) {
        if (tls === null || seen.has(tls)) continue;
        seen.add(tls);
        const place = `${position.file}:${position.line}`;
        yield { frontend: plan.name, isHttp: plan.mode === "http", tls, text, place };
      }
    }
  }

  *#uses(): Iterable<Terms> {
    for (const { tls } of this.#listeners()) {
      for (const { certificate, own } of this.#store.entriesOf(tls)) {
        const { authorities, unnamedAuthorities, revocations } = { ...tls, ...own };
        yield { certificate, authorities, unnamedAuthorities, revocations };
      }
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

  *defaultsOf(list: string, { plan, line }: ListEntry): Iterable<string> {
    for (const { tls, place } of this.listenersOf(list)) {
      const [first] = this.#store.entriesOf(tls);
      if (first === undefined || first.list !== list || first.certificate !== plan.certificate) continue;
      if ((first.position?.line ?? 0) === line) yield place;
    }
  }

  complaint({ tls }: TlsListener, entry: TlsEntryPlan): string | null {
    const certificate = this.#store.certificate(entry.certificate);
    if (certificate === null) return null;
    try {
      contextOf(this.running.state.tls, this.#store, { listener: tls, entry, certificate });
      return null;
    } catch (error) {
      if (!(error instanceof TlsOptionError)) throw error;
      return `unable to use its ${error.part} (${error.message})`;
    }
  }

  *times(now = Date.now()): Iterable<CertificateTime | null> {
    const told = new Set<string>();
    for (const { certificate: name } of this.#uses()) {
      const stored = name === null || told.has(name) ? null : this.#store.certificate(name);
      if (stored === null) yield null;
      else {
        told.add(stored.name);
        yield { name: stored.name, notAfter: stored.notAfter, daysLeft: Math.floor((stored.notAfter - now) / dayMs) };
      }
    }
  }
}
