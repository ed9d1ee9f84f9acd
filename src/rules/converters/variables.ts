/** Converters that work with variables and with values of several types. */
import { type ArgumentCheck, converter, type ConverterRow } from "../samples/rows.ts";
import { latin1 } from "../../wire/latin1.ts";
import { hasArgument, textArgument, variableAs } from "../samples/arguments.ts";
import { type Sample, bool, cast, sint, str } from "../value/sample.ts";
import { textOf, variableFirst, variableNeeded, variableOrNothingAt } from "../samples/argument-checks.ts";
import { variableComplaint } from "../samples/variable-name.ts";
import { isSetVarCondition, setVariable } from "../samples/set-variable.ts";
import { maskIPv4, maskIPv6, readMask } from "../match/network.ts";

/** Text of a variable, or "" when there is no name, no such variable, or no text in it. */
function textOfVariable(context: Parameters<typeof variableAs>[0], name: string): string {
  const sample = name === "" ? undefined : variableAs(context, name, "str");
  return sample?.type === "str" ? sample.value : "";
}

function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = left.charCodeAt(at) - right.charCodeAt(at);
    if (difference !== 0) return difference;
  }
  return Math.sign(left.length - right.length);
}

/** Whether two byte strings are equal, in a time that tells only their lengths. */
function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let at = 0; at < left.length; at++) difference |= left[at]! ^ right[at]!;
  return difference === 0;
}

/** The line that `debug` writes. Bytes that could steer a terminal are dots. */
function describeSample(prefix: string, sample: Sample): string {
  const text = sample.type === "bin" ? latin1(sample.value) : cast(sample, "str")?.value;
  const shown = String(text ?? "").replaceAll(/[^ -~]/g, ".");
  return `[debug] ${prefix}${prefix === "" ? "" : ": "}type=${sample.type} <${shown}>\n`;
}

const checkAssignment: ArgumentCheck = ([name, ...conditions]) => {
  const unknown = conditions.find((one) => !isSetVarCondition(textOf(one)));
  return variableComplaint(textOf(name)) ?? (unknown === undefined ? null : `unknown condition "${textOf(unknown)}"`);
};

/** The converters of this file. */
export const variableConverters: readonly ConverterRow[] = [
  converter(
    "add_item(string,string[,string]): str -> str",
    (args) => {
      const [delimiter, variable, suffix] = [textArgument(args, 0), textArgument(args, 1), textArgument(args, 2)];
      return (sample, context) => {
        if (sample.type !== "str") return undefined;
        const added = textOfVariable(context, variable) + suffix;
        return str(sample.value === "" || added === "" ? sample.value + added : sample.value + delimiter + added);
      };
    },
    { check: variableOrNothingAt(1) },
  ),
  converter(
    "concat(string[,string,string]): str -> str",
    (args) => {
      const [start, variable, end] = [textArgument(args, 0), textArgument(args, 1), textArgument(args, 2)];
      return (sample, context) =>
        sample.type === "str" ? str(sample.value + start + textOfVariable(context, variable) + end) : undefined;
    },
    { check: variableOrNothingAt(1) },
  ),
  converter("debug([string,string]): any -> any", (args) => {
    const prefix = textArgument(args, 0);
    const sink = textArgument(args, 1);
    const stream = sink === "stdout" ? process.stdout : sink === "stderr" ? process.stderr : null;
    return (sample) => {
      stream?.write(describeSample(prefix, sample));
      return sample;
    };
  }),
  converter("ipmask(IPv4 mask[,IPv6 mask]): addr -> addr", (args) => {
    const ipv4 = readMask(textArgument(args, 0), 4);
    const ipv6 = hasArgument(args, 1) ? readMask(textArgument(args, 1), 6) : null;
    return (sample) => {
      const short = cast(sample, "ipv4");
      if (short?.type === "ipv4") return { type: "ipv4", value: maskIPv4(short.value, ipv4) };
      if (sample.type !== "ipv6" || ipv6 === null) return undefined;
      return { type: "ipv6", value: maskIPv6(sample.value, ipv6) };
    };
  }),
  converter("nbsrv: str -> sint", () => (sample, context) => {
    const backend = sample.type === "str" ? context.internal.backend(sample.value) : null;
    return backend === null ? undefined : sint(backend.usableServers);
  }),
  converter(
    "secure_memcmp(string): bin -> bool",
    (args) => {
      const name = textArgument(args, 0);
      return (sample, context) => {
        const other = variableAs(context, name, "bin");
        if (sample.type !== "bin" || other?.type !== "bin") return undefined;
        return bool(areEqual(sample.value, other.value));
      };
    },
    { check: variableNeeded },
  ),
  converter(
    "set-var(string[,string,string,string,string]): any -> any",
    (args) => {
      const name = textArgument(args, 0);
      const conditions = args
        .slice(1)
        .map((_, index) => textArgument(args, index + 1))
        .filter((one) => one !== "");
      return (sample, context) => {
        setVariable(context, name, sample, conditions);
        return sample;
      };
    },
    { check: checkAssignment },
  ),
  converter("srv_queue: str -> sint", () => (sample, context) => {
    if (sample.type !== "str") return undefined;
    const slash = sample.value.indexOf("/");
    const backend = slash === -1 ? (context.backend ?? context.frontend) : sample.value.slice(0, slash);
    const server = context.internal.server(backend, sample.value.slice(slash + 1));
    return server === null ? undefined : sint(server.queued);
  }),
  converter(
    "strcmp(string): str -> sint",
    (args) => {
      const name = textArgument(args, 0);
      return (sample, context) => {
        const other = variableAs(context, name, "str");
        if (sample.type !== "str" || other?.type !== "str") return undefined;
        return sint(compareTexts(sample.value, other.value));
      };
    },
    { check: variableNeeded },
  ),
  converter(
    "unset-var(string): any -> any",
    (args) => {
      const name = textArgument(args, 0);
      return (sample, context) => {
        context.variables.unset(name);
        return sample;
      };
    },
    { check: variableFirst },
  ),
];
