/** Sessions, expressions and rules for tests of the rules room, without any proxy. */
import type { StickTablePlan } from "../../../src/plan/rules/rule.ts";
import type { SampleArgument, SampleExpression } from "../../../src/plan/rules/sample.ts";
import type { LogFormat } from "../../../src/plan/rules/log-format.ts";
import type { AclTest, Condition } from "../../../src/plan/rules/acl.ts";
import { patternLines, splitMapLine } from "../../../src/config/draft/pattern-lists.ts";
import { Tables } from "../../../src/rules/stick/tables.ts";
import type { Sample } from "../../../src/rules/value/sample.ts";
import type { Payload, InternalStates, SampleContext } from "../../../src/rules/context.ts";
import type { SessionRecord } from "../../../src/session-record.ts";
import { StickTable } from "../../../src/rules/stick/table.ts";

/** A session from 10.0.0.1:4000 to 10.0.0.2:22 in frontend `f`; `given` replaces whatever it names. */
export function session(given: Partial<SampleContext> = {}): SampleContext {
  const variables = new Map<string, Sample>();
  return {
    source: { kind: "tcp", host: "10.0.0.1", port: 4000 },
    destination: { kind: "tcp", host: "10.0.0.2", port: 22 },
    peer: { kind: "tcp", host: "10.0.0.1", port: 4000 },
    peerDestination: { kind: "tcp", host: "10.0.0.2", port: 22 },
    acceptedAt: Date.UTC(2026, 10, 23, 21, 36, 26, 35),
    frontend: "f",
    backend: null,
    server: null,
    listener: { id: 1, name: "lst" },
    proxyHeader: null,
    request: null,
    response: null,
    variables: {
      get: (name) => variables.get(name),
      set: (name, value) => void variables.set(name, value),
      unset: (name) => void variables.delete(name),
    },
    internal: noStates,
    sessionId: 1,
    uniqueId: () => null,
    tracked: [],
    bytesIn: 0,
    bytesOut: 0,
    serverSide: null,
    ...given,
  };
}

const noStates: InternalStates = {
  frontend: () => null,
  backend: () => null,
  server: () => null,
  processConnections: 1,
  stopping: false,
};

/** Bytes that have come, one per character. */
export function payload(text: string, final = false): Payload {
  return { bytes: new Uint8Array(Buffer.from(text, "latin1")), final };
}

/** A record of a session that ended well. */
export function record(given: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: 7,
    frontend: "f",
    backend: "b",
    server: "s1",
    listener: "lst",
    listenerId: 1,
    client: { kind: "tcp", host: "127.0.0.1", port: 52054 },
    frontendAddress: { kind: "tcp", host: "127.0.0.1", port: 29560 },
    backendSource: { kind: "tcp", host: "127.0.0.1", port: 40000 },
    serverAddress: { kind: "tcp", host: "127.0.0.2", port: 7999 },
    acceptedAt: Date.UTC(2026, 10, 23, 21, 36, 26, 35),
    handshakeMs: 0,
    queueMs: 1,
    connectMs: 2,
    totalMs: 300,
    unfinished: false,
    bytesIn: 44,
    bytesOut: 5555,
    termination: "--",
    processConnections: 1,
    frontendConnections: 2,
    backendConnections: 3,
    serverConnections: 4,
    retries: 0,
    redispatched: false,
    serverQueue: 5,
    backendQueue: 6,
    uniqueId: null,
    logCount: { logLines: 0 },
    logLevel: null,
    ...given,
  };
}

/** An expression as one would write it; arguments in quotes lose them, all digits make a number, `files` replaces names. */
export function expression(text: string, files: Readonly<Record<string, readonly string[]>> = {}): SampleExpression {
  const calls: { name: string; arguments: SampleArgument[] }[] = [];
  let at = 0;
  while (at < text.length) {
    const name = /^[^(,]*/.exec(text.slice(at))?.[0] ?? "";
    at += name.length;
    const taken = text[at] === "(" ? takeArguments(text, at + 1) : { list: [], at };
    calls.push({ name, arguments: taken.list.map((one) => argumentOf(one, files[one])) });
    at = taken.at + 1;
  }
  const [fetch, ...converters] = calls;
  return { fetch: fetch?.name ?? "", arguments: fetch?.arguments ?? [], converters, text };
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  " ": " ",
  '"': '"',
  "'": "'",
};

function argumentOf(text: string, lines: readonly string[] | undefined): SampleArgument {
  return lines === undefined ? text : { file: text, entries: patternLines(lines.join("\n")).map(splitMapLine) };
}

function takeArguments(text: string, start: number): { list: string[]; at: number } {
  const list = [""];
  let quote = "";
  let at = start;
  for (; at < text.length && (quote !== "" || text[at] !== ")"); at++) {
    const character = text[at] ?? "";
    if (character === quote) quote = "";
    else if (quote === "" && (character === '"' || character === "'")) quote = character;
    else if (quote === "" && character === ",") list.push("");
    else if (character === "\\" && quote !== "'" && (text[at + 1] ?? "x") in escapes)
      list[list.length - 1] += escapes[text[++at] ?? ""] ?? "";
    else list[list.length - 1] += character;
  }
  return { list, at: at + 1 };
}

/** One anonymous ACL as a condition. */
export function condition(
  text: string,
  match: AclTest["match"],
  patterns: readonly string[] = [],
  ignoreCase = false,
): Condition {
  const test: AclTest = { expression: expression(text), match, ignoreCase, patterns, files: [], own: null };
  return { unless: false, any: [[{ negate: false, acl: { name: null, tests: [test] } }]] };
}

/** A table plan that stores `stores`, each `name`, `name(period)` or `name(count,period)` in ms. */
export function tablePlan(stores: readonly string[], given: Partial<StickTablePlan> = {}): StickTablePlan {
  return {
    name: "t",
    type: "ip",
    keyLength: 0,
    size: 100,
    expireMs: 0,
    nopurge: false,
    stores: stores.map((store) => {
      const [, name = "", numbers = ""] = /^(\w+)(?:\((.*)\))?$/.exec(store) ?? [];
      const list = numbers === "" ? [] : numbers.split(",").map(Number);
      const isRate = name.endsWith("_rate");
      return { name, periodMs: isRate ? (list.at(-1) ?? 0) : 0, count: (isRate ? list.at(-2) : list[0]) ?? 1 };
    }),
    ...given,
  };
}

/** Tables made of these plans, with a clock that stands where `clock.at` says. */
export function tables(plans: readonly StickTablePlan[], clock: { at: number } = { at: 0 }): Tables {
  return done(new Tables(() => clock.at).next(plans, []));
}

/** Does work that is cut into steps, at once. */
export function done<T>(work: Generator<number, T, undefined>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** A format of parts written as `%ci`, `%[src]`, `%{+Q}s`, and text between them; `%(name)ci` names one. */
export function format(text: string, encoding: LogFormat["encoding"] = "text"): LogFormat {
  const parts: LogFormat["parts"][number][] = [];
  const pattern = /%(?:\{([^}]*)\})?(?:\((\w+)\))?(?:\[((?:"(?:\\.|[^"\\])*"|[^\]"])*)\]|(\w+))|[^%]+/g;
  for (const [whole, flags = "", name, sample, alias] of text.matchAll(pattern)) {
    const common = {
      flags: { quote: flags.includes("+Q"), hex: flags.includes("+X"), escape: flags.includes("+E") },
      name: name ?? null,
    };
    if (sample !== undefined) parts.push({ ...common, kind: "sample", expression: expression(sample) });
    else if (alias !== undefined) parts.push({ ...common, kind: "alias", alias });
    else parts.push({ ...common, kind: "text", text: whole });
  }
  return { text, encoding, parts };
}

export { StickTable, Tables };
