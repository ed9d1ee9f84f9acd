/** Texts that rules of HTTP put into messages: log-format strings, and templates with what a regular expression found. */
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import type { Groups } from "../../../regex/engine.ts";
import type { SampleContext } from "../../context.ts";
import { compileHttpFormat } from "../../format/log-format.ts";
import type { CompileContext } from "../../samples/rows.ts";
import type { SessionRecord } from "../../../session-record.ts";

/**
 * The text of a format, whose samples cannot bring control characters into a message: they come out as `%0A`. `status`: that of the
 * answer which it goes into, where it is one in a server's place.
 */
export function compileText(
  format: LogFormat,
  { tables, proxy }: CompileContext,
  status: number | null = null,
): (context: SampleContext) => string {
  const write = compileHttpFormat(format, tables, proxy);
  if (!format.parts.some(({ kind }) => kind === "alias")) return (context) => write(null, context);
  return (context) => {
    const record = context.http?.record() ?? null;
    return write(status === null ? record : answered(record, status), context);
  };
}

function answered(record: SessionRecord | null, status: number): SessionRecord | null {
  const http = record?.http ?? null;
  return record === null || http === null ? record : Object.assign({}, record, { http: { ...http, status } });
}

/**
 * A template with what was found in the place of its references: `\0` is all of it, `\1` to `\9` its groups, `\xHH` a byte, and a
 * backslash before anything else is taken away. Null where it ends within one.
 */
export function expandTemplate(template: string, groups: Groups): string | null {
  if (!template.includes("\\")) return template;
  if (/^(?:[^\\]|\\x..|\\[^x])*$/s.test(template) === false) return null;
  return template.replaceAll(/\\(?:([0-9])|x(..)|(.))/gs, (_, digit?: string, hex?: string, other?: string) => {
    if (digit !== undefined) return groups[Number(digit)] ?? "";
    return hex === undefined ? (other ?? "") : byteOf(hex);
  });
}

function byteOf(hex: string): string {
  const value = Number.parseInt(hex, 16);
  return Number.isNaN(value) ? "" : String.fromCharCode(value);
}
