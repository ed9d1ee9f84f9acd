/** A sample expression as a plain function: a fetch, then its converters with the casts between them. */
import type { SampleArgument, SampleExpression } from "../plan.ts";
import type { Sample, SampleContext } from "./context.ts";
import { converters } from "./converters.ts";
import { fetches } from "./fetches.ts";
import { cast, type SampleType } from "./sample.ts";
import type { Tables } from "./stick-table.ts";

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
  readonly apply: (sample: Sample, context: SampleContext) => Sample | undefined;
}

export type ConverterCompiler = (args: readonly SampleArgument[], scope: Scope) => Converter;

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
  const chain = expression.converters.map((one) => compileConverter(one.name, one.arguments, scope));
  if (chain.length === 0) return fetch;
  return (context) => {
    let sample = fetch(context);
    if (sample === undefined || sample === "wait") return sample;
    for (const converter of chain) {
      sample = cast(sample, converter.input);
      if (sample === undefined) return undefined;
      sample = converter.apply(sample, context);
      if (sample === undefined) return undefined;
    }
    return sample;
  };
}

function compileConverter(name: string, args: readonly SampleArgument[], scope: Scope): Converter {
  const compile = converters.get(name);
  if (compile === undefined) throw new Error(`unknown converter '${name}'`);
  return compile(args, scope);
}
