/** What `HAProxy` makes of the same is in test/compare/http-compression.test.ts. */
import { describe, expect, test } from "bun:test";
import { acceptedAlgorithm, describeCompressed, isCompressible } from "../../../../src/http/compression/choice.ts";
import type { CompressionAlgorithm } from "../../../../src/plan/compression.ts";
import { Head } from "../../../../src/wire/http/head.ts";
import { fieldsOf, linesOf } from "../../rules/actions/exchange.ts";

describe("what a client accepts", () => {
  test.each<readonly [string, readonly CompressionAlgorithm[], CompressionAlgorithm | null]>([
    ["gzip", ["gzip"], "gzip"],
    ["GZip", ["gzip"], "gzip"],
    ["br, gzip;q=0.1", ["gzip"], "gzip"],
    ["gzip;q=0", ["gzip"], null],
    ["gzip;q=0.000", ["gzip"], null],
    ["gzip;q=0.0009", ["gzip"], null],
    ["gzip;q=0.001", ["gzip"], "gzip"],
    ["gzip ; q=0", ["gzip"], null],
    ["gzip;a=b;q=0", ["gzip"], null],
    ["gzip;Q=0", ["gzip"], null],
    ["gzip;q=", ["gzip"], "gzip"],
    ["gzip;q=x", ["gzip"], "gzip"],
    ["gzip q=0", ["gzip"], "gzip"],
    ["x-gzip", ["gzip"], null],
    ['"gzip"', ["gzip"], null],
    ["", ["gzip"], null],
    [",", ["gzip"], null],
    ["*", ["deflate", "gzip"], "deflate"],
    ["*;q=0", ["gzip"], null],
    ["gzip;q=0, *", ["gzip"], null],
    ["deflate;q=0, *", ["deflate", "gzip"], "gzip"],
    ["deflate, gzip", ["gzip", "deflate"], "deflate"],
    ["deflate;q=0.5, gzip;q=0.6", ["gzip", "deflate"], "gzip"],
    ["gzip;q=2, deflate", ["gzip", "deflate"], "gzip"],
    ["deflate", ["raw-deflate"], "raw-deflate"],
    ["deflate", ["raw-deflate", "deflate"], "raw-deflate"],
    ["identity", ["identity"], "identity"],
    ["gzip", [], null],
  ])("%j of %j", (value, algorithms, wanted) => {
    expect(acceptedAlgorithm(fieldsOf([["accept-encoding", value]]), algorithms)).toBe(wanted);
  });

  test("all lines count, and without one nothing is accepted", () => {
    const lines = fieldsOf([
      ["accept-encoding", "br"],
      ["accept-encoding", "gzip"],
    ]);
    expect([acceptedAlgorithm(lines, ["gzip"]), acceptedAlgorithm(fieldsOf([]), ["gzip"])]).toEqual(["gzip", null]);
  });

  test.each([
    ["Mozilla/5.0", true],
    ["mozilla/4.0", true],
    ["Mozilla/4", false],
    ["Mozilla/4.0 (compatible; MSIE 5.5; x", false],
    ["Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", false],
    ["Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", true],
    ["Mozilla/4.0 (compatible; MSIE 7", true],
    ["Mozilla/4.0 (compatible; MSIE 10", false],
  ])("%s", (agent, isFit) => {
    const fields = fieldsOf([
      ["accept-encoding", "gzip"],
      ["user-agent", agent],
    ]);
    expect(acceptedAlgorithm(fields, ["gzip"]) !== null).toBe(isFit);
  });
});

describe("what may be compressed", () => {
  test.each<readonly [string, string, boolean]>([
    ["content-encoding", "", false],
    ["content-encoding", "identity", false],
    ["cache-control", "private, No-Transform", false],
    ["cache-control", "no-transform=1", true],
    ["etag", '"a"', true],
    ["etag", 'W/"a"', true],
    ["etag", 'w/"a"', false],
    ["etag", '"', false],
    ["etag", "a", false],
    ["etag", "", false],
    ["content-type", "Multipart/x", false],
    ["content-type", "", true],
    ["content-type", "image/png", true],
  ])("%s: %s", (name, value, may) => {
    expect(isCompressible(fieldsOf([[name, value]]), [])).toBe(may);
  });

  test("not with two tags", () => {
    const tags = fieldsOf([
      ["etag", '"a"'],
      ["etag", '"a"'],
    ]);
    expect(isCompressible(tags, [])).toBe(false);
  });

  test("types are beginnings, and where some are named there has to be one", () => {
    const types = ["text/", "application/json"];
    const may = (type: string) => isCompressible(fieldsOf([["content-type", type]]), types);
    expect(["TEXT/html; a=b", "application/jsonp", "application/js", "image/png"].map(may)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isCompressible(fieldsOf([]), types)).toBe(false);
  });
});

/** What a head with these lines says then. */
function said(lines: readonly (readonly [string, string])[], algorithm: CompressionAlgorithm): string[] {
  const head = new Head();
  for (const [name, value] of lines) head.fields.add(name, value);
  describeCompressed(head, algorithm);
  return linesOf(head.fields);
}

describe("the head says so", () => {
  test("a length goes, chunks come, a strong tag becomes a weak one", () => {
    const lines = [
      ["content-length", "5"],
      ["etag", '"a"'],
      ["vary", "x"],
    ] as const;
    expect(said(lines, "raw-deflate")).toEqual([
      'etag: W/"a"',
      "vary: x",
      "transfer-encoding: chunked",
      "vary: Accept-Encoding",
      "content-encoding: deflate",
    ]);
  });

  test("chunks and a weak tag stay, and identity has no name", () => {
    const lines = [
      ["transfer-encoding", "chunked"],
      ["etag", 'W/"a"'],
    ] as const;
    expect(said(lines, "identity")).toEqual(["transfer-encoding: chunked", 'etag: W/"a"', "vary: Accept-Encoding"]);
  });
});
