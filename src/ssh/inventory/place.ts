/**
 * Who speaks at one place: at a frontend, or as one server. However much strangers make up, there is an end to it: the rarest
 * rows are folded into `other`, known families each into one of their own, so that nobody can push those out.
 */
import { choiceText, type KeptChoice, newRow, type Row, type RowTerms, take, verdictText } from "./row.ts";
import type { KeptOffer, Offers } from "./offers.ts";

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

/** What was seen of one side of one session. */
export interface Sighting {
  readonly software: string;
  readonly version: string;
  readonly offer: KeptOffer | null;
  /** Of an offer, kept or not. */
  readonly verdict: RowTerms["verdict"];
  readonly choice: KeptChoice | null;
}

interface HeldRow extends Row {
  readonly held: KeptOffer | null;
}

type Rows = Map<string, HeldRow>;

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
    const { software, version, offer } = sighting;
    // A saved row that others were folded into says so by its version.
    if (version === otherName && offer === null) return this.#foldedRow({ ...sighting, offer: null }, at);
    const offered = offer === null ? verdictText(sighting.verdict) : String(offer.id);
    const key = `${software}\n${version}\n${offered}\n${choiceText(sighting.choice)}`;
    return this.#rowsOf(software).get(key) ?? this.#newRow(key, sighting, at);
  }

  #rowsOf(software: string): Rows {
    return this.#shared.familyOf(software) === null ? this.#other : this.#known;
  }

  #newRow(key: string, sighting: Sighting, at: number): Row {
    const { offer } = sighting;
    const terms = { ...sighting, offer: offer?.names ?? null };
    const rows = this.#rowsOf(sighting.software);
    const isFull = rows.size >= (rows === this.#known ? mostKnownRows : mostOtherRows);
    if (isFull || this.#shared.rows >= mostRows) {
      if (rows.size === 0) return this.#foldedRow(terms, at);
      this.#foldRarest(rows);
    }
    const row: HeldRow = { ...newRow(key, terms, at), held: offer };
    if (offer !== null) this.#shared.offers.hold(offer);
    rows.set(key, row);
    this.#shared.rows += 1;
    return row;
  }

  #foldRarest(rows: Rows): void {
    let rarest: HeldRow | null = null;
    let least = Infinity;
    for (const row of rows.values()) {
      const { total } = row.days;
      if (total > least || (total === least && rarest !== null && row.lastAt >= rarest.lastAt)) continue;
      rarest = row;
      least = total;
    }
    if (rarest === null) return;
    this.#remove(rarest);
    take(this.#foldedRow(rarest, rarest.firstAt), rarest, "more");
  }

  #remove(row: HeldRow): void {
    this.#rowsOf(row.software).delete(row.key);
    this.#shared.rows -= 1;
    if (row.held !== null) this.#shared.offers.release(row.held);
  }

  /** What is known of all that is folded there: how it is judged, and what came of it; where there is too much of that, nothing. */
  #foldedRow(terms: RowTerms, at: number): Row {
    const software = this.#shared.familyOf(terms.software) ?? otherName;
    const choice = terms.choice === null ? null : { ...terms.choice, names: null };
    const judged = { software, version: otherName, offer: null, verdict: terms.verdict, choice };
    const found = this.#folded.get(foldKey(judged));
    if (found !== undefined) return found;
    const kept = this.#folded.size < mostFoldedRows ? judged : { ...judged, verdict: null, choice: null };
    const key = foldKey(kept);
    let row = this.#folded.get(key);
    if (row === undefined) this.#folded.set(key, (row = newRow(key, kept, at)));
    return row;
  }

  /** Forgets the days before that one, and what was not seen since. */
  forgetBefore(day: number): void {
    for (const rows of [this.#known, this.#other]) {
      for (const row of rows.values()) {
        row.days.forgetBefore(day);
        if (row.days.total === 0) this.#remove(row);
      }
    }
    for (const row of this.#folded.values()) {
      row.days.forgetBefore(day);
      if (row.days.total === 0) this.#folded.delete(row.key);
    }
  }
}

function foldKey({ software, verdict, choice }: RowTerms): string {
  return `${software}\n${verdictText(verdict)}\n${choiceText(choice)}`;
}
