import { expect, test } from "bun:test";
import { answerRows, err, notice, told } from "../../../../src/ops/admin/answer.ts";

const sent = (...args: Parameters<typeof answerRows>): string => [...answerRows(...args)].join("");

test("words show how serious they are, as asked for; data never does", () => {
  expect(sent(err("no\n"), "none")).toBe("no\n");
  expect(sent(err("no\n"), "number")).toBe("[3]: no\n");
  expect(sent(notice("so\n"), "string")).toBe("[notice]: so\n");
  expect(sent("data\n", "string")).toBe("data\n");
  expect(sent(["row\n", err("no\n"), "row\n"], "number")).toBe("row\n[3]: no\nrow\n");
});

test("a refusal is told with its line end, and a change that was made with nothing", () => {
  expect(sent(told({ refused: "No such server." }), "number")).toBe("[3]: No such server.\n");
  expect(sent(told(null), "number")).toBe("");
});
