/** Values of fields and cookies by name and occurrence, beside what HAProxy 2.6.12 said of the same lines. */
import { describe, expect, test } from "bun:test";
import {
  editRequestCookie,
  editResponseCookie,
  requestCookieNames,
  requestCookies,
  responseCookieNames,
  responseCookies,
} from "../../../../src/wire/http/cookies.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";
import { lineCount, lineValue, listCount, listValue, listValues } from "../../../../src/wire/http/occurrences.ts";
import { pairsOf } from "./exchange-bytes.ts";

function fieldsOf(name: string, ...lines: string[]): Fields {
  const fields = new Fields();
  for (const line of lines) fields.add(name, line);
  return fields;
}

/** How many cookies S an edit found in a line, and the lines afterwards. */
function edited(line: string, change: (value: string) => string | undefined): readonly unknown[] {
  const fields = fieldsOf("cookie", line);
  return [editRequestCookie(fields, "S", change), ...pairsOf(fields).map(([, value]) => value)];
}

function out(): undefined {}

const twelve = Array.from({ length: 12 }, (_, index) => `${index}`).join(",");

describe("values of a field", () => {
  // Lines of X, then hdr_cnt and fhdr_cnt, and hdr with occurrences 1, 2, 3, -1, -2, -10 ("" is none as well there).
  test.each([
    [["a,b"], 2, 1, ["a", "b", "", "b", "a", ""]],
    [["a,,b"], 3, 1, ["a", "", "b", "b", "", ""]],
    [[""], 1, 1, ["", "", "", "", "", ""]],
    [[","], 2, 1, ["", "", "", "", "", ""]],
    [["a,", "b"], 3, 2, ["a", "", "b", "b", "", ""]],
    [['"a,b", c'], 2, 1, ['"a,b"', "c", "", "c", '"a,b"', ""]],
    [['"a\\",b", c'], 2, 1, ['"a\\",b"', "c", "", "c", '"a\\",b"', ""]],
    [["a\\,b"], 2, 1, ["a\\", "b", "", "b", "a\\", ""]],
    [['"a,b'], 1, 1, ['"a,b', "", "", '"a,b', "", ""]],
    [["a b  ,\tc"], 2, 1, ["a b", "c", "", "c", "a b", ""]],
    [["a", "", "b,c"], 4, 3, ["a", "", "b", "c", "b", ""]],
    [[twelve], 12, 1, ["0", "1", "2", "11", "10", "2"]],
  ] as const)("%j", (lines, values, whole, occurrences) => {
    const fields = fieldsOf("x", ...lines);
    fields.add("y", "z,z");
    expect([listCount(fields, "x"), lineCount(fields, "x")]).toEqual([values, whole]);
    expect([1, 2, 3, -1, -2, -10].map((occurrence) => listValue(fields, "x", occurrence) ?? "")).toEqual([
      ...occurrences,
    ]);
    expect(listValue(fields, "x", 0)).toBe(listValue(fields, "x", -1));
    expect([lineValue(fields, "x", 1), lineValue(fields, "x", -1)]).toEqual([lines[0], lines.at(-1)]);
  });

  test("of any field, and no further back than HAProxy goes", () => {
    const fields = fieldsOf("x", twelve);
    fields.add("y", "z");
    expect([listCount(fields, ""), lineCount(fields, ""), listValue(fields, "", 13), lineValue(fields, "", 2)]).toEqual(
      [13, 2, "z", "z"],
    );
    expect([listValue(fields, "x", -11), listValue(fields, "x", 13), listValues(fields, "w")]).toEqual([
      undefined,
      undefined,
      [],
    ]);
  });
});

describe("cookies", () => {
  // Lines of Cookie, the values of c, and how many cookies there are.
  test.each([
    [["c=1"], ["1"], 1],
    [["c=1; c=2"], ["1", "2"], 2],
    [["a=1;c=2,c=3"], ["2", "3"], 3],
    [["c = 1 ;b=2"], ["1"], 2],
    [["C=1"], [], 1],
    [["c"], [], 0],
    [["c="], [""], 1],
    [['$v=1; c="a;b"; d=2'], ['"a;b"'], 2],
    [['c="a\\";b";d=1'], ['"a\\";b"'], 2],
    [["=5; c=1"], ["1"], 2],
    [["c=a=b"], ["a=b"], 1],
    [["x;c=1"], ["1"], 1],
    [["c=1", "c=2"], ["1", "2"], 2],
    [["a b=1; c=3"], ["3"], 2],
    [[";;c=1;"], ["1"], 1],
    [['c="1'], ['"1'], 1],
    [["xc=1;cx=2;c=3,"], ["3"], 3],
    [["c,c=1"], ["1"], 1],
    [["c;=1;c=2"], ["2"], 2],
    [["c=a b ; d=1"], ["a b"], 2],
    [[""], [], 0],
    [["c=\t1\t;"], ["1"], 1],
  ] as const)("of a request: %j", (lines, values, all) => {
    const fields = fieldsOf("cookie", ...lines);
    fields.add("set-cookie", "c=other");
    expect([requestCookies(fields, "c"), requestCookies(fields, "").length]).toEqual([[...values], all]);
    expect(requestCookieNames(fields)).toHaveLength(all);
  });

  test("are changed and taken out, one delimiter with each", () => {
    expect(edited("a=1; S=s1~x; b=2", (value) => value.replace(/^s1~/, ""))).toEqual([1, "a=1; S=x; b=2"]);
    expect(edited("a=1; S = s ; b=2", () => "t")).toEqual([1, "a=1; S = t ; b=2"]);
    expect(edited("a=1; S=; b=2", () => "t")).toEqual([1, "a=1; S=t; b=2"]);
    expect(edited("a=1; S=s1; b=2", out)).toEqual([1, "a=1; b=2"]);
    expect(edited("S=s1; b=2", out)).toEqual([1, "b=2"]);
    expect(edited("a=1; S=s1", out)).toEqual([1, "a=1"]);
    expect(edited("S=s1", out)).toEqual([1]);
    expect(edited("S=1; S=2; b=3; S=4", out)).toEqual([3, "b=3"]);
    expect(edited("a=1; XS=1", out)).toEqual([0, "a=1; XS=1"]);
  });
});

describe("cookies of an answer", () => {
  test.each([
    [["c=1,2; path=/"], ["1"]],
    [['c="a;b,c"; x'], ['"a;b,c"']],
    [["c = 1 ; y"], ["1"]],
    [["c"], []],
    [["$c=1"], []],
    [
      ["c=1", "c=2"],
      ["1", "2"],
    ],
    [["C=1; c=2"], []],
    [["a=1; c=2", "c=3"], ["3"]],
  ] as const)("%j", (lines, values) =>
    expect(responseCookies(fieldsOf("set-cookie", ...lines), "c")).toEqual([...values]),
  );

  test("have their names, and are changed and taken out as whole fields", () => {
    const fields = fieldsOf("set-cookie", "a=1; path=/", "S=s1; path=/; HttpOnly", "b=2", "S=s2");
    expect(responseCookieNames(fields)).toEqual(["a", "S", "b", "S"]);
    expect(editResponseCookie(fields, "S", (value) => (value === "s1" ? "s1~x" : undefined))).toBe(2);
    expect(pairsOf(fields).map(([, value]) => value)).toEqual(["a=1; path=/", "S=s1~x; path=/; HttpOnly", "b=2"]);
  });
});
