/** Stick tables: keys, counters and rates with expiry, as `stick-table` declares them. */
import type { StickTablePlan } from "../../plan/rules/rule.ts";
import { latin1 } from "../../wire/latin1.ts";
import { isSame } from "../../plan/same.ts";
import { ownText } from "../value/own.ts";
import { type Sample, canonicalIPv6, cast, str } from "../value/sample.ts";
import { shownKey } from "./key-text.ts";
import { elementNamed, type Layout, layOut, readStore, type Store, storeKind, writeStore } from "./stores.ts";

/** A key in the form the table stores it in: see `StickTable.keyOf`. */
export type StickKey = string | number;

/** One key's data. Made and dropped by its table only. */
export interface StickEntry {
  readonly table: StickTable;
  readonly key: StickKey;
  /** Laid out by `table.layout`. */
  counters: number[];
  /** The server's name for `stick on`; null until a session stored one. */
  serverKey: string | null;
  /** That server's id; 0 until a session stored one. */
  serverId: number;
  /** Sessions that track it; it is never dropped while there are any. */
  references: number;
  expiresAt: number;
  isStored: boolean;
  older: StickEntry | null;
  newer: StickEntry | null;
}

/** One entry as `show table` tells it. */
export interface StickEntryFigures {
  readonly key: string;
  readonly use: number;
  /** Null when the table's entries never expire. */
  readonly expiresInMs: number | null;
  readonly data: readonly { readonly name: string; readonly periodMs: number; readonly value: number | string }[];
}

/** How many expired entries one operation may drop on the side, so that none of them takes long; those that count, more. */
const sweepAtOnce = 32;
const countedAtOnce = 1024;
/** How many one that needs room may drop, where it is not fewer that HAProxy drops. */
const purgedAtOnce = 1024;
/** How many entries one step of `trim` looks at. */
const trimmedAtOnce = 64;

/**
 * Keys with data, at most `size` of them.
 *
 * Entries nobody tracks stand in a list from the longest untouched to the latest touched, which is also the order of
 * expiry, since each touch gives the same time to live: dropping the expired and the oldest costs no search.
 */
export class StickTable {
  readonly name: string;
  #plan: StickTablePlan;
  readonly #layout: Layout;
  readonly #now: () => number;
  readonly #entries = new Map<StickKey, StickEntry>();
  #oldest: StickEntry | null = null;
  #newest: StickEntry | null = null;

  /** `now` in ms, monotonic. */
  constructor(plan: StickTablePlan, now: () => number) {
    this.name = plan.name;
    this.#plan = plan;
    this.#layout = layOut(plan);
    this.#now = now;
  }

  get plan(): StickTablePlan {
    return this.#plan;
  }

  get layout(): Layout {
    return this.#layout;
  }

  get nowMs(): number {
    return this.#now();
  }

  /** Entries that have not expired; where very many have at once, also some of those, as in HAProxy. */
  get used(): number {
    this.#dropExpired(this.#now(), countedAtOnce);
    return this.#entries.size;
  }

  /** Entries that may still be stored, without purging. */
  get available(): number {
    return Math.max(0, this.#plan.size - this.used);
  }

  /** What an entry of this table holds under `name`, or undefined when the table does not store it. */
  store(name: keyof Layout["stores"]): Store | undefined {
    return this.#layout.stores[name];
  }

  /**
   * The key for a sample, or undefined when it cannot be cast to the table's type. Too long text and bytes are cut,
   * short bytes filled up with zeros.
   */
  keyOf(sample: Sample): StickKey | undefined {
    switch (this.#plan.type) {
      case "ip":
        return textOf(cast(sample, "ipv4"));
      case "ipv6": {
        const text = textOf(cast(sample, "ipv6"));
        return text === undefined ? undefined : (canonicalIPv6(text) ?? undefined);
      }
      case "integer": {
        const number = cast(sample, "sint");
        return number?.type === "sint" ? Number(BigInt.asUintN(32, number.value)) : undefined;
      }
      case "string":
        return textOf(cast(sample, "str"))?.slice(0, this.#plan.keyLength);
      default: {
        const bytes = cast(sample, "bin");
        if (bytes?.type !== "bin") return undefined;
        const length = this.#plan.keyLength;
        return latin1(bytes.value.subarray(0, length)).padEnd(length, "\0");
      }
    }
  }

  /** A key typed by an operator; undefined when it is none of this table's type. */
  parseKey(text: string): StickKey | undefined {
    if (this.#plan.type === "integer" && !/^[0-9]+$/.test(text)) return undefined;
    return this.keyOf(str(text));
  }

  /** The entry of a key; does not count as use. */
  find(key: StickKey): StickEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.references > 0 || entry.expiresAt > this.#now()) return entry;
    this.#drop(entry);
    return undefined;
  }

  /** The entry of a key, made if need be and touched; undefined when the table is full and may not or cannot purge. */
  findOrCreate(given: StickKey): StickEntry | undefined {
    const nowMs = this.#now();
    this.#dropExpired(nowMs, sweepAtOnce);
    const known = this.#entries.get(given);
    if (known !== undefined) {
      this.touch(known);
      return known;
    }
    if (this.#entries.size >= this.#plan.size && !this.#makeRoom()) return undefined;
    // It was cut out of a payload.
    const key = typeof given === "string" ? ownText(given) : given;
    const entry: StickEntry = {
      table: this,
      key,
      counters: this.#layout.fresh.slice(),
      serverKey: null,
      serverId: 0,
      references: 0,
      expiresAt: this.#expiry(nowMs),
      isStored: true,
      older: null,
      newer: null,
    };
    this.#entries.set(key, entry);
    this.#append(entry);
    return entry;
  }

  /** Starts an entry's time to live again: it was used or changed. */
  touch(entry: StickEntry): void {
    entry.expiresAt = this.#expiry(this.#now());
    if (entry.references > 0 || entry === this.#newest || !entry.isStored) return;
    this.#unlink(entry);
    this.#append(entry);
  }

  /** Keeps an entry from being dropped until `release`. */
  retain(entry: StickEntry): void {
    if (entry.references++ === 0 && entry.isStored) this.#unlink(entry);
  }

  /** Ends one `retain` and touches the entry. */
  release(entry: StickEntry): void {
    entry.references--;
    entry.expiresAt = this.#expiry(this.#now());
    if (entry.references === 0 && entry.isStored) this.#append(entry);
  }

  /** Drops all that has expired, a bounded number of entries a step. */
  *sweep(): Generator<void> {
    for (;;) {
      this.#dropExpired(this.#now(), sweepAtOnce);
      if (this.#oldest === null || this.#oldest.expiresAt > this.#now()) return;
      yield;
    }
  }

  /**
   * The entries that there are at first, as far as they are still there when they are come to, the longest untouched not
   * necessarily first. Some may have expired. Those that come meanwhile stand behind, and are left out.
   */
  *entries(): Generator<StickEntry> {
    let left = this.#entries.size;
    if (left === 0) return;
    for (const entry of this.#entries.values()) {
      yield entry;
      left -= 1;
      if (left === 0) return;
    }
  }

  /** What `show table` says of an entry; null: it has expired. */
  figures(entry: StickEntry): StickEntryFigures | null {
    const nowMs = this.#now();
    if (entry.references === 0 && entry.expiresAt <= nowMs) return null;
    const data: StickEntryFigures["data"][number][] = [];
    const storesServer = this.#plan.stores.some((store) => store.name === "server_id");
    if (storesServer || entry.serverKey !== null) data.push({ name: "server_id", periodMs: 0, value: entry.serverId });
    const hasServerKey = entry.serverKey !== null || this.#plan.stores.some(({ name }) => name === "server_key");
    const serverKey = hasServerKey ? [{ name: "server_key", periodMs: 0, value: entry.serverKey ?? "-" }] : [];
    for (const store of Object.values(this.#layout.stores)) {
      if (store.isBehindServerKey) data.push(...serverKey.splice(0));
      for (let index = 0; index < store.count; index++) {
        const value = readStore(store, entry.counters, nowMs, index);
        data.push({ name: store.shown[index]!, periodMs: store.periodMs, value });
      }
    }
    data.push(...serverKey);
    const expiresInMs = this.#plan.expireMs === 0 ? null : Math.max(0, Math.round(entry.expiresAt - nowMs));
    return { key: shownKey(entry.key, this.#plan.type === "binary"), use: entry.references, expiresInMs, data };
  }

  /** Whether what an operator calls `data.NAME` is stored here; null: nothing has that name. */
  stores(name: string): boolean | null {
    if (name === "server_id" || this.#element(name) !== null) return true;
    return storeKind(name) !== undefined || elementNamed(name) !== null ? false : null;
  }

  /** Writes one value by the admin socket's `set table … data.NAME VALUE`; false when the table does not store it. */
  write(entry: StickEntry, name: string, value: number): boolean {
    const found = this.#element(name);
    if (name === "server_id") entry.serverId = value;
    else if (found === null) return false;
    else writeStore(found.store, entry.counters, this.#now(), value, found.index);
    this.touch(entry);
    return true;
  }

  /** By its own name, or as an array's element: `gpc3`, `gpc3_rate`, `gpt3`. */
  #element(name: string): { readonly store: Store; readonly index: number } | null {
    const { stores } = this.#layout;
    const alone = stores[name as Store["name"]];
    if (alone !== undefined) return { store: alone, index: 0 };
    const element = elementNamed(name);
    const store = element === null ? undefined : stores[element.array];
    return element === null || store === undefined || element.index >= store.count
      ? null
      : { store, index: element.index };
  }

  /** Remembers the server that a session with this key went to (`stick store-request`, `stick on`). */
  storeServer(entry: StickEntry, name: string, id: number): void {
    entry.serverKey = name;
    entry.serverId = id;
    this.touch(entry);
  }

  /** Drops an entry that nobody tracks; false when somebody does. */
  remove(entry: StickEntry): boolean {
    if (entry.references > 0) return false;
    this.#drop(entry);
    return true;
  }

  /** Whether what it holds is what `plan` declares, whatever its size and expiry. */
  isFor({ name, type, keyLength, stores }: StickTablePlan): boolean {
    const { plan } = this;
    return isSame([name, type, keyLength, stores], [plan.name, plan.type, plan.keyLength, plan.stores]);
  }

  /** Takes a declaration that it `isFor`; true: `trim` has work to do, for it is smaller or expires sooner. */
  redeclare(plan: StickTablePlan): boolean {
    const { size, expireMs } = this.#plan;
    this.#plan = plan;
    const isSooner = plan.expireMs !== 0 && (expireMs === 0 || plan.expireMs < expireMs);
    return isSooner || plan.size < size;
  }

  /** Brings entries that were stored before `redeclare` within its limits; yields how many it has looked at now and then. */
  *trim(): Generator<number, void, undefined> {
    const latest = this.#expiry(this.#now());
    let seen = 0;
    // What is stored meanwhile expires later than `latest`, and those before it in the list do not: their order stays.
    for (const entry of this.#entries.values()) {
      if (entry.expiresAt > latest) entry.expiresAt = latest;
      seen += 1;
      if (seen % trimmedAtOnce === 0) yield trimmedAtOnce;
    }
    while (this.#entries.size > this.#plan.size && this.#oldest !== null) {
      this.#drop(this.#oldest);
      seen += 1;
      if (seen % trimmedAtOnce === 0) yield trimmedAtOnce;
    }
  }

  #expiry(nowMs: number): number {
    return this.#plan.expireMs === 0 ? Number.POSITIVE_INFINITY : nowMs + this.#plan.expireMs;
  }

  #dropExpired(nowMs: number, atMost: number): void {
    for (let count = 0; count < atMost; count++) {
      const oldest = this.#oldest;
      if (oldest === null || oldest.expiresAt > nowMs) return;
      this.#drop(oldest);
    }
  }

  /** Drops a 256th of the table's size, the longest untouched first, as HAProxy does. None has expired. */
  #makeRoom(): boolean {
    if (this.#plan.nopurge) return false;
    const count = Math.min((this.#plan.size >> 8) + 1, purgedAtOnce);
    for (let left = count; left > 0 && this.#oldest !== null; left--) this.#drop(this.#oldest);
    return this.#entries.size < this.#plan.size;
  }

  #drop(entry: StickEntry): void {
    this.#entries.delete(entry.key);
    if (entry.references === 0) this.#unlink(entry);
    entry.isStored = false;
  }

  #append(entry: StickEntry): void {
    entry.older = this.#newest;
    entry.newer = null;
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: StickEntry): void {
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    entry.older = null;
    entry.newer = null;
  }
}

function textOf(sample: Sample | undefined): string | undefined {
  return sample === undefined || typeof sample.value !== "string" ? undefined : sample.value;
}
