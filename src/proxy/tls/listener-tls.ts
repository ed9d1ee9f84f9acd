/** TLS on one listening socket: which certificate answers a client's hello, and under which terms. */
import type { ClientHello, ServerContext } from "../../net/tls/secure.ts";
import type { BindTlsPlan, TlsEntryPlan } from "../../plan/tls.ts";
import { readSignatureOffer } from "../../wire/tls/offer.ts";
import type { Work } from "../time/turns.ts";
import { CertificateChoice } from "./certificates/certificate-choice.ts";
import type { CertificateNames } from "./certificates/certificate-names.ts";
import type { CertificateStore, StoredCertificate } from "./certificates/certificate-store.ts";
import { type ListenerTerms, marksOf, serverContextKey, serverContextOptions } from "./context-options.ts";
import type { TlsProcess } from "./tls-process.ts";

interface Entry {
  readonly plan: TlsEntryPlan;
  certificate: StoredCertificate;
  /** Made with the first client that is served by it. */
  context: ServerContext | null;
}

/** One listener's under one plan. What an operator replaces in the store holds from the next hello on. */
export class ListenerTls {
  #choice: CertificateChoice<Entry>;
  #entries: Entry[] = [];
  /** Every entry has its certificate. */
  #isWhole = true;
  #version: number;
  #listsVersion: number;

  private constructor(
    readonly plan: BindTlsPlan,
    private readonly store: CertificateStore,
    private readonly process: TlsProcess,
  ) {
    this.#choice = new CertificateChoice(plan.strictSni);
    this.#version = store.version;
    this.#listsVersion = store.listsVersion;
  }

  /**
   * Finds the names of all its entries, some of them a turn, and tries whether handshakes can be made under each of its terms: throws the
   * engine's TlsOptionError where not.
   */
  static *of(plan: BindTlsPlan, store: CertificateStore, process: TlsProcess): Work<ListenerTls> {
    const made = new ListenerTls(plan, store, process);
    const tried = new Set<string>();
    for (const one of store.entriesOf(plan)) {
      const entry = made.#add(one);
      yield 1;
      const terms = JSON.stringify(one.own);
      if (entry === null || tried.has(terms)) continue;
      tried.add(terms);
      made.#contextOf(entry);
      yield unitsToMake;
    }
    return made;
  }

  #add(plan: TlsEntryPlan): Entry | null {
    const certificate = this.store.certificate(plan.certificate);
    if (certificate === null) {
      this.#isWhole = false;
      return null;
    }
    const entry = { plan, certificate, context: null };
    this.#entries.push(entry);
    this.#choice.add(entry, certificate, plan.filters);
    return entry;
  }

  /** Null: the handshake is to be refused. Throws where the context cannot be made. */
  answer({ serverName, hello }: ClientHello): ServerContext | null {
    if (this.#version !== this.store.version) this.#renew();
    const entry = this.#choice.choose({ serverName, ...readSignatureOffer(hello) });
    return entry === null ? null : this.#contextOf(entry);
  }

  #renew(): void {
    this.#version = this.store.version;
    if (this.#listsVersion !== this.store.listsVersion || !this.#takeAlike()) this.#rebuild();
  }

  /** A renewed certificate mostly has the names of the one before: then it is found as that was. False: one has not. */
  #takeAlike(): boolean {
    if (!this.#isWhole) return false;
    for (const entry of this.#entries) {
      const now = this.store.certificate(entry.plan.certificate);
      if (now === null || !isFoundAs(now, entry.certificate)) return false;
      entry.certificate = now;
      // Its authorities may be others.
      entry.context = null;
    }
    return true;
  }

  #rebuild(): void {
    this.#listsVersion = this.store.listsVersion;
    this.#entries = [];
    this.#isWhole = true;
    this.#choice = new CertificateChoice(this.plan.strictSni);
    for (const entry of this.store.entriesOf(this.plan)) this.#add(entry);
  }

  #contextOf(entry: Entry): ServerContext {
    entry.context ??= contextOf(this.process, this.store, {
      listener: this.plan,
      entry: entry.plan,
      certificate: entry.certificate,
    });
    return entry.context;
  }
}

function isFoundAs(one: CertificateNames, other: CertificateNames): boolean {
  if (one === other) return true;
  const { names, keyKind } = other;
  return (
    one.keyKind === keyKind && one.names.length === names.length && one.names.every((name, at) => name === names[at])
  );
}

/** A certificate on a listener. */
interface Served {
  readonly listener: BindTlsPlan;
  readonly entry: TlsEntryPlan;
  readonly certificate: StoredCertificate;
}

/** What handshakes of a listener begin from for one of its certificates. Throws the engine's TlsOptionError. */
export function contextOf(
  process: TlsProcess,
  store: CertificateStore,
  { listener, entry, certificate }: Served,
): ServerContext {
  const plan = { ...listener, ...entry.own };
  const terms: ListenerTerms = {
    plan,
    certificate,
    authorities: store.authorities(plan.authorities),
    unnamedAuthorities: store.authorities(plan.unnamedAuthorities),
    revocations: store.revocations(plan.revocations),
  };
  const make = (): ServerContext => process.engine.serverContext(serverContextOptions(terms));
  return process.serverContexts.get(serverContextKey(terms), marksOf(terms), make);
}

/** In units of a turn's work. */
const unitsToMake = 50;
