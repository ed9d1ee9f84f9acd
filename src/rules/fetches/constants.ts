/** Fetches of constants, the clock, chance, the process, and variables (manual, section 7.3.2). */
import { hostname } from "node:os";
import { dateMs } from "../../clock.ts";
import { hasArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import { hexComplaint, textOf, unitAt, variableFirst } from "../samples/argument-checks.ts";
import { fetch, type FetchCompiler, type FetchRow } from "../samples/rows.ts";
import { ticksPerSecond } from "../value/date-text.ts";
import { type Sample, bin, bool, canonicalIPv6, leadingInteger, sint, str } from "../value/sample.ts";

function constant(sample: Sample): FetchCompiler {
  return () => () => sample;
}

/** Microseconds since 1970. */
function nowUs(): number {
  return Math.floor(dateMs() * 1000);
}

/** `date([offset[,unit]])`: the offset is in the unit asked for. */
function date(offset: number, unit: string): () => Sample {
  const factor = ticksPerSecond.get(unit) ?? 1;
  return () => {
    const value = factor === 1_000_000 ? nowUs() : Math.floor((Date.now() * factor) / 1000);
    return sint(value + offset);
  };
}

const truths = ["true", "false", "1", "0"];
const changes = { mayChange: () => true };

/** The fetches of this file. */
export const constantFetches: readonly FetchRow[] = [
  fetch("always_false: bool", "constant", constant(bool(false))),
  fetch("always_true: bool", "constant", constant(bool(true))),
  fetch(
    "bin(string): bin",
    "constant",
    (args) => {
      const sample = bin(new Uint8Array(Buffer.from(textArgument(args, 0), "hex")));
      return () => sample;
    },
    { check: ([text]) => hexComplaint(textOf(text)) },
  ),
  fetch(
    "bool(string): bool",
    "constant",
    (args) => {
      const sample = bool(/^(1|true)$/.test(textArgument(args, 0)));
      return () => sample;
    },
    {
      check: ([text]) => (truths.includes(textOf(text).toLowerCase()) ? null : "Expects 'true', 'false', '0' or '1'"),
    },
  ),
  fetch(
    "date([integer,string]): sint",
    "constant",
    (args) => date(numberArgument(args, 0), textArgument(args, 1, "s")),
    { check: unitAt(1), ...changes },
  ),
  fetch("date_us: sint", "constant", () => () => sint(nowUs() % 1_000_000), changes),
  fetch("env(string): str", "constant", (args) => {
    const name = textArgument(args, 0);
    // An object: it knows words that are no variables.
    const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined;
    const sample = value === undefined ? undefined : str(Buffer.from(value, "utf8").toString("latin1"));
    return () => sample;
  }),
  fetch("hostname: str", "constant", () => {
    const sample = str(hostname());
    return () => sample;
  }),
  fetch("int(integer): sint", "constant", (args) => {
    const sample = sint(leadingInteger(textArgument(args, 0)));
    return () => sample;
  }),
  fetch("ipv4(IPv4 address): ipv4", "constant", (args) => {
    const sample: Sample = { type: "ipv4", value: textArgument(args, 0) };
    return () => sample;
  }),
  fetch("ipv6(IPv6 address): ipv6", "constant", (args) => {
    const text = textArgument(args, 0);
    const sample: Sample = { type: "ipv6", value: canonicalIPv6(text) ?? text };
    return () => sample;
  }),
  fetch("nbproc: sint", "constant", constant(sint(1))),
  fetch("proc: sint", "constant", constant(sint(1))),
  fetch(
    "rand([integer]): sint",
    "constant",
    (args) => {
      const range = hasArgument(args, 0) ? numberArgument(args, 0) : 2 ** 32;
      return () => sint(Math.floor(Math.random() * Math.max(1, range)));
    },
    changes,
  ),
  fetch("str(string): str", "constant", (args) => {
    const sample = str(textArgument(args, 0));
    return () => sample;
  }),
  fetch("thread: sint", "constant", constant(sint(0))),
  fetch("unique-id: str", "constant", () => (context) => {
    const id = context.uniqueId();
    return id === null ? undefined : str(id);
  }),
  fetch("uuid([integer]): str", "constant", () => () => str(crypto.randomUUID()), {
    check: ([version]) =>
      version === undefined || version === 4 ? null : `Unsupported UUID version: '${String(version)}'`,
    ...changes,
  }),
  fetch(
    "var(string[,string]): any",
    "constant",
    (args) => {
      const name = textArgument(args, 0);
      const fallback = hasArgument(args, 1) ? str(textArgument(args, 1)) : undefined;
      return (context) => context.variables.get(name) ?? fallback;
    },
    { check: variableFirst },
  ),
  fetch("pid: sint", "internal", () => () => sint(process.pid)),
];
