/** What is told of connections whatever they carry; addresses and ports are compared with HAProxy's in test/compare. */
import { expect, test } from "bun:test";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { expression, session, tables } from "../session.ts";

test("no connection comes over TLS, as no bind line may ask for it", () => {
  const sample = compileExpression(expression("ssl_fc"), tables([]), "f")(session());
  expect(sample).toMatchObject({ type: "bool", value: false });
});
