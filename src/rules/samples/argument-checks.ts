/** What several fetches and converters ask of their arguments beyond the type. */
import type { SampleArgument } from "../../plan/rules/sample.ts";
import { isBase64 } from "../value/base64.ts";
import { ticksPerSecond } from "../value/date-text.ts";
import type { ArgumentCheck } from "./rows.ts";
import { variableComplaint } from "./variable-name.ts";

/** An argument's text; "" for any other. */
export function textOf(value: SampleArgument | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A unit of time at `index`, which may be left out. */
export function unitAt(index: number): ArgumentCheck {
  return (values) => {
    const unit = values[index];
    return unit === undefined || ticksPerSecond.has(textOf(unit))
      ? null
      : `expects 's', 'ms' or 'us', got '${textOf(unit)}'`;
  };
}

/** The name of a variable comes first. */
export const variableFirst: ArgumentCheck = ([name]) => variableComplaint(textOf(name));

/** The name of a variable comes first, and has to be there. */
export const variableNeeded: ArgumentCheck = (values) =>
  textOf(values[0]) === "" ? "missing variable name" : variableOrNothingAt(0)(values);

/** The name of a variable at `index`, or nothing. */
export function variableOrNothingAt(index: number): ArgumentCheck {
  return (values) => {
    const name = textOf(values[index]);
    return name === "" || variableComplaint(name) === null ? null : `failed to register variable name '${name}'`;
  };
}

/** A pair of hexadecimal digits for each byte; HAProxy's words for anything else. */
export function hexComplaint(text: string): string | null {
  if (text.length % 2 !== 0) return "an even number of hex digit is expected";
  const wrong = /[^0-9a-fA-F]/.exec(text)?.[0];
  return wrong === undefined ? null : `an hex digit is expected (found '${wrong}')`;
}

/** Bytes in base64, or the name of a variable that has them so, at `index`; `name` is what HAProxy calls them. */
export function bytesOrVariableAt(index: number, name: string): ArgumentCheck {
  return (values) => {
    const text = textOf(values[index]);
    if (variableComplaint(text) === null || isBase64(text)) return null;
    return `failed to parse ${name} : argument needs to be base64 encoded, and can either be a string or a variable`;
  };
}
