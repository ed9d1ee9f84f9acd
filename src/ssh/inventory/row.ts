/** One row of the inventory: software that offered one thing, and what came of it. */
import type { SshChoice } from "../../ssh-facts.ts";
import { DayCounts } from "./day-counts.ts";
import { keptNames, type Names, type Verdict } from "./kept-offer.ts";
import { keptText } from "./kept-text.ts";

/** What both sides chose, as far as it is kept. */
export interface KeptChoice {
  /** Null: too rare to be kept by name. */
  readonly names: Names | null;
  readonly isPostQuantum: boolean;
  readonly isStrict: boolean;
  readonly isTerrapin: boolean;
}

/** What makes a row another one. */
export interface RowTerms {
  readonly software: string;
  readonly version: string;
  /** Names that were offered; null: nothing was, or it is not kept. */
  readonly offer: Names | null;
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

/** Null where both have no key exchange in common. */
export function keptChoice(choice: SshChoice | null): KeptChoice | null {
  if (choice === null || choice.keyExchange === "") return null;
  const { isPostQuantum, isStrict, isTerrapin } = choice;
  const names = {
    kex: pair(choice.keyExchange, ""),
    hostkey: pair(choice.hostKey, ""),
    cipher: pair(choice.cipherToServer, choice.cipherToClient),
    mac: pair(choice.macToServer, choice.macToClient),
    compression: pair(choice.compressionToServer, choice.compressionToClient),
  };
  return { names, isPostQuantum, isStrict, isTerrapin };
}

/** Both directions, where they differ. */
function pair(one: string, other: string): readonly string[] {
  if (other === one || other === "") return one === "" ? [] : [keptText(one)];
  return keptNames([one, other]);
}

/** Tells choices apart. */
export function choiceText(choice: KeptChoice | null): string {
  if (choice === null) return "";
  const { names, isPostQuantum, isStrict, isTerrapin } = choice;
  const bits = `${isPostQuantum ? 1 : 0}${isStrict ? 1 : 0}${isTerrapin ? 1 : 0}`;
  if (names === null) return bits;
  const { kex, hostkey, cipher, mac, compression } = names;
  return `${bits} ${listText(kex)};${listText(hostkey)};${listText(cipher)};${listText(mac)};${listText(compression)}`;
}

function listText(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? "") : names.join(",");
}

/** Tells verdicts apart. */
export function verdictText(verdict: Verdict | null): string {
  if (verdict === null) return "";
  return `${Number(verdict.sshRsa)}${Number(verdict.sha1)}${Number(verdict.cbc)}${verdict.exchange}`;
}
