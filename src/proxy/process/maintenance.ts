/** Proxies in maintenance, by name: an operator has it so that their new sessions are refused, and their users read why. */

/** A proxy's maintenance, for as long as it lasts. */
export interface Maintenance {
  /** Ms since 1970. */
  readonly since: number;
  /** What users read; "": nothing was said. */
  readonly text: string;
  /** Sessions and requests that were refused for it. */
  refused: number;
}

/** Those of the process. They stay over reloads for as long as a proxy of that name does. */
export class MaintenanceList {
  readonly #byName = new Map<string, Maintenance>();

  /** Null: it serves. */
  of(name: string): Maintenance | null {
    return this.#byName.size === 0 ? null : (this.#byName.get(name) ?? null);
  }

  /** One that is in maintenance already goes on to be, under another text. */
  begin(name: string, text: string): void {
    const { since = Date.now(), refused = 0 } = this.#byName.get(name) ?? {};
    this.#byName.set(name, { since, text, refused });
  }

  /** What it was like; null: it was in none. */
  end(name: string): Maintenance | null {
    const ended = this.of(name);
    this.#byName.delete(name);
    return ended;
  }

  /** Those that are not there any more serve when they come back. */
  keepOnly(isThere: (name: string) => boolean): void {
    for (const name of this.#byName.keys()) if (!isThere(name)) this.#byName.delete(name);
  }

  all(): Iterable<readonly [name: string, Maintenance]> {
    return this.#byName.entries();
  }
}
