/** The rows of fetches and converters. */
import { expect, test } from "bun:test";
import { converters } from "../../../../src/rules/converters/converters.ts";
import { fetches } from "../../../../src/rules/fetches/fetches.ts";
import { refusedConverters, refusedFetches } from "../../../../src/rules/samples/refused.ts";
import { readSignature } from "../../../../src/rules/samples/signature.ts";

test("nothing both works and is refused", () => {
  expect([...fetches.keys()].filter((name) => refusedFetches.has(name))).toEqual([]);
  expect([...converters.keys()].filter((name) => refusedConverters.has(name))).toEqual([]);
});

test("a signature is read as HAProxy shows it", () => {
  expect(readSignature("be2hex(string[,integer,integer]): bin -> str")).toEqual({
    name: "be2hex",
    arguments: ["string", "integer", "integer"],
    required: 1,
    input: "bin",
    result: "str",
  });
  expect(readSignature("date([integer,string]): sint").required).toBe(0);
  expect(readSignature("payload_lv(integer,integer[,string]): bin").required).toBe(2);
  expect(readSignature("src: addr")).toEqual({ name: "src", arguments: [], required: 0, input: "any", result: "addr" });
});

test("each row says what it takes and gives", () => {
  for (const row of [...fetches.values(), ...converters.values()]) {
    expect(row.required).toBeLessThanOrEqual(row.arguments.length);
    expect([row.name, row.input, row.result]).not.toContain("");
  }
});

test("what is no signature is not taken for one", () => {
  for (const form of ["src", "src: address", "src(integr): addr", "src(): ", "src addr"]) {
    expect(() => readSignature(form)).toThrow("not a signature");
  }
});
