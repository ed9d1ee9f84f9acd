/** Whose a saved text is. */
import { expect, test } from "bun:test";
import { savedValue, wrongHead } from "../../../src/ssh/saved-head.ts";

const head = { file: "fairlead ssh-report", version: 2 };

test("its own first line is right, and nobody else's", () => {
  expect(wrongHead(head, savedValue(JSON.stringify(head)))).toBeNull();
  for (const line of ["", "{", "[]", "null", '{"file":"fairlead ssh-hostkeys","version":2}', '{"version":2}'])
    expect(wrongHead(head, savedValue(line))).toBe("it is not a file of fairlead's ssh-report");
});

test("another form is told with both numbers", () => {
  expect(wrongHead(head, { ...head, version: 3 })).toBe("it has version 3 of its form, and this program reads 2");
});
