/** The schema is one of what is answered: each kind of it, and nothing else that could be mistaken for it. */
import { expect, test } from "bun:test";
import { statsJson } from "../../../../src/ops/stats/csv.ts";
import { infoJson } from "../../../../src/ops/stats/info.ts";
import { jsonSchema } from "../../../../src/ops/stats/json-schema.ts";
import { statRows } from "../../../../src/ops/stats/stat-rows.ts";
import { infoSource, scriptedProxy } from "../scripted-proxy.ts";

interface Schema {
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly type?: "array" | "object" | "integer" | "string";
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
}

const schema = JSON.parse(jsonSchema) as Schema;

function is(value: unknown, one: Schema): boolean {
  if (one.oneOf !== undefined) return one.oneOf.filter((each) => is(value, each)).length === 1;
  if (one.enum !== undefined) return one.enum.includes(value);
  if (one.type === "string") return typeof value === "string";
  if (one.type === "integer") return Number.isInteger(value) && Number(value) >= (one.minimum ?? -Infinity);
  if (one.type === "array") {
    return (
      Array.isArray(value) &&
      value.length <= (one.maxItems ?? Infinity) &&
      value.every((each) => is(each, one.items ?? {}))
    );
  }
  const fields = Object.entries(value as object);
  return (
    (one.required ?? []).every((name) => fields.some(([field]) => field === name)) &&
    fields.every(([name, each]) => one.properties?.[name] !== undefined && is(each, one.properties[name]))
  );
}

test("`show info json` and `show stat json` are as it says", () => {
  const choice = { hidesDown: false, hidesMaintenance: false, isWanted: () => true };
  const stat: unknown = JSON.parse([...statRows(scriptedProxy().proxy, statsJson, choice)].join(""));
  expect(is(stat, schema)).toBe(true);
  for (const isDescribed of [true, false]) {
    expect(is(JSON.parse(infoJson(infoSource(), isDescribed)), schema)).toBe(true);
  }
});

test("anything else is not", () => {
  expect(is([[{ objType: "Frontend" }]], schema)).toBe(false);
  expect(is([{ field: { pos: 0, name: 1 } }], schema)).toBe(false);
});
