/** What came out: values by figure, forwarder and round; medians, and ratios round by round. */
import type { Figure } from "./measure.ts";

/** Median, least and most. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Collects values; NaN stands for a round that gave none. */
export class Results {
  readonly #values = new Map<string, number[]>();
  readonly #forwarders: readonly string[];

  constructor(
    readonly figures: readonly Figure[],
    forwarders: readonly string[],
  ) {
    this.#forwarders = forwarders;
  }

  /** Those of which something was measured. */
  get forwarders(): readonly string[] {
    return this.#forwarders.filter((name) => this.figures.some(({ key }) => this.spread(key, name) !== null));
  }

  add(figure: Figure, forwarder: string, value: number): void {
    const id = `${figure.key} ${forwarder}`;
    const values = this.#values.get(id);
    if (values === undefined) this.#values.set(id, [value]);
    else values.push(value);
  }

  /** By round. */
  values(key: string, forwarder: string): readonly number[] {
    return this.#values.get(`${key} ${forwarder}`) ?? [];
  }

  /** Null where nothing was measured. */
  spread(key: string, forwarder: string): Spread | null {
    return spreadOf(this.values(key, forwarder));
  }

  /** One forwarder's values over another's, each in the same round; null where either has none. */
  ratio(key: string, forwarder: string, over: string): Spread | null {
    return this.#paired(key, forwarder, over, (value, other) => value / other);
  }

  /** How much more one forwarder's values are than another's, each in the same round; null where either has none. */
  difference(key: string, forwarder: string, from: string): Spread | null {
    return this.#paired(key, forwarder, from, (value, other) => value - other);
  }

  #paired(key: string, forwarder: string, other: string, of: (value: number, other: number) => number): Spread | null {
    const others = this.values(key, other);
    return spreadOf(this.values(key, forwarder).map((value, round) => of(value, others[round] ?? Number.NaN)));
  }
}

function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [upper, lower] = [sorted[middle], sorted[sorted.length % 2 === 0 ? middle - 1 : middle]];
  if (upper === undefined || lower === undefined) return null;
  return { median: (upper + lower) / 2, least: sorted[0] as number, most: sorted.at(-1) as number };
}
