/** What the configuration lets through can run, and nothing else is kept. */
import { expect, test } from "bun:test";
import { converterSignatures, fetchSignatures } from "../../../src/config/expressions/samples.ts";
import { converters } from "../../../src/rules/converters/converters.ts";
import { fetches } from "../../../src/rules/fetches/fetches.ts";

test("fetches have the same names here and there", () => {
  expect([...fetches.keys()].sort()).toEqual([...fetchSignatures.keys()].sort());
});

test("converters have the same names here and there", () => {
  expect([...converters.keys()].sort()).toEqual([...converterSignatures.keys()].sort());
});
