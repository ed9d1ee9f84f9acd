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
export type OfferLists = Pick<SshOffer, (typeof fields)[number]>;

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

/** Stands between lists: no list has it, for theirs are bytes. */
const betweenLists = "\u0100";

/** An offer as a text, by which it is told from another; null: too long to be kept. */
export function offerText(offer: OfferLists): string | null {
  const lists = fields.map((field) => offer[field]);
  let length = 0;
  for (const list of lists) for (const name of list) length += name.length + 1;
  return length > mostOfferCharacters ? null : lists.map((list) => list.join(",")).join(betweenLists);
}

/** The other way round; null: it is no such text. */
export function offerOfText(text: string): OfferLists | null {
  const lists = text.split(betweenLists).map((list) => (list === "" ? [] : list.split(",")));
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

/** The names of an offer. */
export function namesOf(offer: OfferLists): Names {
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
