import { expect, test } from "bun:test";
import { reloadAnswer } from "../../../../src/ops/answers/reload-outcome.ts";

test("a line for programs, and what is to be read below two dashes", () => {
  expect(reloadAnswer({ succeeded: true, text: "" })).toBe("Success=1\n");
  expect(reloadAnswer({ succeeded: false, text: "" })).toBe("Success=0\n");
  expect(reloadAnswer({ succeeded: false, text: "a\nb\n" })).toBe("Success=0\n--\na\nb\n");
});
