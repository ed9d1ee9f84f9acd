/** Log formats compiled into one function each: text, aliases and samples to a line that nobody else can shape. */
import type { LogFormat, LogFormatPart } from "../../plan/rules/log-format.ts";
import type { Tables } from "../stick/tables.ts";
import type { SampleContext } from "../context.ts";
import { compileExpression } from "../expression.ts";
import { type Alias, escapeControls } from "./alias.ts";
import { aliases, httpLogFormat, httpLogLine, tcpLogFormat, tcpLogLine } from "./log-alias.ts";
import type { LineBytes } from "../../line-bytes.ts";
import { putHttpLogLine } from "./http-log-bytes.ts";
import { encodeCbor, encodeJson, type Field } from "./log-encoding.ts";
import { type Sample, cast } from "../value/sample.ts";
import type { SessionRecord } from "../../session-record.ts";

/** Writes a line. `put`, where it is there, puts the same line together from bytes, or refuses. */
export interface LineFormat {
  (record: SessionRecord, context: SampleContext): string;
  readonly put?: (record: SessionRecord, line: LineBytes) => void;
}

const httpLog: LineFormat = Object.assign((record: SessionRecord) => httpLogLine(record), { put: putHttpLogLine });

/** Writes a line; where `record` is null no session tells about itself yet, and aliases have no value. */
export type WriteFormat = (record: SessionRecord | null, context: SampleContext) => string;

/**
 * Compiles a format into a function that runs once per line. `proxy` as for compileExpression.
 *
 * One character of a line is one byte. Control characters of a value come out as `#XX`, and so does a quote within
 * quotes, so that what a client sends can neither begin a line nor end a field; HAProxy writes them as they are.
 */
export function compileLogFormat(format: LogFormat, tables: Tables, proxy: string | null = null): LineFormat {
  if (format.encoding === "text" && format.text === tcpLogFormat) return tcpLogLine;
  if (format.encoding === "text" && format.text === httpLogFormat) return httpLog;
  return compile(format, tables, proxy, "line");
}

/**
 * Compiles a format whose result is a value and no line (`set-var-fmt`, `unique-id-format`, names of backends, TLVs, what
 * checks send): as compileLogFormat, but nothing is escaped, and what is not there or empty is nothing, where a log line has
 * `-`. Aliases are `-` when there is no record. It is no longer than what a converter may give.
 */
export function compileFormat(format: LogFormat, tables: Tables, proxy: string | null = null): WriteFormat {
  return limited(compile(format, tables, proxy, "value"), tables);
}

/**
 * Compiles a format whose result goes into a message of HTTP: as compileFormat, but samples are never quoted, and their control
 * characters come out as `%0A`.
 */
export function compileHttpFormat(format: LogFormat, tables: Tables, proxy: string | null = null): WriteFormat {
  return limited(compile(format, tables, proxy, "message"), tables);
}

function limited(write: WriteFormat, tables: Tables): WriteFormat {
  const limit = tables.sampleBytes - 1;
  return (record, context) => {
    const value = write(record, context);
    return value.length > limit ? value.slice(0, limit) : value;
  };
}

/** What a text is for: a line of a log, a value, or a message of HTTP. */
type Purpose = "line" | "value" | "message";

function compile(format: LogFormat, tables: Tables, proxy: string | null, purpose: Purpose): WriteFormat {
  if (format.encoding !== "text") return compileFields(format, tables, proxy);
  const joined = joinTexts(format.parts);
  const parts = joined.map((part) => compilePart(part, tables, proxy, purpose));
  if (purpose !== "message" && joined.some(mayVanish)) return withoutGaps(joined, parts);
  if (parts.length === 1) return parts[0]!;
  return (record, context) => {
    let line = "";
    for (const part of parts) line += part(record, context);
    return line;
  };
}

function mayVanish(part: LogFormatPart): boolean {
  return part.kind === "alias" && aliasNamed(part.alias).vanishes;
}

/** The spaces before and behind a part that came to nothing are one, and at the line's beginning none. */
function withoutGaps(parts: readonly LogFormatPart[], written: readonly WriteFormat[]): WriteFormat {
  const kinds = parts.map((part) => (part.kind === "text" ? "text" : mayVanish(part) ? "vanishing" : "value"));
  return (record, context) => {
    let line = "";
    let isAfterSpace = true;
    for (let index = 0; index < written.length; index++) {
      const text = written[index]!(record, context);
      const kind = kinds[index];
      line += kind === "text" && isAfterSpace && text.startsWith(" ") ? text.slice(1) : text;
      if (kind === "text") isAfterSpace = text.endsWith(" ");
      else if (kind === "value" || text !== "") isAfterSpace = false;
    }
    return line;
  };
}

/** Neighbouring texts as one. */
function joinTexts(parts: readonly LogFormatPart[]): LogFormatPart[] {
  const joined: LogFormatPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === "text" && last?.kind === "text")
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    else joined.push(part);
  }
  return joined;
}

function compilePart(part: LogFormatPart, tables: Tables, proxy: string | null, purpose: Purpose): WriteFormat {
  if (part.kind === "text") return () => part.text;
  const { flags } = part;
  const missing = purpose === "line" ? "-" : "";
  const none = part.kind === "alias" ? "-" : missing;
  const finish = (value: string | undefined): string => {
    if (value === undefined || value === "") return flags.quote ? '""' : missing;
    let text = purpose === "line" ? escapeControls(value) : value;
    if (flags.escape) text = text.replaceAll(/["\\\]]/g, "\\$&");
    else if (flags.quote && purpose === "line") text = text.replaceAll('"', "#22");
    return flags.quote ? `"${text}"` : text;
  };
  if (part.kind === "sample") {
    const evaluate = compileExpression(part.expression, tables, proxy);
    if (purpose === "message") return (_, context) => encodeControls(textOf(evaluate(context)) ?? "");
    return (_, context) => finish(textOf(evaluate(context)));
  }
  const read = readAlias(part.alias, flags.hex);
  const alias = aliasNamed(part.alias);
  const { write } = alias;
  if (write !== null) {
    const nothing = alias.vanishes ? "" : flags.quote ? '""' : none;
    return (record) => (record === null ? nothing : write(record, flags));
  }
  // What is written in hexadecimal is never quoted.
  const isText = alias.isText && !(flags.hex && alias.hex !== null);
  return (record) => {
    if (record === null) return flags.quote ? '""' : none;
    const value = read(record);
    return isText ? finish(value ?? undefined) : (value ?? (flags.quote ? '""' : missing));
  };
}

function textOf(sample: Sample | undefined | "wait"): string | undefined {
  if (sample === undefined || sample === "wait") return undefined;
  const text = cast(sample, "str");
  return text?.type === "str" ? text.value : undefined;
}

function aliasNamed(name: string): Alias {
  const alias = aliases.get(name);
  if (alias === undefined) throw new Error(`no such format variable '${name}'`);
  return alias;
}

/** An alias as text; null without a value. */
function readAlias(name: string, isHex: boolean): (record: SessionRecord | null) => string | null {
  const alias = aliasNamed(name);
  const { hex } = alias;
  if (isHex && hex !== null) return (record) => (record === null ? null : hex(record));
  return (record) => {
    const value = record === null ? null : alias.read(record);
    if (value === null || record === null) return null;
    return alias.isPartial && record.unfinished ? `+${value}` : String(value);
  };
}

/** JSON and CBOR: the named parts as members of one map, numbers and truth values as such. */
function compileFields(format: LogFormat, tables: Tables, proxy: string | null): WriteFormat {
  const members = format.parts
    .filter((part) => part.name !== null && part.kind !== "text")
    .map((part) => ({ name: part.name ?? "", read: compileField(part, tables, proxy) }));
  const encode = format.encoding === "json" ? encodeJson : encodeCbor;
  return (record, context) => encode(members.map(({ name, read }) => [name, read(record, context)]));
}

function compileField(
  part: LogFormatPart,
  tables: Tables,
  proxy: string | null,
): (record: SessionRecord | null, context: SampleContext) => Field {
  if (part.kind === "text") return () => part.text;
  if (part.kind === "sample") {
    const evaluate = compileExpression(part.expression, tables, proxy);
    return (_, context) => {
      const sample = evaluate(context);
      return sample === undefined || sample === "wait" ? null : sample.value;
    };
  }
  const alias = aliasNamed(part.alias);
  if (part.flags.hex && alias.hex !== null) return readAlias(part.alias, part.flags.hex);
  return (record) => (record === null ? null : alias.read(record));
}

/** Control characters, all but the tabulator, percent-encoded: HAProxy's way with samples in messages. */
function encodeControls(text: string): string {
  if (!/[\0-\u0008\n-\u001f\u007f]/.test(text)) return text;
  return text.replaceAll(/[\0-\u0008\n-\u001f\u007f]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
