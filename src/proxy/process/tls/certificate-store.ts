/** The files that TLS needs, by name: as the plan read them, or as an operator has replaced them since. */
import { createHash } from "node:crypto";
import type { CertificatePlan, PemFilePlan, TlsFilesPlan } from "../../../plan/tls.ts";
import type { Work } from "../time/turns.ts";
import { type CertificateNames, readCertificateNames } from "./certificate-names.ts";

/** A certificate with what it is served for. */
export interface StoredCertificate extends CertificatePlan, CertificateNames {
  /** The same for the same contents alone. */
  readonly mark: string;
}

/** PEM texts by a name. */
export interface StoredPem {
  readonly pem: string;
  readonly mark: string;
}

const nothing: StoredPem = { pem: "", mark: "" };

/**
 * One for each plan: a reload reads all files anew, as HAProxy's new process does, and what an operator put in their place is gone.
 *
 * What is replaced holds for handshakes that begin afterwards. Whoever makes something of a file remembers `version`, and makes it anew
 * when that is another.
 */
export class CertificateStore {
  readonly #certificates = new Map<string, StoredCertificate>();
  readonly #authorities = new Map<string, StoredPem>();
  readonly #revocations = new Map<string, StoredPem>();
  #version = 0;

  /** Counts changes. */
  get version(): number {
    return this.#version;
  }

  /** Reads what a plan has, a certificate at a time; what `former` has read already is not read again. Throws on what is no certificate. */
  static *of(plan: TlsFilesPlan, former: CertificateStore | null = null): Work<CertificateStore> {
    const store = new CertificateStore();
    for (const one of plan.certificates) {
      const known = former === null ? null : former.certificate(one.name);
      const isSame = known !== null && known.chain === one.chain && known.key === one.key;
      store.#certificates.set(one.name, isSame ? known : read(one));
      yield isSame ? 1 : unitsToRead;
    }
    for (const one of plan.authorities) store.#authorities.set(one.name, marked(one));
    for (const one of plan.revocations) store.#revocations.set(one.name, marked(one));
    yield (plan.authorities.length + plan.revocations.length) * unitsToRead;
    return store;
  }

  /** Null: there is none of that name. */
  certificate(name: string): StoredCertificate | null {
    return this.#certificates.get(name) ?? null;
  }

  /** A name that is not there stands for nobody, never for everybody. Null stays null: nothing was named. */
  authorities(name: string | null): StoredPem | null {
    return name === null ? null : (this.#authorities.get(name) ?? nothing);
  }

  revocations(name: string | null): StoredPem | null {
    return name === null ? null : (this.#revocations.get(name) ?? nothing);
  }

  /** Puts a certificate in place of the one of its name, or beside the others. Throws on what is none, and has changed nothing then. */
  replaceCertificate(plan: CertificatePlan): void {
    this.#certificates.set(plan.name, read(plan));
    this.#version += 1;
  }

  replaceAuthorities(plan: PemFilePlan): void {
    this.#authorities.set(plan.name, marked(plan));
    this.#version += 1;
  }

  replaceRevocations(plan: PemFilePlan): void {
    this.#revocations.set(plan.name, marked(plan));
    this.#version += 1;
  }

  /** Whoever uses it does without from the next handshake on. */
  removeCertificate(name: string): void {
    if (this.#certificates.delete(name)) this.#version += 1;
  }

  /** Every certificate, in the plan's order, then those that were added. */
  certificates(): Iterable<StoredCertificate> {
    return this.#certificates.values();
  }
}

/** In units of a turn's work. */
const unitsToRead = 10;

function read(plan: CertificatePlan): StoredCertificate {
  return { ...plan, ...readCertificateNames(plan.chain), mark: markOf(`${plan.chain}\n${plan.key}`) };
}

function marked({ pem }: PemFilePlan): StoredPem {
  return { pem, mark: markOf(pem) };
}

/** Short, and without the key that stands in the text. */
function markOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
