/** What stands behind the page's URI is read as HAProxy reads it, and written so that it is read alike again. */
import { expect, test } from "bun:test";
import { choiceText, pageChoice } from "../../../../src/ops/page/page-choice.ts";

const plain = {
  format: "html",
  hidesDown: false,
  hidesMaintenance: false,
  isStill: false,
  outcome: null,
  scope: "",
} as const;

test.each([
  ["", {}],
  [";csv", { format: "csv" }],
  [";typed;norefresh", { format: "typed", isStill: true }],
  [";json", { format: "json" }],
  [";json-schema", { format: "json-schema" }],
  [";up;no-maint", { hidesDown: true, hidesMaintenance: true }],
  [";st=DONE;up", { outcome: "DONE", hidesDown: true }],
  [";st=WHAT", { outcome: "UNKN" }],
  ["?scope=Web", { scope: "Web" }],
  ["&scope=web&x=y", { scope: "web" }],
  [";csv;scope=abcdefghijklmnopqrstuvwxyz", { format: "csv", scope: "abcdefghijklmnopqrst" }],
  ["?scope=<b>", {}],
  ["/other;x", {}],
] as const)("%p", (rest, own) => {
  expect(pageChoice(rest)).toEqual({ ...plain, ...own });
});

test("words are written in HAProxy's order", () => {
  const choice = {
    ...plain,
    hidesDown: true,
    hidesMaintenance: true,
    isStill: true,
    outcome: "DONE",
    scope: "a",
  } as const;
  expect(choiceText(choice)).toBe(";st=DONE;up;no-maint;norefresh?scope=a");
  expect(pageChoice(choiceText(choice))).toEqual(choice);
  expect(choiceText(plain)).toBe("");
});
