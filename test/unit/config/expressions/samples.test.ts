/** Signatures and implementations are two tables with the same names. */
import { expect, test } from "bun:test";
import { logAliases } from "../../../../src/config/expressions/log-format.ts";
import {
  converterSignatures,
  fetchSignatures,
  refusalOfConverter,
  refusalOfFetch,
} from "../../../../src/config/expressions/samples.ts";
import { converters } from "../../../../src/rules/converters/converters.ts";
import { fetches } from "../../../../src/rules/fetches/fetches.ts";
import { aliases } from "../../../../src/rules/format/log-alias.ts";

const sorted = (names: Iterable<string>): string[] => [...names].sort();

test("fetches", () => {
  expect(sorted(fetches.keys())).toEqual(sorted(fetchSignatures.keys()));
});

test("converters", () => {
  expect(sorted(converters.keys())).toEqual(sorted(converterSignatures.keys()));
});

test("aliases of log formats", () => {
  expect(sorted(aliases.keys())).toEqual(sorted(logAliases));
});

test("nothing both works and is refused", () => {
  expect([...fetchSignatures.keys()].filter((name) => refusalOfFetch(name) !== undefined)).toEqual([]);
  expect([...converterSignatures.keys()].filter((name) => refusalOfConverter(name) !== undefined)).toEqual([]);
});
