/** Counts by names that strangers choose, under few labels: those of a table always have their own, of all others the most frequent have. */
import { keptCharacters, keptText } from "./inventory/kept-text.ts";

/** Names beyond the table that have a label of their own. */
export const mostLabels = 64;
/** Names without a label that are watched for becoming frequent. */
const mostCandidates = 256;

/** Names whose label is not looked for in the table again. */
const mostMet = 1024;

/** What names without a label are counted under. */
export const otherLabel = "other";

/** One label. */
export interface Label {
  readonly name: string;
  /** How often it was counted, at all places. */
  total: number;
}

/**
 * Which names have labels.
 *
 * One that is new gets a label while there is room. Then it is watched, and takes the label of the rarest once it has come more often
 * than that: whoever makes names up, each once, changes nothing.
 */
export class Labels {
  readonly #known = new Map<string, Label>();
  /** Names in the table's own words, as far as they have been met. */
  readonly #met = new Map<string, Label>();
  readonly #others = new Map<string, Label>();
  readonly #candidates = new Map<string, number>();
  readonly #other: Label = { name: otherLabel, total: 0 };

  /**
   * `known`: what the table has for a name; null: nothing. `onFold` hears of a label that is given up: what was counted under it goes to the
   * other one.
   */
  constructor(
    private readonly known: (name: string) => string | null,
    private readonly onFold: (from: Label, to: Label) => void,
  ) {}

  /** The label that a name counts under now, and counts it. Others are kept as far as they can be shown. */
  take(name: string): Label {
    const label = this.#met.get(name) ?? this.#unmet(name);
    label.total += 1;
    return label;
  }

  #unmet(name: string): Label {
    const known = this.known(name);
    if (known === null) return this.#unknown(keptText(name));
    const label = this.#known.get(known) ?? { name: known, total: 0 };
    this.#known.set(known, label);
    if (name.length <= keptCharacters && this.#met.size < mostMet) this.#met.set(name, label);
    return label;
  }

  #unknown(name: string): Label {
    return this.#others.get(name) ?? this.#newcomer(name);
  }

  #newcomer(name: string): Label {
    if (name === otherLabel) return this.#other;
    if (this.#others.size < mostLabels) return this.#give(name, 0);
    const count = (this.#candidates.get(name) ?? 0) + 1;
    // Whoever has a label has come once at least.
    const rarest = count > 1 ? this.#rarest() : null;
    if (rarest !== null && count > rarest.total) {
      this.#candidates.delete(name);
      this.#others.delete(rarest.name);
      this.#other.total += rarest.total;
      this.onFold(rarest, this.#other);
      // Those that it had before are among the others.
      return this.#give(name, count - 1);
    }
    if (count > 1 || this.#candidates.size < mostCandidates) this.#candidates.set(name, count);
    else this.#tire();
    return this.#other;
  }

  #give(name: string, total: number): Label {
    const label = { name, total };
    this.#others.set(name, label);
    return label;
  }

  /** There is no room for another candidate: all of them lose what it would have had. */
  #tire(): void {
    for (const [name, count] of this.#candidates) {
      if (count > 1) this.#candidates.set(name, count - 1);
      else this.#candidates.delete(name);
    }
  }

  #rarest(): Label {
    let found: Label | null = null;
    for (const label of this.#others.values()) if (found === null || label.total < found.total) found = label;
    return found as Label;
  }
}

/** What was counted at one place, by label. */
export class LabelCounts {
  readonly #counts = new Map<Label, { count: number }>();

  add(label: Label, count = 1): void {
    const found = this.#counts.get(label);
    if (found === undefined) this.#counts.set(label, { count });
    else found.count += count;
  }

  fold(from: Label, to: Label): void {
    const found = this.#counts.get(from);
    if (found === undefined) return;
    this.#counts.delete(from);
    this.add(to, found.count);
  }

  *all(): Iterable<readonly [label: string, count: number]> {
    for (const [{ name }, { count }] of this.#counts) yield [name, count];
  }
}
