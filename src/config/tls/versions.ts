/** Which versions of TLS a line allows: `ssl-min-ver`, `ssl-max-ver`, `no-tlsv10` … and `force-tlsv10` … (manual, 5.1 and 5.2). */
import { type TlsVersion, tlsVersions } from "../../plan/tls.ts";
import type { VersionWords } from "../draft/tls/tls-words.ts";

/** As HAProxy writes them; SSLv3 is taken where it widens nothing. */
const written = new Map<string, TlsVersion | "SSLv3">([
  ["SSLv3", "SSLv3"],
  ["TLSv1.0", "TLSv1"],
  ["TLSv1.1", "TLSv1.1"],
  ["TLSv1.2", "TLSv1.2"],
  ["TLSv1.3", "TLSv1.3"],
]);

/** By the end of `no-…` and `force-…`. */
const flags = new Map<string, TlsVersion | "SSLv3">([
  ["sslv3", "SSLv3"],
  ["tlsv10", "TLSv1"],
  ["tlsv11", "TLSv1.1"],
  ["tlsv12", "TLSv1.2"],
  ["tlsv13", "TLSv1.3"],
]);

/** `no-sslv3` … `no-tlsv13`, then `force-sslv3` … `force-tlsv13`. */
export const versionFlags: readonly string[] = ["no", "force"].flatMap((kind) =>
  [...flags.keys()].map((name) => `${kind}-${name}`),
);

const order: readonly (TlsVersion | "SSLv3")[] = ["SSLv3", ...tlsVersions];

/** Older is less. */
const rank = (version: TlsVersion | "SSLv3"): number => order.indexOf(version);

/** The version that a word names: null for none. */
export function readVersion(word: string): TlsVersion | "SSLv3" | null {
  return written.get(word) ?? null;
}

/** As HAProxy writes a version. */
export function versionName(version: TlsVersion | "SSLv3"): string {
  return version === "TLSv1" ? "TLSv1.0" : version;
}

/** Lands one of `versionFlags`. */
export function setVersionFlag(words: VersionWords, flag: string): void {
  const [, kind, name = ""] = /^(no|force)-(.*)$/.exec(flag) ?? [];
  const version = flags.get(name);
  if (version === undefined) return;
  if (kind === "no") words.without.add(version);
  else words.min = words.max = version;
}

/** A line's words, and what `global` says where the line is silent. */
export function mergedVersions(own: VersionWords, standing: VersionWords): VersionWords {
  return {
    min: own.min ?? standing.min,
    max: own.max ?? standing.max,
    without: new Set([...own.without, ...standing.without]),
  };
}

/** What came of a line's words. `warnings` come with `of` where HAProxy names the line: `for bind '…' at […]`. */
export interface VersionRange {
  /** Null: none is left. */
  readonly range: { readonly minVersion: TlsVersion; readonly maxVersion: TlsVersion } | null;
  /** Whole sentences in HAProxy's words. */
  readonly warnings: readonly string[];
}

/**
 * Works out the range. `least`: the oldest that is allowed where nothing is said; listeners have TLSv1.2, servers none.
 *
 * As in HAProxy, `no-…` means nothing beside `ssl-min-ver` and `ssl-max-ver`. Of a range with a hole only the part above it
 * is left, where HAProxy offers both.
 */
export function versionRange(words: VersionWords, least: TlsVersion, of: string): VersionRange {
  const warnings: string[] = [];
  const isBounded = words.min !== null || words.max !== null;
  if (isBounded && words.without.size > 0) {
    warnings.push(`no-sslv3/no-tlsv1x are ignored for ${of}. Use only 'ssl-min-ver' and 'ssl-max-ver' to fix.`);
  }
  let min = words.min ?? least;
  if (words.min === null && words.max !== null && rank(words.max) < rank(least)) {
    const name = versionName(words.max);
    warnings.push(
      `Ambiguous configuration for ${of}: the ssl-min-ver value is not configured and the ssl-max-ver value is lower than the default ssl-min-ver value (${versionName(least)}). Setting the ssl-min-ver to ${name}. Use 'ssl-min-ver' to fix this.`,
    );
    min = words.max;
  }
  const max = words.max ?? "TLSv1.3";
  const open = tlsVersions.filter(
    (version) => rank(version) >= rank(min) && rank(version) <= rank(max) && (isBounded || !words.without.has(version)),
  );
  const last = open.at(-1);
  if (last === undefined) return { range: null, warnings };
  const hole = tlsVersions.findLast(
    (version) => rank(version) < rank(last) && rank(version) > rank(open[0] ?? last) && !open.includes(version),
  );
  if (hole !== undefined) {
    warnings.push(
      `SSL/TLS versions range not contiguous for ${of}. Hole find for ${versionName(hole)}. Use only 'ssl-min-ver' and 'ssl-max-ver' to fix.`,
    );
  }
  const minVersion = open.find((version) => hole === undefined || rank(version) > rank(hole)) ?? last;
  return { range: { minVersion, maxVersion: last }, warnings };
}
