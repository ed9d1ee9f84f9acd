/**
 * Who speaks at one place: at a frontend, or as one server. However much strangers make up, there is an end to it: the rarest
 * rows are folded into `other`, known families each into one of their own, so that nobody can push those out.
 */
import type { Offers } from "./offers.ts";
import { newRow, type Row, type RowTerms, take, verdictText } from "./row.ts";

/** Rows of one place that have a version: of families that are known, and of others. */
export const mostKnownRows = 192;
export const mostOtherRows = 64;
/** Rows of one place into which others were folded, each with what is known of those. Beyond, each family has one. */
export const mostFoldedRows = 128;
/** Rows that have a version, at all places together. */
export const mostRows = 16_384;

/** What stands for a version, or software, that is not kept. */
export const otherName = "other";

/** What all places share. */
export interface Shared {
  readonly offers: Offers;
  /** Null: none that is known. */
  readonly familyOf: (software: string) => string | null;
  /** Rows that have a version. */
  rows: number;
}

/** What was seen of one side of one session; the verdict also of an offer that is not kept. */
export type Sighting = RowTerms;

type Rows = Map<string, Row>;

/** Empty at first. */
export class Place {
  readonly #shared: Shared;
  readonly #known: Rows = new Map();
  readonly #other: Rows = new Map();
  readonly #folded = new Map<string, Row>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  get isEmpty(): boolean {
    return this.#known.size + this.#other.size + this.#folded.size === 0;
  }

  *rows(): Iterable<Row> {
    yield* this.#known.values();
    yield* this.#other.values();
    yield* this.#folded.values();
  }

  /** The row for what was seen: there already, new, or that of everything that is too rare. */
  rowFor(sighting: Sighting, at: number): Row {
    const { software, version, offer, verdict, choice } = sighting;
    // A saved row that others were folded into says so by its version.
    if (version === otherName && offer === null) return this.#foldedRow(sighting, at);
    const offered = offer === null ? verdictText(verdict) : offer.id;
    const key = `${software}\n${version}\n${offered}\n${choice === null ? "" : choice.text}`;
    const rows = this.#rowsOf(software);
    return rows.get(key) ?? this.#newRow(rows, key, sighting, at);
  }

  #rowsOf(software: string): Rows {
    return this.#shared.familyOf(software) === null ? this.#other : this.#known;
  }

  #newRow(rows: Rows, key: string, sighting: Sighting, at: number): Row {
    const isFull = rows.size >= (rows === this.#known ? mostKnownRows : mostOtherRows);
    if (isFull || this.#shared.rows >= mostRows) {
      if (rows.size === 0) return this.#foldedRow(sighting, at);
      this.#foldRarest(rows);
    }
    const row = newRow(key, sighting, at);
    if (row.offer !== null) this.#shared.offers.hold(row.offer);
    rows.set(key, row);
    this.#shared.rows += 1;
    return row;
  }

  #foldRarest(rows: Rows): void {
    let rarest: Row | null = null;
    let least = Infinity;
    for (const row of rows.values()) {
      const { total } = row.days;
      if (total > least || (total === least && rarest !== null && row.lastAt >= rarest.lastAt)) continue;
      rarest = row;
      least = total;
      // None is rarer, and of those the oldest stand first.
      if (total <= 1) break;
    }
    if (rarest === null) return;
    this.#remove(rows, rarest);
    take(this.#foldedRow(rarest, rarest.firstAt), rarest, "more");
  }

  #remove(rows: Rows, row: Row): void {
    rows.delete(row.key);
    this.#shared.rows -= 1;
    if (row.offer !== null) this.#shared.offers.release(row.offer);
  }

  /** What is known of all that is folded there: how it is judged, and what came of it; where there is too much of that, nothing. */
  #foldedRow({ software, verdict, choice }: RowTerms, at: number): Row {
    const family = this.#shared.familyOf(software) ?? otherName;
    const unnamed = choice === null ? null : choice.unnamed;
    const found = this.#folded.get(foldKey(family, verdict, unnamed));
    if (found !== undefined) return found;
    const isKept = this.#folded.size < mostFoldedRows;
    const [judged, chosen] = isKept ? [verdict, unnamed] : [null, null];
    const key = foldKey(family, judged, chosen);
    let row = this.#folded.get(key);
    if (row === undefined) {
      const terms = { software: family, version: otherName, offer: null, verdict: judged, choice: chosen };
      this.#folded.set(key, (row = newRow(key, terms, at)));
    }
    return row;
  }

  /** Forgets the days before that one, and what was not seen since. */
  forgetBefore(day: number): void {
    for (const rows of [this.#known, this.#other]) {
      for (const row of rows.values()) {
        row.days.forgetBefore(day);
        if (row.days.total === 0) this.#remove(rows, row);
      }
    }
    for (const row of this.#folded.values()) {
      row.days.forgetBefore(day);
      if (row.days.total === 0) this.#folded.delete(row.key);
    }
  }
}

function foldKey(software: string, verdict: RowTerms["verdict"], choice: RowTerms["choice"]): string {
  return `${software}\n${verdictText(verdict)}\n${choice === null ? "" : choice.text}`;
}
