/** Fetches of constants, the clock, chance, the process, and variables (manual, section 7.3.2). */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { dateMs } from "../../clock.ts";
import { hasArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import type { Sample } from "../context.ts";
import type { FetchCompiler } from "../expression.ts";
import { bin, bool, canonicalIPv6, leadingInteger, sint, str } from "../value/sample.ts";
import { wordTable } from "../../word-table.ts";

function constant(sample: Sample): FetchCompiler {
  return () => () => sample;
}

/** Microseconds since 1970. */
function nowUs(): number {
  return Math.floor(dateMs() * 1000);
}

const perSecond = wordTable<number>({ s: 1, ms: 1000, us: 1_000_000 });

/** `date([offset[,unit]])`: the offset is in the unit asked for. */
function date(offset: number, unit: string): () => Sample {
  const factor = perSecond.get(unit) ?? 1;
  return () => {
    const value = factor === 1_000_000 ? nowUs() : Math.floor((Date.now() * factor) / 1000);
    return sint(value + offset);
  };
}

export const constantFetches = wordTable<FetchCompiler>({
  always_true: constant(bool(true)),
  always_false: constant(bool(false)),
  nbproc: constant(sint(1)),
  proc: constant(sint(1)),
  thread: constant(sint(0)),
  pid: () => () => sint(process.pid),
  int: (args) => {
    const sample = sint(leadingInteger(textArgument(args, 0)));
    return () => sample;
  },
  str: (args) => {
    const sample = str(textArgument(args, 0));
    return () => sample;
  },
  bool: (args) => {
    const sample = bool(/^(1|true)$/.test(textArgument(args, 0)));
    return () => sample;
  },
  bin: (args) => {
    const sample = bin(new Uint8Array(Buffer.from(textArgument(args, 0), "hex")));
    return () => sample;
  },
  ipv4: (args) => {
    const sample: Sample = { type: "ipv4", value: textArgument(args, 0) };
    return () => sample;
  },
  ipv6: (args) => {
    const text = textArgument(args, 0);
    const sample: Sample = { type: "ipv6", value: canonicalIPv6(text) ?? text };
    return () => sample;
  },
  env: (args) => {
    const name = textArgument(args, 0);
    // An object: it knows words that are no variables.
    const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined;
    const sample = value === undefined ? undefined : str(Buffer.from(value, "utf8").toString("latin1"));
    return () => sample;
  },
  hostname: () => {
    const sample = str(hostname());
    return () => sample;
  },
  date: (args) => date(numberArgument(args, 0), textArgument(args, 1, "s")),
  date_us: () => () => sint(nowUs() % 1_000_000),
  rand: (args) => {
    const range = hasArgument(args, 0) ? numberArgument(args, 0) : 2 ** 32;
    return () => sint(Math.floor(Math.random() * Math.max(1, range)));
  },
  uuid: () => () => str(randomUUID()),
  "unique-id": () => (context) => {
    const id = context.uniqueId();
    return id === null ? undefined : str(id);
  },
  var: (args) => {
    const name = textArgument(args, 0);
    const fallback = hasArgument(args, 1) ? str(textArgument(args, 1)) : undefined;
    return (context) => context.variables.get(name) ?? fallback;
  },
});
