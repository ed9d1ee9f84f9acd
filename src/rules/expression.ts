/** A sample expression as a plain function: a fetch, then its converters with the casts between them. */
import type { SampleArgument, SampleExpression } from "../plan/sample.ts";
import type { Sample, SampleContext } from "./context.ts";
import { converters } from "./converters/converters.ts";
import { fetches } from "./fetches/fetches.ts";
import { isFinal, mayFetchChange } from "./fetches/payload.ts";
import { cast, type SampleType } from "./value/sample.ts";
import type { Tables } from "./stick/table.ts";

/** Undefined: there is no such value; "wait": there may be one once more bytes have come. */
export type Evaluate = (context: SampleContext) => Sample | undefined | "wait";

/** What fetches and converters may lean on while they are compiled. */
export interface Scope {
  readonly tables: Tables;
  /** The frontend or backend the expression stands in, for arguments that default to it; null: told by the session. */
  readonly proxy: string | null;
}

export type FetchCompiler = (args: readonly SampleArgument[], scope: Scope) => Evaluate;

/** A converter ready to run; its input has been cast to `input` before. */
export interface Converter {
  readonly input: SampleType;
  /** "wait": of these bytes it cannot be said yet. */
  readonly apply: (sample: Sample, context: SampleContext) => Sample | undefined | "wait";
}

export type ConverterCompiler = (args: readonly SampleArgument[], scope: Scope) => Converter;

/** What of these comes to more than there is room for is nothing, as in HAProxy; of all others, the beginning. */
const neverCut: ReadonlySet<string> = new Set(["base64", "ub64enc", "json"]);

/**
 * Compiles an expression. Throws on a name that does not exist here, which the reader of the configuration has ruled out.
 *
 * `proxy` is the frontend or backend it was written in; without it, arguments left out (`src_conn_rate`'s table, `nbsrv`'s
 * backend) mean the session's backend, or its frontend while no backend is chosen.
 */
export function compileExpression(
  expression: SampleExpression,
  tables: Tables,
  proxy: string | null = null,
): (context: SampleContext) => Sample | undefined | "wait" {
  const scope: Scope = { tables, proxy };
  const compileFetch = fetches.get(expression.fetch);
  if (compileFetch === undefined) throw new Error(`unknown fetch method '${expression.fetch}'`);
  const fetch = compileFetch(expression.arguments, scope);
  const chain = expression.converters.map(({ name, arguments: args }) => ({
    ...compileConverter(name, args, scope),
    isWhole: neverCut.has(name),
  }));
  if (chain.length === 0) return fetch;
  const settledAt = expression.converters.findIndex((one) => settling.test(one.name));
  const passing = !mayFetchChange(expression) ? 0 : settledAt < 0 ? chain.length : settledAt;
  /** What it is worth that the converter at `index` made nothing of it. */
  const nothing = (index: number, context: SampleContext): undefined | "wait" =>
    index < passing && !isFinal(context) ? "wait" : undefined;
  // As long as HAProxy's buffer without the end of a text: else each use of a variable might make it longer.
  const limit = tables.sampleBytes - 1;
  return (context) => {
    let sample = fetch(context);
    if (sample === undefined || sample === "wait") return sample;
    for (let index = 0; index < chain.length; index++) {
      const converter = chain[index]!;
      const input = cast(sample, converter.input);
      if (input === undefined) return nothing(index, context);
      const made = converter.apply(input, context);
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
  return mayFetchChange(expression) && !expression.converters.some((one) => settling.test(one.name));
}

/** Converters whose answer HAProxy takes for the last one, whatever may come behind the bytes that they saw. */
const settling = /^(in_table|table_|mqtt_)/;

function shortened(sample: Extract<Sample, { type: "str" | "bin" }>, limit: number): Sample {
  return sample.type === "str"
    ? { type: "str", value: sample.value.slice(0, limit) }
    : { type: "bin", value: sample.value.subarray(0, limit) };
}

function compileConverter(name: string, args: readonly SampleArgument[], scope: Scope): Converter {
  const compile = converters.get(name);
  if (compile === undefined) throw new Error(`unknown converter '${name}'`);
  return compile(args, scope);
}
