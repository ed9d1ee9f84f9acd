import { expect, test } from "bun:test";
import { firstOf, rulesOf } from "../../../../src/proxy/rules/rule-lines.ts";
import { condition, done, session, Tables } from "../../rules/session.ts";

const tables = new Tables();
const nameOf = ({ name }: { readonly name: string }): string => name;
const from = (port: string) => condition("src_port", "int", [port]);

test("the first line whose condition holds names where to go", () => {
  const lines = [
    { name: "a", condition: from("1") },
    { name: "b", condition: from("4000") },
    { name: "c", condition: null },
  ];
  expect(done(firstOf(lines, nameOf, tables, "f"))?.(session())).toBe("b");
  expect(done(firstOf(lines.slice(0, 1), nameOf, tables, "f"))?.(session())).toBeNull();
  expect(done(firstOf(lines.slice(2), nameOf, tables, "f"))?.(session())).toBe("c");
});

test("where there is no line, nobody asks", () => {
  expect(done(firstOf([], nameOf, tables, "f"))).toBeNull();
  expect(done(rulesOf([], tables, "f"))).toBeNull();
});

const costs = (count: number): number[] => {
  const many = condition(
    "src_port",
    "int",
    Array.from({ length: count }, (_, at) => String(at)),
  );
  return [...firstOf([{ name: "a", condition: many }], nameOf, tables, "f")];
};

test("many patterns are more work than one", () => {
  expect([costs(1), costs(160)]).toEqual([[2], [12]]);
});
