/** Which host keys servers were seen with, and when: what outlives reloads, and with a file the process. */
import type { ProbedKey } from "../probe/probed.ts";
import type { HostKeyFacts } from "../public.ts";

/** A key that a server has just shown. */
export type SeenKey = Pick<HostKeyFacts, "name" | "type" | "bits" | "fingerprint" | "isVerified">;

/** A key in the place of another. */
export interface KeyChange {
  readonly type: string;
  readonly from: Pick<HostKeyFacts, "fingerprint" | "firstAt" | "lastAt">;
  readonly to: string;
}

/** Servers that no plan has any more and that are remembered. */
export const mostGone = 1000;
/** Fingerprints whose kind is remembered. */
const mostNames = 65_536;

const certificate = " certificate";

/** The keys that a probe has read, but for those whose signature was wrong: the server does not have them. */
export function seenKeys(keys: readonly ProbedKey[]): readonly SeenKey[] {
  return keys.flatMap(({ key, signature }) => {
    if (key === null || signature === "invalid") return [];
    const { type, bits, fingerprint } = key;
    const name = key.certificate === null ? key.name : `${key.name}${certificate}`;
    return [{ name, type, bits, fingerprint, isVerified: signature === "valid" }];
  });
}

/** The kind of key that is in it: a certificate's is none of its own. */
export function plainName(name: string): string {
  return name.endsWith(certificate) ? name.slice(0, -certificate.length) : name;
}

/** One server at one address. */
export class KnownServer {
  readonly keys = new Map<string, HostKeyFacts>();
  lookedAt: number | null = null;
  /** Why the last look was not whole, or what was wrong with it. */
  failure: string | null = null;
  /** Since the start of the process. */
  changes = 0;

  constructor(
    readonly backend: string,
    readonly server: string,
    readonly address: string,
  ) {}

  /** Those that it lists. */
  get held(): readonly HostKeyFacts[] {
    return [...this.keys.values()].filter(({ isListed }) => isListed);
  }

  /** What it has shown in a look; `isWhole`: what it has not shown it does not list. What has changed. */
  note(seen: readonly SeenKey[], isWhole: boolean, at: number): readonly KeyChange[] {
    this.lookedAt = at;
    if (isWhole) for (const [name, key] of this.keys) this.keys.set(name, { ...key, isListed: false });
    const changed: KeyChange[] = [];
    for (const one of seen) {
      const known = this.keys.get(one.name);
      const isSame = known?.fingerprint === one.fingerprint;
      const before = known === undefined || isSame ? (known?.before ?? null) : whileSeen(known);
      const firstAt = known !== undefined && isSame ? known.firstAt : at;
      this.keys.set(one.name, { ...one, firstAt, lastAt: at, isListed: true, before });
      if (known !== undefined && !isSame) changed.push({ type: one.type, from: whileSeen(known), to: one.fingerprint });
    }
    this.changes += changed.length;
    return changed;
  }

  /** What another process has seen of it: what is known here is newer. */
  takeIn(saved: Pick<KnownServer, "lookedAt"> & { readonly keys: readonly HostKeyFacts[] }): void {
    this.lookedAt ??= saved.lookedAt;
    for (const one of saved.keys) {
      const known = this.keys.get(one.name);
      if (known === undefined) this.keys.set(one.name, one);
      else if (known.fingerprint === one.fingerprint)
        this.keys.set(one.name, {
          ...known,
          firstAt: Math.min(known.firstAt, one.firstAt),
          before: known.before ?? one.before,
        });
      else if (known.before === null) this.keys.set(one.name, { ...known, before: whileSeen(one) });
    }
  }
}

function keyOf(backend: string, server: string, address: string): string {
  return `${backend}/${server} ${address}`;
}

function whileSeen({ fingerprint, firstAt, lastAt }: HostKeyFacts): KeyChange["from"] {
  return { fingerprint, firstAt, lastAt };
}

/** All of them, by backend, server and address. */
export class KnownServers {
  readonly #servers = new Map<string, KnownServer>();
  /** The kind of each fingerprint that any server was seen with: what a pin is for. */
  readonly #names = new Map<string, string>();
  #changes = 0;

  /** Goes up with everything that is worth being kept. */
  get changes(): number {
    return this.#changes;
  }

  get size(): number {
    return this.#servers.size;
  }

  all(): Iterable<KnownServer> {
    return this.#servers.values();
  }

  /** Made where it is not known yet. */
  at(backend: string, server: string, address: string): KnownServer {
    const key = keyOf(backend, server, address);
    let known = this.#servers.get(key);
    if (known === undefined) this.#servers.set(key, (known = new KnownServer(backend, server, address)));
    return known;
  }

  /** See `KnownServer.note`. */
  note(server: KnownServer, seen: readonly SeenKey[], isWhole: boolean, at: number): readonly KeyChange[] {
    const changed = server.note(seen, isWhole, at);
    for (const { fingerprint, name } of seen) this.#name(fingerprint, name);
    this.#changes += 1;
    return changed;
  }

  /** See `KnownServer.takeIn`. */
  takeIn(server: KnownServer, saved: Parameters<KnownServer["takeIn"]>[0]): void {
    server.takeIn(saved);
    for (const { fingerprint, name } of saved.keys) this.#name(fingerprint, name);
    this.#changes += 1;
  }

  #name(fingerprint: string, name: string): void {
    if (this.#names.size >= mostNames) this.#names.clear();
    this.#names.set(fingerprint, plainName(name));
  }

  /** The kind of the key that has this fingerprint; null: no server was seen with it. */
  nameOf(fingerprint: string): string | null {
    return this.#names.get(fingerprint) ?? null;
  }

  /** What is known of it; null: nothing. */
  find(backend: string, server: string, address: string): KnownServer | null {
    return this.#servers.get(keyOf(backend, server, address)) ?? null;
  }

  /** Of those that nobody looks at any more the ones stay that were looked at last. */
  trim(isWatched: (server: KnownServer) => boolean): void {
    const gone = [...this.#servers].filter(([, server]) => !isWatched(server));
    if (gone.length <= mostGone) return;
    gone.sort(([, one], [, other]) => (one.lookedAt ?? 0) - (other.lookedAt ?? 0));
    for (const [key] of gone.slice(0, gone.length - mostGone)) this.#servers.delete(key);
  }
}
