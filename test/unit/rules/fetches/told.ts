/** What samples come to, as a log line would show them. */
import type { SampleContext } from "../../../../src/rules/context.ts";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { expression, session, tables } from "../session.ts";

/** Bytes in hexadecimal; undefined where there is no value. */
export function told(text: string, given: Partial<SampleContext>): string | boolean | number | undefined {
  const sample = compileExpression(expression(text), tables([]), "f")(session(given));
  if (sample === undefined || sample === "wait") return undefined;
  if (sample.type === "bin") return Buffer.from(sample.value).toString("hex").toUpperCase();
  return sample.type === "sint" ? Number(sample.value) : sample.value;
}

/** Of several, by their names. */
export function toldAll(names: string, given: Partial<SampleContext>): Record<string, unknown> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, told(name, given)]));
}
