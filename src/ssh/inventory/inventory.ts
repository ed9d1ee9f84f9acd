/** Who speaks what: clients and servers as sessions have shown them, over days, in a bounded room. */
import type { SshFacts, SshSide } from "../../ssh-facts.ts";
import type { SshReport, SshSummary } from "../public.ts";
import { dayOf, keptDays } from "./day-counts.ts";
import { nameIn } from "./families.ts";
import { type KeptChoice, KeptChoices } from "./kept-choice.ts";
import { verdictOf } from "./kept-offer.ts";
import { keptText } from "./kept-text.ts";
import { Offers } from "./offers.ts";
import { otherName, Place, type Shared, type Sighting } from "./place.ts";
import { gatherReport, type ReportedPlace, summaryOf } from "./report.ts";
import { type Row, take } from "./row.ts";

/** Clients come to frontends; servers are `backend/server`. */
export type Side = "client" | "server";

/** Where a session's two sides speak; null: it had none. */
export interface SessionPlaces {
  readonly frontend: string;
  readonly server: string | null;
}

/** What was counted elsewhere of such sightings. */
export interface SavedCounts {
  readonly sighting: Sighting;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly days: readonly (readonly [day: number, count: number])[];
}

/** Places of one side; those beyond are one together. */
const mostPlaces = 4096;

/** So long a summary does, a row that it has: whoever asks all the time has it made anew for a small part of that. */
const goodMsPerRow = 10;
const mostGoodMs = 10_000;

/** One per process: reloads leave it as it is, and what has gone from the configuration stays until its days have passed. */
export class Inventory {
  readonly #now: () => number;
  readonly #shared: Shared;
  readonly #places = { client: new Map<string, Place>(), server: new Map<string, Place>() };
  readonly #choices = new KeptChoices();
  #today = 0;
  #changes = 0;
  #summary: {
    readonly at: number;
    readonly changes: number;
    readonly goodMs: number;
    readonly summary: SshSummary;
  } | null = null;

  /** `now`: the calendar's clock, ms. `familyOf`: the family that software is of, which always has a row of its own; null: none. */
  constructor(now: () => number, familyOf: (software: string) => string | null) {
    this.#now = now;
    this.#shared = { offers: new Offers(), familyOf, rows: 0 };
  }

  /** Goes up with whatever is to be saved. */
  get changes(): number {
    return this.#changes;
  }

  /** A session is over. */
  note(facts: SshFacts, { frontend, server }: SessionPlaces): void {
    const at = this.#now();
    this.#begin(dayOf(at));
    const choice = this.#choices.find(facts.choice);
    this.#noteSide("client", frontend, facts.client, choice, at);
    if (server !== null) this.#noteSide("server", server, facts.server, choice, at);
  }

  #noteSide(
    side: Side,
    place: string,
    { identification, offer }: SshSide,
    choice: KeptChoice | null,
    at: number,
  ): void {
    if (identification === null) return;
    const found = offer === null ? null : this.#shared.offers.find(offer);
    const sighting = {
      software: this.#nameOf(identification.software),
      version: keptText(identification.version),
      offer: found,
      verdict: found?.verdict ?? (offer === null ? null : verdictOf(offer)),
      choice: offer === null ? null : choice,
    };
    const row = this.#rowFor(side, place, sighting, at);
    row.lastAt = Math.max(row.lastAt, at);
    row.days.add(dayOf(at));
    this.#changes += 1;
  }

  /** What was counted in another process, or before a reload: see `restore`. Days that are too old, or have not come yet, are left out. */
  takeIn(side: Side, place: string, saved: SavedCounts): void {
    const at = this.#now();
    const today = dayOf(at);
    this.#begin(today);
    const days = saved.days.filter(([day, count]) => day > today - keptDays && day <= today && count > 0);
    if (days.length === 0) return;
    const lastAt = Math.min(saved.lastAt, at);
    const software = this.#nameOf(saved.sighting.software);
    const row = this.#rowFor(side, place, { ...saved.sighting, software }, lastAt);
    take(row, { firstAt: Math.min(saved.firstAt, lastAt), lastAt, days }, "same");
    this.#changes += 1;
  }

  #nameOf(software: string): string {
    return keptText(nameIn(this.#shared.familyOf(software), software));
  }

  #rowFor(side: Side, place: string, sighting: Sighting, at: number): Row {
    const places = this.#places[side];
    const name = places.has(place) || places.size < mostPlaces ? place : otherName;
    let found = places.get(name);
    if (found === undefined) places.set(name, (found = new Place(this.#shared)));
    return found.rowFor(sighting, at);
  }

  get offers(): Offers {
    return this.#shared.offers;
  }

  /** With the first of a day goes what is too old. */
  #begin(day: number): void {
    if (day <= this.#today) return;
    this.#today = day;
    const oldest = day - keptDays + 1;
    for (const places of Object.values(this.#places)) {
      for (const [name, place] of places) {
        place.forgetBefore(oldest);
        if (place.isEmpty) places.delete(name);
      }
    }
  }

  /** All rows. What changes between two of them may or may not be seen. */
  *rows(): Iterable<{ readonly side: Side; readonly place: string; readonly row: Row }> {
    for (const side of ["client", "server"] as const)
      for (const { name, rows } of this.#reported(side)) for (const row of rows) yield { side, place: name, row };
  }

  *#reported(side: Side): Iterable<ReportedPlace> {
    for (const [name, place] of this.#places[side]) yield { name, rows: [...place.rows()] };
  }

  /** See `PublicSsh`. */
  report(sinceAt: number | null): Generator<undefined, SshReport> {
    return this.#gather(sinceAt, true);
  }

  #gather(sinceAt: number | null, withAlgorithms: boolean): Generator<undefined, SshReport> {
    const places = { clients: this.#reported("client"), servers: this.#reported("server") };
    return gatherReport(places, this.#now(), sinceAt, withAlgorithms);
  }

  /** The same in few figures. Where there is much, those of some seconds ago do. */
  *summary(): Generator<undefined, SshSummary> {
    const at = this.#now();
    const last = this.#summary;
    if (last !== null && (last.changes === this.#changes || Math.abs(at - last.at) < last.goodMs)) return last.summary;
    const goodMs = Math.min(this.#shared.rows * goodMsPerRow, mostGoodMs);
    const changes = this.#changes;
    const summary = summaryOf(yield* this.#gather(null, false));
    this.#summary = { at, changes, goodMs, summary };
    return summary;
  }
}
