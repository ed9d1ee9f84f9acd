/** Stick tables as pages and commands see them. */

/** What pages and commands need of a stick table; the tables of `rules` offer it. Keys and entries are the table's own: nobody here looks into them. */
export interface TableView {
  readonly name: string;
  readonly plan: { readonly type: string; readonly size: number };
  readonly used: number;
  /** Drops expired entries, a bounded number a step: what `used` and the others then have to drop is little. */
  sweep(): Iterable<void>;
  parseKey(text: string): unknown;
  find(key: unknown): unknown;
  findOrCreate(key: unknown): unknown;
  /** Those that there are when it begins and are still there when they are come to, also such as have expired. */
  entries(): Iterable<unknown>;
  /** Null: it has expired. */
  figures(entry: unknown): TableEntry | null;
  /** Whether there is data of this name in the table; null: nothing has such a name. */
  stores(name: string): boolean | null;
  write(entry: unknown, name: string, value: number): boolean;
  remove(entry: unknown): boolean;
}

/** One entry as it is shown. */
export interface TableEntry {
  readonly key: string;
  readonly use: number;
  readonly expiresInMs: number | null;
  readonly data: readonly { readonly name: string; readonly periodMs: number; readonly value: number | string }[];
}
