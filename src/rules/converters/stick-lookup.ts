/** `in_table` and `table_X`: what a stick table knows about a key. */
import { hasArgument, numberArgument, tableArgument } from "../samples/arguments.ts";
import type { Converter, ConverterCompiler, Scope } from "../expression.ts";
import type { Sample } from "../context.ts";
import { bool, sint } from "../value/sample.ts";
import type { StickEntry, StickTable } from "../stick/table.ts";
import { indexedValues, stickReaders, type StickValue } from "../stick/entry-values.ts";
import type { SampleArgument } from "../../plan/sample.ts";
import { wordTable } from "../../word-table.ts";

type Answer = (entry: StickEntry | undefined, table: StickTable) => Sample | undefined;

function lookup(args: readonly SampleArgument[], tableAt: number, scope: Scope, answer: Answer): Converter {
  const tableFor = tableArgument(args, tableAt, scope);
  return {
    input: "any",
    apply: (sample, context) => {
      const table = tableFor(context);
      const key = table?.keyOf(sample);
      if (table === undefined || key === undefined) return undefined;
      return answer(table.find(key), table);
    },
  };
}

function counter(value: StickValue, isIndexed: boolean): ConverterCompiler {
  return (args, scope) => {
    const index = isIndexed ? numberArgument(args, 0) : 0;
    return lookup(args, isIndexed ? 1 : 0, scope, (entry) => (entry === undefined ? sint(0) : value(entry, index)));
  };
}

/** Milliseconds until expiry, or since the last touch; the argument stands in for a key that is not there. */
function time(of: (leftMs: number, table: StickTable) => number): ConverterCompiler {
  return (args, scope) =>
    lookup(args, 0, scope, (entry, table) => {
      if (entry === undefined) return hasArgument(args, 1) ? sint(numberArgument(args, 1)) : undefined;
      if (table.plan.expireMs === 0) return sint(0);
      return sint(Math.round(of(Math.max(0, entry.expiresAt - table.nowMs), table)));
    });
}

function allStickConverters(): ReadonlyMap<string, ConverterCompiler> {
  const all = new Map(
    wordTable<ConverterCompiler>({
      in_table: (args, scope) => lookup(args, 0, scope, (entry) => bool(entry !== undefined)),
      table_expire: time((leftMs) => leftMs),
      table_idle: time((leftMs, table) => table.plan.expireMs - leftMs),
    }),
  );
  for (const [name, value] of stickReaders) {
    all.set(`table_${name}`, counter(value, indexedValues.has(name)));
  }
  return all;
}

export const stickConverters = allStickConverters();
