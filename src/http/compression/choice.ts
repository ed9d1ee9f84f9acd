/** Whether an answer is to be compressed, and by what: as both messages' fields say, and as HAProxy reads them. */
import type { CompressionAlgorithm, CompressionPlan } from "../../plan/compression.ts";
import { tokenBytes } from "../../wire/http/bytes.ts";
import type { Fields } from "../../wire/http/fields.ts";
import type { Head } from "../../wire/http/head.ts";
import { listValues } from "../../wire/http/occurrences.ts";

/** What each is called between clients and servers. */
const codings: Readonly<Record<CompressionAlgorithm, string>> = {
  identity: "identity",
  gzip: "gzip",
  deflate: "deflate",
  "raw-deflate": "deflate",
};

const surely = 1000;

/**
 * What an answer to this request may be compressed by; null: nothing. Of the codings with the highest weight the one that the client names first
 * is taken. Stricter than HAProxy where that would send what the client says that it does not accept: an empty list, `;Q=0`, and what is
 * named with `;q=0` beside `*`.
 */
export function acceptedAlgorithm(
  request: Fields,
  algorithms: readonly CompressionAlgorithm[],
): CompressionAlgorithm | null {
  if (isOldBrowser(request)) return null;
  const offers = listValues(request, "accept-encoding").map(offer);
  const refused = new Set(offers.filter(({ weight }) => weight === 0).map(({ name }) => name));
  let best: CompressionAlgorithm | null = null;
  let bestWeight = 0;
  for (const { name, weight } of offers) {
    if (weight <= bestWeight) continue;
    const isAny = name.startsWith("*");
    const found = algorithms.find((one) => (isAny ? !refused.has(codings[one]) : codings[one] === name));
    if (found === undefined) continue;
    best = found;
    bestWeight = weight;
  }
  return best;
}

/** `gzip;q=0.5`: the name in lower case, the weight in thousandths; what is no weight is none. */
function offer(value: string): { readonly name: string; readonly weight: number } {
  const [first = "", ...parameters] = value.split(";");
  let end = 0;
  while (end < first.length && tokenBytes[first.charCodeAt(end)] === 1) end += 1;
  const name = first.slice(0, end).toLowerCase();
  // Behind anything else no weight is looked for.
  if (first.slice(end).trim() !== "") return { name, weight: surely };
  const said = parameters.map((one) => one.trimStart()).find((one) => /^q=/i.test(one));
  return { name, weight: said === undefined ? surely : weightOf(said.slice(2)) };
}

function weightOf(text: string): number {
  const digits = /^(\d)(?:\.(\d{0,3}))?/.exec(text);
  if (digits === null) return surely;
  const [, whole = "", rest = ""] = digits;
  return Math.min(surely, Number(whole) * surely + Number(rest.padEnd(3, "0")));
}

/** Those that say `Mozilla/4` may take compressed answers wrongly: but not MSIE from 7 on, nor 6 with Windows XP's second service pack. */
function isOldBrowser(request: Fields): boolean {
  const index = request.find("user-agent");
  const agent = index < 0 ? "" : request.value(index);
  if (!agent.startsWith("Mozilla/4")) return false;
  const version = agent.slice(25, 30) === "MSIE " ? agent.charAt(30) : "";
  return !(version > "6" || (version === "6" && agent.slice(51, 54) === "SV1"));
}

/** Whether an answer may be changed in the way at all, and is of a kind that is to be. Its status, version and body are the caller's. */
export function isCompressible(answer: Fields, types: CompressionPlan["types"]): boolean {
  if (answer.has("content-encoding")) return false;
  if (listValues(answer, "cache-control").some((word) => word.toLowerCase() === "no-transform")) return false;
  return hasSoundTag(answer) && isOfType(answer, types);
}

/** One entity tag, or none. */
function hasSoundTag(answer: Fields): boolean {
  const index = answer.find("etag");
  if (index < 0) return true;
  return /^(?:W\/)?".*"$/.test(answer.value(index)) && answer.find("etag", index + 1) < 0;
}

function isOfType(answer: Fields, types: CompressionPlan["types"]): boolean {
  const index = answer.find("content-type");
  if (index < 0) return types.length === 0;
  const type = answer.value(index).toLowerCase();
  if (type.startsWith("multipart")) return false;
  return types.length === 0 || types.some((one) => type.startsWith(one));
}

/** Says in an answer's head that its body is compressed, in chunks. */
export function describeCompressed({ fields }: Head, algorithm: CompressionAlgorithm): void {
  if (!fields.has("transfer-encoding")) {
    fields.remove("content-length");
    fields.add("transfer-encoding", "chunked");
  }
  fields.replaceLines("etag", (tag) => (tag.startsWith('"') ? `W/${tag}` : undefined));
  fields.add("vary", "Accept-Encoding");
  if (algorithm !== "identity") fields.add("content-encoding", codings[algorithm]);
}
