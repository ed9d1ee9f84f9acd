/** A sample expression as a plain function: a fetch, then its converters with the casts between them. */
import type { SampleExpression } from "../plan/rules/sample.ts";
import { isFinal, type SampleContext } from "./context.ts";
import { converterNamed } from "./converters/converters.ts";
import { fetchOf } from "./fetches/fetches.ts";
import type { CompileContext, Convert, Evaluate, EvaluateAll } from "./samples/rows.ts";
import type { Tables } from "./stick/tables.ts";
import { cast, type Sample } from "./value/sample.ts";

/**
 * Compiles an expression. Throws on a name that does not exist here, which the reader of the configuration has ruled out.
 *
 * `proxy` is the frontend or backend it was written in; without it, arguments left out (`src_conn_rate`'s table, `nbsrv`'s
 * backend) mean the session's backend, or its frontend while no backend is chosen.
 */
export function compileExpression(expression: SampleExpression, tables: Tables, proxy: string | null = null): Evaluate {
  const fetch = fetchOf(expression).compile(expression.arguments, { tables, proxy });
  const convert = compileConverters(expression, tables, proxy);
  if (convert === null) return fetch;
  return (context) => {
    const sample = fetch(context);
    return sample === undefined || sample === "wait" ? sample : convert(sample, context);
  };
}

/** What an ACL compares: as compileExpression, but all values of a fetch that has several. Null: it has one. */
export function compileAll(expression: SampleExpression, tables: Tables, proxy: string | null): EvaluateAll | null {
  const all = fetchOf(expression).all?.(expression.arguments, { tables, proxy });
  if (all === undefined) return null;
  const convert = compileConverters(expression, tables, proxy);
  if (convert === null) return all;
  return (context) => {
    const samples = all(context);
    if (samples === "wait") return "wait";
    const converted: Sample[] = [];
    for (const sample of samples) {
      const made = convert(sample, context);
      if (made === "wait") return "wait";
      // As in HAProxy: one that converters make nothing of hides those behind it.
      if (made === undefined) break;
      converted.push(made);
    }
    return converted;
  };
}

/** The converters, with the casts between them; null where there are none. */
function compileConverters(expression: SampleExpression, tables: Tables, proxy: string | null): Convert | null {
  const within: CompileContext = { tables, proxy };
  const chain = expression.converters.map(({ name, arguments: args }) => {
    const { input, isWhole, settles, compile } = converterNamed(name);
    return { input, isWhole, settles, convert: compile(args, within) };
  });
  if (chain.length === 0) return null;
  const settledAt = chain.findIndex((one) => one.settles);
  const passing = !mayFetchChange(expression) ? 0 : settledAt < 0 ? chain.length : settledAt;
  /** What it is worth that the converter at `index` made nothing of it. */
  const nothing = (index: number, context: SampleContext): undefined | "wait" =>
    index < passing && !isFinal(context) ? "wait" : undefined;
  // As long as HAProxy's buffer without the end of a text: else each use of a variable might make it longer.
  const limit = tables.sampleBytes - 1;
  return (fetched, context) => {
    let sample = fetched;
    for (let index = 0; index < chain.length; index++) {
      const converter = chain[index]!;
      const input = cast(sample, converter.input);
      if (input === undefined) return nothing(index, context);
      const made = converter.convert(input, context);
      if (made === undefined) return nothing(index, context);
      if (made === "wait") return isFinal(context) ? undefined : "wait";
      if ((made.type === "str" || made.type === "bin") && made.value.length > limit) {
        if (converter.isWhole) return nothing(index, context);
        sample = shortened(made, limit);
      } else sample = made;
    }
    return sample;
  };
}

/** Whether the value of an expression may be another one at the next look; a test of it that fails is then not final. */
export function mayChange(expression: SampleExpression): boolean {
  return mayFetchChange(expression) && !expression.converters.some(({ name }) => converterNamed(name).settles);
}

function mayFetchChange(expression: SampleExpression): boolean {
  return fetchOf(expression).mayChange(expression.arguments);
}

function shortened(sample: Extract<Sample, { type: "str" | "bin" }>, limit: number): Sample {
  return sample.type === "str"
    ? { type: "str", value: sample.value.slice(0, limit) }
    : { type: "bin", value: sample.value.subarray(0, limit) };
}
