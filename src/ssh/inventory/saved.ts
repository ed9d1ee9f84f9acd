/** The inventory as a text that outlives the process: a line of JSON for each offer and each row, between a first and a last one. */
import * as v from "valibot";
import { keptDays } from "./day-counts.ts";
import type { Inventory } from "./inventory.ts";
import {
  keptNames,
  mostOfferCharacters,
  offerOfSaved,
  type OfferLists,
  savedOffer,
  type Verdict,
} from "./kept-offer.ts";
import { KeptChoice } from "./kept-choice.ts";
import { keptCharacters, keptText } from "./kept-text.ts";
import { foreignText, savedValue, wrongHead } from "../saved-head.ts";

/** The first line says whose it is, and of which form. */
const head = { file: "fairlead ssh-report", version: 1 } as const;

/** More lines than ever there are. */
const mostLines = 100_000;

const instant = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(keptCharacters), v.transform(keptText));
const names = v.pipe(
  v.array(text),
  v.maxLength(8),
  v.transform((all) => keptNames(all)),
);

const offerLine = v.strictObject({
  offer: instant,
  lists: v.pipe(v.string(), v.maxLength(mostOfferCharacters + 8), v.transform(offerOfSaved), v.nonNullable(v.any())),
});

const choice = v.pipe(
  v.strictObject({
    names: v.nullable(v.strictObject({ kex: names, hostkey: names, cipher: names, mac: names, compression: names })),
    isPostQuantum: v.boolean(),
    isStrict: v.boolean(),
    isTerrapin: v.boolean(),
  }),
  v.transform((kept) => new KeptChoice(kept.names, kept)),
);

const verdict = v.strictObject({
  sshRsa: v.boolean(),
  sha1: v.boolean(),
  cbc: v.boolean(),
  exchange: v.picklist(["mlkem", "otherPostQuantum", "classical"]),
});

const rowLine = v.strictObject({
  side: v.picklist(["client", "server"]),
  place: v.pipe(v.string(), v.maxLength(1024)),
  software: text,
  version: text,
  /** The number of an offer in a line before. */
  offer: v.nullable(instant),
  verdict: v.nullable(verdict),
  choice: v.nullable(choice),
  firstAt: instant,
  lastAt: instant,
  days: v.pipe(v.array(v.tuple([instant, instant])), v.maxLength(keptDays)),
});

const lastLine = v.strictObject({ lines: instant });

type SavedRow = v.InferOutput<typeof rowLine>;

/** A saved inventory that was found to be whole. */
export interface Saved {
  readonly offers: ReadonlyMap<number, OfferLists>;
  readonly rows: readonly SavedRow[];
}

/** Its lines, with their ends; in steps. */
export function* savedLines(inventory: Inventory): Iterable<string> {
  let lines = 0;
  yield line(head);
  const offers = new Set<number>();
  for (const { id, text: lists } of inventory.offers) {
    offers.add(id);
    lines += 1;
    yield line({ offer: id, lists: savedOffer(lists) });
  }
  for (const { side, place, row } of inventory.rows()) {
    const { software, version, verdict: judged, choice: chosen, firstAt, lastAt, days } = row;
    const offer = row.offer !== null && offers.has(row.offer.id) ? row.offer.id : null;
    lines += 1;
    yield line({
      side,
      place,
      software,
      version,
      offer,
      verdict: judged,
      choice: chosen,
      firstAt,
      lastAt,
      days: [...days],
    });
  }
  yield line({ lines });
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** Reads such a text; what is wrong with it, in words. One step a line. */
export function* readSaved(content: string): Generator<undefined, Saved | string> {
  const offers = new Map<number, OfferLists>();
  const rows: SavedRow[] = [];
  let lines = 0;
  let at = 0;
  for (let number = 1; number <= mostLines; number++) {
    const end = content.indexOf("\n", at);
    if (end < 0) return number === 1 ? foreignText(head) : "it ends before its last line";
    const value = savedValue(content.slice(at, end));
    at = end + 1;
    yield;
    if (number === 1) {
      const wrong = wrongHead(head, value);
      if (wrong !== null) return wrong;
      continue;
    }
    const last = v.safeParse(lastLine, value);
    if (last.success)
      return last.output.lines === lines && at === content.length ? { offers, rows } : "lines of it are missing";
    lines += 1;
    const offer = v.safeParse(offerLine, value);
    const row = v.safeParse(rowLine, value);
    if (offer.success) offers.set(offer.output.offer, offer.output.lists as OfferLists);
    else if (row.success) rows.push(row.output);
    else return `line ${number} makes no sense`;
  }
  return "it has too many lines";
}

/**
 * Takes a saved inventory in. It may be a copy of what is known already, as after a reload that names another file: of each
 * day the higher count holds. One step a row.
 */
export function* restore(inventory: Inventory, { offers, rows }: Saved): Iterable<undefined> {
  for (const row of rows) {
    const offered = row.offer === null ? undefined : offers.get(row.offer);
    const offer = offered === undefined ? null : inventory.offers.find(offered);
    inventory.takeIn(row.side, row.place, {
      sighting: {
        software: row.software,
        version: row.version,
        offer,
        verdict: offer?.verdict ?? (row.verdict satisfies Verdict | null),
        choice: row.choice,
      },
      firstAt: row.firstAt,
      lastAt: row.lastAt,
      days: row.days,
    });
    yield;
  }
}

/** Reads such a text and takes it in, or nothing of it: what is wrong with it then, in words. */
export function* takeIn(inventory: Inventory, content: string): Generator<undefined, string | null> {
  const saved = yield* readSaved(content);
  if (typeof saved === "string") return saved;
  yield* restore(inventory, saved);
  return null;
}
