/** What one kind of software offers, as the inventory keeps it: each name once, whichever way it is meant for. */
import type { SshOffer } from "../../ssh-facts.ts";
import { isPseudoKex } from "../../wire/ssh/negotiation.ts";
import type { SshAlgorithmKind } from "../public.ts";
import { keptText } from "./kept-text.ts";
import { offeredExchange, type OfferedExchange, type Weaknesses, weaknessesOf } from "./weaknesses.ts";

/** Names by what they are for. */
export type Names = { readonly [Kind in SshAlgorithmKind]: readonly string[] };

export const algorithmKinds: readonly SshAlgorithmKind[] = ["kex", "hostkey", "cipher", "mac", "compression"];

/** How an offer is judged. */
export interface Verdict extends Weaknesses {
  readonly exchange: OfferedExchange;
}

/** The lists of an offer, and nothing else of it. */
export type OfferLists = Pick<SshOffer, (typeof fields)[number] | "text">;

const fields = [
  "keyExchange",
  "hostKey",
  "ciphersToServer",
  "ciphersToClient",
  "macsToServer",
  "macsToClient",
  "compressionToServer",
  "compressionToClient",
] as const;

/** Names of one kind that are kept. */
const mostNames = 128;
/** Of an offer that is longer than this no names are kept. OpenSSH's takes 1,600. */
export const mostOfferCharacters = 8192;

/** Stands between lists that are saved: no list has it, for theirs are bytes. */
const betweenLists = "\u0100";

/** An offer as a text, by which it is told from another (see `SshOffer`); null: too long to be kept. */
export function offerText(offer: OfferLists): string | null {
  const text = offer.text ?? fields.map((field) => withLength(offer[field].join(","))).join("");
  return text.length > mostOfferCharacters ? null : text;
}

function withLength(list: string): string {
  const { length } = list;
  return String.fromCharCode(length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff) + list;
}

/** The lists of such a text. */
function listsOf(text: string): string[] {
  const lists: string[] = [];
  for (let at = 0; at + 4 <= text.length;) {
    const [one, two, three, four] = [0, 1, 2, 3].map((index) => text.charCodeAt(at + index));
    const start = at + 4;
    at = start + (one ?? 0) * 0x1000000 + ((two ?? 0) << 16) + ((three ?? 0) << 8) + (four ?? 0);
    lists.push(text.slice(start, at));
  }
  return lists;
}

/** The same as it is saved. */
export function savedOffer(text: string): string {
  return listsOf(text).join(betweenLists);
}

/** What was saved; null: it is no such text. */
export function offerOfSaved(saved: string): OfferLists | null {
  return offerOf(saved.split(betweenLists));
}

function offerOf(texts: readonly string[]): OfferLists | null {
  const lists = texts.map((list) => (list === "" ? [] : list.split(",")));
  if (lists.length !== fields.length) return null;
  const [keyExchange = [], hostKey = [], ciphersToServer = [], ciphersToClient = [], ...rest] = lists;
  const [macsToServer = [], macsToClient = [], compressionToServer = [], compressionToClient = []] = rest;
  return {
    keyExchange,
    hostKey,
    ciphersToServer,
    ciphersToClient,
    macsToServer,
    macsToClient,
    compressionToServer,
    compressionToClient,
  };
}

/** The names of an offer that is kept as this text. */
export function namesOf(text: string): Names {
  const offer = offerOf(listsOf(text));
  if (offer === null) return { kex: [], hostkey: [], cipher: [], mac: [], compression: [] };
  return {
    kex: keptNames(offer.keyExchange.filter((name) => !isPseudoKex(name))),
    hostkey: keptNames(offer.hostKey),
    cipher: keptNames(offer.ciphersToServer, offer.ciphersToClient),
    mac: keptNames(offer.macsToServer, offer.macsToClient),
    compression: keptNames(offer.compressionToServer, offer.compressionToClient),
  };
}

/** Each once. */
export function keptNames(...lists: (readonly string[])[]): readonly string[] {
  const names = new Set<string>();
  for (const list of lists)
    for (const name of list) if (name !== "" && names.size < mostNames) names.add(keptText(name));
  return [...names];
}

/** Judges an offer. */
export function verdictOf(offer: OfferLists): Verdict {
  return { ...weaknessesOf(offer), exchange: offeredExchange(offer.keyExchange) };
}
