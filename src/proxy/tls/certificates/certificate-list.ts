/** A `crt-list`, or a folder, as the plan read it and as an operator has changed it since. */
import type { BindTlsPlan, CertificateListPlan, TlsEntryPlan } from "../../../plan/tls.ts";

/** One certificate of it. */
export interface ListEntry {
  readonly plan: TlsEntryPlan;
  /** What tells entries of one certificate apart; 0: of a folder's own. */
  readonly line: number;
  /** What it says itself, within each listener's own; null: it is of the plan, where listeners have it already. */
  readonly terms: ReadonlyMap<BindTlsPlan, TlsEntryPlan["own"]> | null;
}

export class CertificateList {
  readonly #entries: ListEntry[];
  readonly #removed = new Set<string>();
  #lines: number;

  /** `changed` is told of each change. */
  constructor(
    readonly plan: CertificateListPlan,
    private readonly changed: () => void,
  ) {
    this.#entries = plan.entries.map((entry) => ({ plan: entry, line: lineOf(entry), terms: null }));
    this.#lines = plan.lines;
  }

  get entries(): readonly ListEntry[] {
    return this.#entries;
  }

  add(plan: TlsEntryPlan, terms: ReadonlyMap<BindTlsPlan, TlsEntryPlan["own"]>): void {
    this.#lines += 1;
    const position = { file: this.plan.name, line: this.#lines };
    this.#entries.push({ plan: { ...plan, position }, line: this.#lines, terms });
    this.changed();
  }

  remove(entry: ListEntry): void {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    if (entry.terms === null) this.#removed.add(keyOf(entry.plan));
    this.changed();
  }

  /** Whether a listener is still to serve what its plan has from here. */
  keeps(entry: TlsEntryPlan): boolean {
    return this.#removed.size === 0 || !this.#removed.has(keyOf(entry));
  }

  /** What was added, for one of its listeners. */
  *addedFor(listener: BindTlsPlan): Iterable<TlsEntryPlan> {
    for (const { plan, terms } of this.#entries) {
      if (terms !== null) yield { ...plan, own: terms.get(listener) ?? plan.own };
    }
  }
}

function lineOf({ position }: TlsEntryPlan): number {
  return position?.line ?? 0;
}

function keyOf(entry: TlsEntryPlan): string {
  return `${lineOf(entry)}:${entry.certificate}`;
}
