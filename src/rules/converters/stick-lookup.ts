/** `in_table` and `table_X`: what a stick table knows about a key. */
import { hasArgument, numberArgument, tableArgument } from "../samples/arguments.ts";
import { type Sample, bool, sint } from "../value/sample.ts";
import type { StickEntry, StickTable } from "../stick/table.ts";
import { entryValues, type StickValue } from "../stick/entry-values.ts";
import {
  type Arguments,
  type Convert,
  converter,
  type ConverterCompiler,
  type ConverterRow,
  type CompileContext,
} from "../samples/rows.ts";

type Answer = (entry: StickEntry | undefined, table: StickTable) => Sample | undefined;

function lookup(args: Arguments, tableAt: number, within: CompileContext, answer: Answer): Convert {
  const tableFor = tableArgument(args, tableAt, within);
  return (sample, context) => {
    const table = tableFor(context);
    const key = table?.keyOf(sample);
    if (table === undefined || key === undefined) return undefined;
    return answer(table.find(key), table);
  };
}

function counter(value: StickValue, isIndexed: boolean): ConverterCompiler {
  return (args, within) => {
    const index = isIndexed ? numberArgument(args, 0) : 0;
    return lookup(args, isIndexed ? 1 : 0, within, (entry) => (entry === undefined ? sint(0) : value(entry, index)));
  };
}

/** Milliseconds until expiry, or since the last touch; the argument stands in for a key that is not there. */
function time(of: (leftMs: number, table: StickTable) => number): ConverterCompiler {
  return (args, within) =>
    lookup(args, 0, within, (entry, table) => {
      if (entry === undefined) return hasArgument(args, 1) ? sint(numberArgument(args, 1)) : undefined;
      if (table.plan.expireMs === 0) return sint(0);
      return sint(Math.round(of(Math.max(0, entry.expiresAt - table.nowMs), table)));
    });
}

const settles = { settles: true };

/** The converters of this file. */
export const stickConverters: readonly ConverterRow[] = [
  converter(
    "in_table(table): any -> bool",
    (args, within) => lookup(args, 0, within, (entry) => bool(entry !== undefined)),
    settles,
  ),
  ...entryValues.flatMap(({ converter: name, value, isIndexed }) =>
    name === null
      ? []
      : [
          converter(
            `table_${name}(${isIndexed ? "integer," : ""}table): any -> sint`,
            counter(value, isIndexed),
            settles,
          ),
        ],
  ),
  converter(
    "table_expire(table[,integer]): any -> sint",
    time((leftMs) => leftMs),
    settles,
  ),
  converter(
    "table_idle(table[,integer]): any -> sint",
    time((leftMs, table) => table.plan.expireMs - leftMs),
    settles,
  ),
];
