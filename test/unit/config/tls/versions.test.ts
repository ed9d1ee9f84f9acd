/** The versions that words allow, as HAProxy 2.6 was seen to work them out. */
import { describe, expect, test } from "bun:test";
import { newOfferWords } from "../../../../src/config/draft/tls/tls-words.ts";
import {
  mergedVersions,
  readVersion,
  setVersionFlag,
  versionFlags,
  versionRange,
} from "../../../../src/config/tls/versions.ts";

/** What words like `min=TLSv1.2` and `no-tlsv13` come to on a listener, or, with an older `least`, on a server. */
function said(words: string, least: "TLSv1" | "TLSv1.2" = "TLSv1.2"): string[] {
  const { versions } = newOfferWords();
  for (const word of words.split(" ").filter((one) => one !== "")) {
    const [name = "", value = ""] = word.split("=");
    if (name === "min") versions.min = readVersion(value);
    else if (name === "max") versions.max = readVersion(value);
    else setVersionFlag(versions, name);
  }
  const { range, warnings } = versionRange(versions, least, "X");
  return [range === null ? "none" : `${range.minVersion} ${range.maxVersion}`, ...warnings];
}

const ignored = "no-sslv3/no-tlsv1x are ignored for X. Use only 'ssl-min-ver' and 'ssl-max-ver' to fix.";
const ambiguous = (name: string): string =>
  `Ambiguous configuration for X: the ssl-min-ver value is not configured and the ssl-max-ver value is lower than the default ssl-min-ver value (TLSv1.2). Setting the ssl-min-ver to ${name}. Use 'ssl-min-ver' to fix this.`;

const hole = (name: string): string =>
  `SSL/TLS versions range not contiguous for X. Hole find for ${name}. Use only 'ssl-min-ver' and 'ssl-max-ver' to fix.`;

describe("a listener's versions", () => {
  const rows: readonly (readonly [words: string, ...said: string[]])[] = [
    ["", "TLSv1.2 TLSv1.3"],
    ["min=SSLv3", "TLSv1 TLSv1.3"],
    ["min=TLSv1.0", "TLSv1 TLSv1.3"],
    ["max=TLSv1.2", "TLSv1.2 TLSv1.2"],
    ["no-sslv3 no-tlsv10 no-tlsv11", "TLSv1.2 TLSv1.3"],
    ["no-tlsv12", "TLSv1.3 TLSv1.3"],
    ["no-tlsv13", "TLSv1.2 TLSv1.2"],
    ["no-tlsv12 no-tlsv13", "none"],
    ["force-tlsv10", "TLSv1 TLSv1"],
    ["force-tlsv12 force-tlsv13", "TLSv1.3 TLSv1.3"],
    ["force-sslv3", "none"],
    ["min=TLSv1.3 max=TLSv1.2", "none"],
    ["min=TLSv1.2 no-tlsv13", "TLSv1.2 TLSv1.3", ignored],
    ["max=TLSv1.1 no-tlsv13 no-tlsv10", "TLSv1.1 TLSv1.1", ignored, ambiguous("TLSv1.1")],
    ["max=SSLv3", "none", ambiguous("SSLv3")],
  ];
  test.each(rows.map((row) => [row]))("%p", ([words, ...expected]) => expect(said(words)).toEqual(expected));
});

test("a server's have no least of their own, and of a range with a hole the part above is left", () => {
  expect(said("", "TLSv1")).toEqual(["TLSv1 TLSv1.3"]);
  expect(said("max=TLSv1.1", "TLSv1")).toEqual(["TLSv1 TLSv1.1"]);
  expect(said("no-tlsv11", "TLSv1")).toEqual(["TLSv1.2 TLSv1.3", hole("TLSv1.1")]);
  expect(said("no-tlsv11 no-tlsv12", "TLSv1")).toEqual(["TLSv1.3 TLSv1.3", hole("TLSv1.2")]);
});

test("a line's own bounds go before those of global, and what is switched off adds up", () => {
  const standing = { min: "TLSv1.3" as const, max: null, without: new Set(["TLSv1" as const]) };
  const own = { min: "TLSv1.2" as const, max: "TLSv1.2" as const, without: new Set(["TLSv1.1" as const]) };
  expect(mergedVersions(own, standing)).toEqual({
    min: "TLSv1.2",
    max: "TLSv1.2",
    without: new Set(["TLSv1.1", "TLSv1"]),
  });
  expect(versionFlags).toHaveLength(10);
});
