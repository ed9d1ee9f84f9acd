/** Values of fields and cookies by name and occurrence, beside what HAProxy 2.6.12 said of the same lines. */
import { describe, expect, test } from "bun:test";
import { requestCookies, responseCookies } from "../../../../src/wire/http/cookies.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";
import { lineCount, lineValue, listCount, listValue, listValues } from "../../../../src/wire/http/occurrences.ts";

function fieldsOf(name: string, ...lines: string[]): Fields {
  const fields = new Fields();
  for (const line of lines) fields.add(name, line);
  return fields;
}

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
});
