/** `normalize-uri`: targets that mean the same (RFC 3986, 6.2) made the same. */
import type { UriNormalizer } from "../../../plan/rules/rule.ts";
import { pathStart } from "../../value/target.ts";

/** "invalid": what a normalizer that is strict does not take; null: there is no path. */
export function normalize(target: string, normalizer: UriNormalizer): { readonly target: string } | "invalid" | null {
  const start = pathStart(target);
  if (start < 0) return null;
  const made = normalizers[normalizer](target.slice(start));
  return made === null ? "invalid" : { target: target.slice(0, start) + made };
}

/** Takes the path and the query; null: they are not valid. */
type Normalize = (text: string) => string | null;

const normalizers: Readonly<Record<UriNormalizer, Normalize>> = {
  "fragment-encode": (text) => text.replaceAll("#", "%23"),
  "fragment-strip": (text) => text.split("#", 1)[0] ?? "",
  "path-merge-slashes": inPath((path) => path.replaceAll(/\/{2,}/g, "/")),
  "path-strip-dot": inPath((path) => path.replaceAll(/\/(?:\.\/)+/g, "/").replace(/\/\.$/, "/")),
  "path-strip-dotdot": inPath((path) => stripDotDot(path, false)),
  "path-strip-dotdot full": inPath((path) => stripDotDot(path, true)),
  "percent-decode-unreserved": (text) => decodeUnreserved(text),
  "percent-decode-unreserved strict": strict(decodeUnreserved),
  "percent-to-uppercase": upperCase,
  "percent-to-uppercase strict": strict(upperCase),
  "query-sort-by-name": sortQuery,
};

function inPath(change: (path: string) => string): Normalize {
  return (text) => {
    const mark = text.indexOf("?");
    return mark < 0 ? change(text) : change(text.slice(0, mark)) + text.slice(mark);
  };
}

function strict(change: (text: string) => string): Normalize {
  return (text) => (/%(?![0-9A-Fa-f]{2})/.test(text) ? null : change(text));
}

/** What would lead above the root stays at the beginning, or goes where `isFull`. */
function stripDotDot(path: string, isFull: boolean): string {
  const kept: string[] = [];
  const above: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment !== "..") {
      kept.push(segment);
      continue;
    }
    if (kept.pop() === undefined) above.push("..");
    if (index === segments.length - 1) kept.push("");
  }
  return `/${(isFull ? kept : [...above, ...kept]).join("/")}`;
}

function decodeUnreserved(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (written, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : written;
  });
}

function upperCase(text: string): string {
  return text.replaceAll(/%[0-9A-Fa-f]{2}/g, (written) => written.toUpperCase());
}

/** By the bytes of names, shorter ones first; those of one name stay in order. */
function sortQuery(text: string): string {
  const mark = text.indexOf("?");
  if (mark < 0) return text;
  const parts = text.slice(mark + 1).split("&");
  if (parts.at(-1) === "") parts.pop();
  parts.sort((one, other) => compare(nameOf(one), nameOf(other)));
  return `${text.slice(0, mark)}?${parts.join("&")}`;
}

function nameOf(part: string): string {
  return part.split("=", 1)[0] ?? "";
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
