/** Files of one kind, by name, and the one change of them that an operator prepares (management guide, "set ssl cert"). */

/** What a file is to hold once it is committed. */
export interface Transaction<Parts> {
  readonly name: string;
  readonly parts: Parts;
}

/** The same for the same contents alone. */
export interface Marked {
  readonly mark: string;
}

/** `Parts` may be incomplete while they are prepared; `Stored` is what is used. */
export class FileSet<Parts, Stored extends Parts & Marked> {
  readonly #files = new Map<string, Stored | null>();
  #transaction: Transaction<Parts> | null = null;

  /** `make` throws on what cannot be used. `changed` is told what is not used any more; null: nothing was. */
  constructor(
    private readonly make: (name: string, parts: Parts) => Stored,
    private readonly changed: (former: Stored | null) => void,
  ) {}

  /** Null: it was made by `create` and holds nothing; undefined: there is none of that name. */
  get(name: string): Stored | null | undefined {
    return this.#files.get(name);
  }

  /** In the order of their bytes, as HAProxy lists them. */
  names(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  /** Those that hold something, in the plan's order, then in the order of their making. */
  *all(): Iterable<readonly [string, Stored]> {
    for (const [name, stored] of this.#files) if (stored !== null) yield [name, stored];
  }

  /** One of the plan's. */
  load(name: string, stored: Stored): void {
    this.#files.set(name, stored);
  }

  /** Holds from the next handshake on. Throws what `make` throws, and has changed nothing then. */
  replace(name: string, parts: Parts): void {
    const stored = this.make(name, parts);
    const former = this.#files.get(name) ?? null;
    this.#files.set(name, stored);
    this.changed(former);
  }

  create(name: string): void {
    this.#files.set(name, null);
  }

  /** Whoever uses it does without from the next handshake on. */
  remove(name: string): void {
    const former = this.#files.get(name);
    if (this.#files.delete(name)) this.changed(former ?? null);
  }

  /** Null: there is none under way. */
  get transaction(): Transaction<Parts> | null {
    return this.#transaction;
  }

  /** Begins one, or changes what the one under way comes to. */
  prepare(name: string, parts: Parts): void {
    this.#transaction = { name, parts };
  }

  abort(): void {
    this.#transaction = null;
  }

  /** As `replace`; where that throws the transaction stays. */
  commit(): void {
    if (this.#transaction === null) return;
    this.replace(this.#transaction.name, this.#transaction.parts);
    this.#transaction = null;
  }
}
