/** Which of a listener's certificates a client is served: by the name it asks for and the signatures it can check. */
import type { CertificateNames, KeyKind } from "./certificate-names.ts";

/** What a client's hello says of itself. */
export interface Asked {
  /** As it came; null: it names nobody. */
  readonly serverName: string | null;
  readonly takesEcdsa: boolean;
  readonly takesRsa: boolean;
}

/** Of one name, the first entry of each kind of key. */
type ByKey<Entry> = { [Key in KeyKind]?: Entry | undefined };

/** An entry under a wildcard, and the names that its own line takes out of it. */
interface Wild<Entry> {
  readonly entry: Entry;
  readonly excluded: ReadonlySet<string>;
}

/** Entries under one wildcard, in their order; behind one that takes every name none would ever be found, and none stands. */
type Wilds<Entry> = Partial<Record<KeyKind, Wild<Entry>[]>>;

const nobody: ReadonlySet<string> = new Set();

/**
 * In HAProxy's order: an exact name comes before a wildcard whichever stands first, a wildcard stands for one label, and of one name's
 * certificates one with ECDSA comes first where the client can check it. Names cost a look-up each, however many there are.
 */
export class CertificateChoice<Entry> {
  readonly #exact = new Map<string, ByKey<Entry>>();
  /** By what follows the wildcard: `.b.example`. */
  readonly #wild = new Map<string, Wilds<Entry>>();
  #first: Entry | null = null;

  /** `isStrict`: whoever asks for no name that is here is not served. */
  constructor(private readonly isStrict: boolean) {}

  /** `filters`: names in place of the certificate's own; `!` before one takes it out of the line's wildcards. Null: there are none. */
  add(entry: Entry, certificate: CertificateNames, filters: readonly string[] | null): void {
    this.#first ??= entry;
    const names = filters ?? certificate.names;
    const excluded = excludedBy(names);
    for (const name of names) {
      if (name.startsWith("!")) continue;
      if (name.startsWith("*")) this.#addWild(name.slice(1), { entry, excluded }, certificate.keyKind);
      else this.#addExact(name, entry, certificate.keyKind);
    }
  }

  #addExact(name: string, entry: Entry, key: KeyKind): void {
    const known = this.#exact.get(name);
    if (known === undefined) this.#exact.set(name, { [key]: entry });
    else known[key] ??= entry;
  }

  #addWild(suffix: string, wild: Wild<Entry>, key: KeyKind): void {
    if (suffix === "") return;
    const known = this.#wild.get(suffix);
    if (known === undefined) this.#wild.set(suffix, { [key]: [wild] });
    else {
      const alike = (known[key] ??= []);
      if (alike.at(-1)?.excluded.size !== 0) alike.push(wild);
    }
  }

  /** Null: the handshake is to be refused. */
  choose(asked: Asked): Entry | null {
    const { serverName } = asked;
    const named = serverName === null ? null : this.#named(serverName.toLowerCase(), asked);
    return named ?? (this.isStrict ? null : this.#first);
  }

  #named(name: string, asked: Asked): Entry | null {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return pick(exact, asked);
    const dot = name.indexOf(".");
    const wild = dot < 0 ? undefined : this.#wild.get(name.slice(dot));
    if (wild === undefined) return null;
    const { ecdsa, rsa, other } = wild;
    return pick({ ecdsa: firstFor(name, ecdsa), rsa: firstFor(name, rsa), other: firstFor(name, other) }, asked);
  }
}

function firstFor<Entry>(name: string, wilds: readonly Wild<Entry>[] | undefined): Entry | undefined {
  return wilds?.find(({ excluded }) => !excluded.has(name))?.entry;
}

function excludedBy(names: readonly string[]): ReadonlySet<string> {
  // Mostly there is none, and there may be many thousands of certificates.
  if (!names.some((one) => one.startsWith("!"))) return nobody;
  const excluded = names.filter((one) => one.startsWith("!") && !one.startsWith("!*"));
  return excluded.length === 0 ? nobody : new Set(excluded.map((one) => one.slice(1)));
}

/** What the client can check, ECDSA first; else what there is, for it may say less than it can. */
function pick<Entry>({ ecdsa, rsa, other }: ByKey<Entry>, { takesEcdsa, takesRsa }: Asked): Entry | null {
  if (ecdsa !== undefined && takesEcdsa) return ecdsa;
  if (rsa !== undefined && takesRsa) return rsa;
  return other ?? ecdsa ?? rsa ?? null;
}
