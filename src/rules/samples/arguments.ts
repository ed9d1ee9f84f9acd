/** Arguments of fetches and converters, read as the type that they are declared with. */
import type { MapFile } from "../../plan/rules/sample.ts";
import { latin1 } from "../../wire/latin1.ts";
import type { SampleContext } from "../context.ts";
import type { Arguments, CompileContext } from "./rows.ts";
import { fromBase64 } from "../value/base64.ts";
import { type Sample, cast, leadingInteger } from "../value/sample.ts";
import type { StickTable } from "../stick/table.ts";
import { variableComplaint } from "./variable-name.ts";

/** The text of an argument; `fallback` when it was left out. */
export function textArgument(args: Arguments, index: number, fallback = ""): string {
  const argument = args[index];
  return typeof argument === "string" || typeof argument === "number" ? String(argument) : fallback;
}

/** The number of an argument; `fallback` when it was left out or empty. */
export function numberArgument(args: Arguments, index: number, fallback = 0): number {
  const argument = args[index];
  if (typeof argument === "number") return argument;
  return typeof argument === "string" && argument !== "" ? Number(argument) : fallback;
}

/** Whether an argument was given and is not empty. */
export function hasArgument(args: Arguments, index: number): boolean {
  const argument = args[index];
  return argument !== undefined && argument !== null && argument !== "";
}

/** The name of a file that the configuration names; "" when the argument is no file. */
export function fileArgument(args: Arguments, index: number): string {
  const argument = args[index];
  return typeof argument === "object" && argument !== null ? argument.file : "";
}

/** Keys and values of a file that the configuration names, as they were read. */
export function entriesArgument(args: Arguments, index: number): MapFile["entries"] {
  const argument = args[index];
  return typeof argument === "object" && argument !== null ? argument.entries : [];
}

/** A number written as such, or the content of a variable; undefined while that variable is not set. */
export function integerOrVariable(args: Arguments, index: number): (context: SampleContext) => bigint | undefined {
  const argument = args[index];
  if (typeof argument === "number") {
    const value = BigInt(argument);
    return () => value;
  }
  const text = textArgument(args, index);
  if (/^[+-]?[0-9]/.test(text)) {
    const value = leadingInteger(text);
    return () => value;
  }
  return (context) => {
    const sample = variableAs(context, text, "sint");
    return sample?.type === "sint" ? sample.value : undefined;
  };
}

/** A variable's content, cast; undefined when it is not set or cannot be cast. */
export function variableAs(context: SampleContext, name: string, type: "sint" | "str" | "bin"): Sample | undefined {
  const sample = context.variables.get(name);
  return sample === undefined ? undefined : cast(sample, type);
}

/** The table named by an argument; without one, that of the proxy the expression stands in. */
export function tableArgument(
  args: Arguments,
  index: number,
  within: CompileContext,
): (context: SampleContext) => StickTable | undefined {
  return tableNamed(hasArgument(args, index) ? textArgument(args, index) : null, within);
}

/** The table of that name; for null, that of the proxy of `within` or, when that is null as well, of the session. */
export function tableNamed(
  name: string | null,
  within: CompileContext,
): (context: SampleContext) => StickTable | undefined {
  const known = name ?? within.proxy;
  const table = known === null ? undefined : within.tables.get(known);
  if (table !== undefined) return () => table;
  return (context) => within.tables.get(known ?? context.backend ?? context.frontend);
}

/** The proxy named by an argument; without one, the one the expression stands in, or the session's. */
export function proxyArgument(
  args: Arguments,
  within: CompileContext,
  side: "frontend" | "backend",
): (context: SampleContext) => string {
  const name = hasArgument(args, 0) ? textArgument(args, 0) : within.proxy;
  if (name !== null) return () => name;
  return side === "frontend" ? (context) => context.frontend : (context) => context.backend ?? context.frontend;
}

/** Bytes written in base64, or kept so in the variable that is named; undefined while there are none. */
export function bytesOrVariable(args: Arguments, index: number): (context: SampleContext) => Uint8Array | undefined {
  const text = textArgument(args, index);
  if (variableComplaint(text) !== null) {
    const bytes = fromBase64(text);
    return () => bytes;
  }
  return (context) => {
    const sample = variableAs(context, text, "bin");
    return sample?.type === "bin" ? fromBase64(latin1(sample.value)) : undefined;
  };
}
