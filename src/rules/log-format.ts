/** Log formats compiled into one function each: text, aliases and samples to a line that nobody else can shape. */
import type { LogFormat, LogFormatPart } from "../plan.ts";
import { aliases } from "./log-alias.ts";
import type { SampleContext } from "./context.ts";
import { compileExpression } from "./expression.ts";
import { cast } from "./sample.ts";
import type { SessionRecord } from "./session-record.ts";
import type { Tables } from "./stick-table.ts";

/** Writes a line; `record` is null where no session has ended yet, and aliases that need it are `-` then. */
export type WriteFormat = (record: SessionRecord | null, context: SampleContext) => string;

/** Compiles a format into a function that runs once per line. Lines have one character per byte and no control characters. `proxy` as for compileExpression. */
export function compileLogFormat(
  format: LogFormat,
  tables: Tables,
  proxy: string | null = null,
): (record: SessionRecord, context: SampleContext) => string {
  return compileFormat(format, tables, proxy);
}

/** As compileLogFormat, for formats that may also be asked for before there is a record (`set-var-fmt`, dynamic names). */
export function compileFormat(format: LogFormat, tables: Tables, proxy: string | null = null): WriteFormat {
  const parts = format.parts.map((part) => compilePart(part, tables, proxy));
  return (record, context) => {
    let line = "";
    for (const part of parts) line += part(record, context);
    return line;
  };
}

function compilePart(part: LogFormatPart, tables: Tables, proxy: string | null): WriteFormat {
  if (part.kind === "text") return () => part.text;
  if (part.kind === "sample") {
    const evaluate = compileExpression(part.expression, tables, proxy);
    return (_, context) => {
      const sample = evaluate(context);
      const text = sample === undefined || sample === "wait" ? undefined : cast(sample, "str");
      return text?.type === "str" ? text.value : "-";
    };
  }
  const alias = aliases[part.alias];
  if (alias === undefined) throw new Error(`unknown log alias '${part.alias}'`);
  return (record, context) => String((record === null ? null : alias(record, context)) ?? "-");
}
