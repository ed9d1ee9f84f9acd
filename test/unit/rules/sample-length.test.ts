/** No value grows beyond HAProxy's buffer, however often it goes through converters, variables and formats. Lengths measured on 2.6. */
import { expect, test } from "bun:test";
import { compileExpression } from "../../../src/rules/expression.ts";
import { compileFormat } from "../../../src/rules/format/log-format.ts";
import { expression, format, payload, record, session, tables } from "./session.ts";

test.each([
  ["concat(x,txn.b,yz)", 16_383],
  ["add_item(-,txn.b,z)", 16_383],
  ["json", null],
  ["hex", 16_383],
  ["base64", 16_000],
  ["regsub(a,bbbb,g)", 16_383],
  ["upper", 12_000],
  ["hex,length", 5],
  ["concat(x,txn.b,yz),concat(x,txn.b,yz)", 16_383],
  ["lower,regsub(a,bc,g),regsub(b,ccc,g)", 16_383],
  ["base64,base64", null],
  ["json,json", null],
] as const)("%s", (converters, length) => {
  const context = session({ request: payload('a"b c\u0001'.repeat(2000), true) });
  const evaluate = (text: string) => compileExpression(expression(text), tables([]))(context);
  const sample = evaluate("req.payload(0,12000)");
  if (sample !== undefined && sample !== "wait") context.variables.set("txn.b", sample);
  const result = evaluate(`req.payload(0,12000),${converters}`);
  if (result === undefined || result === "wait") expect(length).toBeNull();
  else
    expect(result.type === "sint" ? String(result.value).length : (result.value as string).length).toBe(
      length as number,
    );
});

test.each([16_384, 2000])("a variable made of itself stops at %d", (bytes) => {
  const known = tables([]);
  known.sampleBytes = bytes;
  const context = session();
  const byConverter = compileExpression(expression("src,concat(-,proc.a,),concat(-,proc.a,)"), known);
  const byFormat = compileFormat(format("%[var(proc.a)]%[var(proc.a)]"), known);
  for (let times = 0; times < 40; times++) {
    const sample = byConverter(context);
    if (sample !== undefined && sample !== "wait") context.variables.set("proc.a", sample);
    context.variables.set("proc.a", { type: "str", value: byFormat(record(), context) });
  }
  expect(context.variables.get("proc.a")?.value.toString().length).toBe(bytes - 1);
});
