/** One row of the inventory: software that offered one thing, and what came of it. */
import { DayCounts } from "./day-counts.ts";
import type { KeptChoice } from "./kept-choice.ts";
import type { Verdict } from "./kept-offer.ts";
import type { KeptOffer } from "./offers.ts";

/** What makes a row another one. */
export interface RowTerms {
  readonly software: string;
  readonly version: string;
  /** What was offered; null: nothing was, or it is not kept. */
  readonly offer: KeptOffer | null;
  /** Null: nothing was offered. */
  readonly verdict: Verdict | null;
  /** Null: it did not come to a choice. */
  readonly choice: KeptChoice | null;
}

export interface Row extends RowTerms {
  /** What its place finds it by. */
  readonly key: string;
  firstAt: number;
  lastAt: number;
  readonly days: DayCounts;
}

/** What was counted elsewhere. */
interface Counted {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly days: Iterable<readonly [day: number, count: number]>;
}

/** Nothing is counted in it yet. */
export function newRow(key: string, terms: RowTerms, firstAt: number): Row {
  const { software, version, offer, verdict, choice } = terms;
  return { key, software, version, offer, verdict, choice, firstAt, lastAt: firstAt, days: new DayCounts() };
}

/** Takes over what another one has counted; see `DayCounts.take`. */
export function take(row: Row, other: Counted, as: "more" | "same"): void {
  row.firstAt = Math.min(row.firstAt, other.firstAt);
  row.lastAt = Math.max(row.lastAt, other.lastAt);
  row.days.take(other.days, as);
}

/** Tells verdicts apart. */
export function verdictText(verdict: Verdict | null): string {
  if (verdict === null) return "";
  const { sshRsa, sha1, cbc, exchange } = verdict;
  return (sshRsa ? "1" : "0") + (sha1 ? "1" : "0") + (cbc ? "1" : "0") + exchange;
}
