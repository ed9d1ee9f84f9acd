/** What is kept of fields and cookies for the log: the last of several lines, as much as there is room for. */
import { expect, test } from "bun:test";
import { captureFields, capturedCookie, emptySlots } from "../../../../src/http/fields/captures.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";

function fieldsOf(...lines: readonly (readonly [string, string])[]): Fields {
  const fields = new Fields();
  for (const [name, value] of lines) fields.add(name, value);
  return fields;
}

test("a slot holds the last line of its field, cut to its length; slots that only rules fill stay empty", () => {
  const plans = [
    { field: "User-Agent", length: 8 },
    { field: null, length: 10 },
    { field: "X-Absent", length: 10 },
  ];
  const slots = emptySlots(plans);
  captureFields(plans, fieldsOf(["user-agent", "first"], ["host", "a"], ["user-agent", "git/2.39.5"]), slots);
  expect(slots).toEqual(["git/2.39", null, null]);
});

test("a cookie is found by how its pair begins, among all of Cookie and in the first part of Set-Cookie alone", () => {
  const plan = { start: "SID=", length: 9 };
  expect(capturedCookie(plan, fieldsOf(["cookie", "a=1"], ["cookie", "b=2; SID=abcdefgh"]), "cookie")).toBe(
    "SID=abcde",
  );
  expect(capturedCookie(plan, fieldsOf(["cookie", "xSID=1"]), "cookie")).toBeNull();
  expect(capturedCookie(plan, fieldsOf(["set-cookie", "SID=1; Path=/"]), "set-cookie")).toBe("SID=1");
  expect(capturedCookie(plan, fieldsOf(["set-cookie", "a=1; SID=2"]), "set-cookie")).toBeNull();
});
