// Every fetch, converter and action, called with whatever strangers can send: none throws, none takes long.
import type { SampleArgument, SampleExpression } from "../../src/plan/rules/sample.ts";
import type { Action, HttpAction } from "../../src/plan/rules/rule.ts";
import type { RuleEffects } from "../../src/rules/actions/effects.ts";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { processorMs } from "../processor-time.ts";
import { argumentValue } from "../../src/config/expressions/argument-values.ts";
import { Complaint } from "../../src/config/text/complaint.ts";
import { regexComplaint } from "../../src/config/expressions/regex-notices.ts";
import { compileAction } from "../../src/rules/actions/actions.ts";
import type { SampleContext } from "../../src/rules/context.ts";
import { converters } from "../../src/rules/converters/converters.ts";
import type { ArgumentCheck, Arguments, CompileContext } from "../../src/rules/samples/rows.ts";
import type { ArgumentType, Signature } from "../../src/rules/samples/signature.ts";
import type { RegexUse } from "../../src/regex/compile.ts";
import { fetches } from "../../src/rules/fetches/fetches.ts";
import { type Sample, cast } from "../../src/rules/value/sample.ts";
import { releaseTracked } from "../../src/rules/stick/tracking.ts";
import { tables } from "../unit/rules/session.ts";
import { address, context, number, sample, text, words } from "./hostile.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("samples");
/** Calls of each. */
const calls = process.env["SOAK"] === "1" ? 100_000 : 2000;
/** Ways in which the configuration may write each. */
const forms = 20;
const slowMs = 100;

const stores = ["conn_cur", "conn_cnt", "bytes_in_cnt", "bytes_in_rate", "gpc0", "gpc0_rate", "gpc", "gpt", "gpc_rate"];
const scopeTables = tables(
  (["ip", "string", "integer", "binary"] as const).map((type) => ({
    name: type,
    type,
    keyLength: 16,
    size: 50,
    expireMs: 1000,
    nopurge: false,
    stores: stores.map((name) => ({
      name,
      periodMs: 1000,
      count: name === "gpc" || name === "gpt" || name === "gpc_rate" ? 3 : 1,
    })),
  })),
);
const tableNames = ["ip", "string", "integer", "binary"] as const;
const within: CompileContext = { tables: scopeTables, proxy: "ip" };

/** Texts for an argument of some type, good and bad; what the configuration refuses is not tried. */
function argument(type: ArgumentType): string {
  switch (type) {
    case "integer":
      return String(random.next() < 0.5 ? random.between(0, 9) : number(random));
    case "number or variable":
      return random.pick([String(number(random)), "txn.x", "sess.x", "proc.none"]);
    case "table":
      return random.pick(tableNames);
    case "IPv4 address":
      return "10.0.0.1";
    case "IPv6 address":
      return "::1";
    case "IPv4 mask":
      return random.pick(["0", "8", "32", "255.0.255.0"]);
    case "IPv6 mask":
      return random.pick(["0", "64", "128", "ffff::"]);
    case "regex":
      return random.pick(["a+", "^(.)(.)", "[^ ]*$", "\\d", "(?:)", "."]);
    default:
      return random.pick([
        ...words,
        ..."sha256 md5 s ms us int txn.x sess.x ifgt connect 1 username i g ig utf8 utf8ps".split(" "),
        "true",
        "$.n",
        "$.a[0].length",
        "$.__proto__.a",
        "%a %c %F %G-%V %j %s %U %W %Z %z",
        " ",
        ",",
        "0xE0",
        text(random).slice(0, 200),
      ]);
  }
}

function mapFile(name: string): SampleArgument {
  const key = (): string => {
    if (/_(reg|regm)/.test(name)) return random.pick(["a+", "^.", "\\d+", "(x|9)$"]);
    if (name.startsWith("map_int")) return random.pick(["5", "-3:9", "0:", "99999999999999999999"]);
    if (name.startsWith("map_ip")) return random.pick(["10.0.0.0/8", "::/0", "1.2.3.4", "fe80::/10"]);
    return random.pick([...words, "a", "10."]);
  };
  const value = (): string =>
    name.endsWith("_ip") && name !== "map_ip"
      ? random.pick(["1.2.3.4", "::1"])
      : random.pick([...words, "\\1\\2\\9", "7"]);
  return { file: "map", entries: Array.from({ length: random.between(0, 6) }, () => ({ key: key(), value: value() })) };
}

type Row = Signature & { readonly check: ArgumentCheck; readonly regexUse?: (values: Arguments) => RegexUse };

/** What is wrong with a regular expression among the arguments; null when nothing is. */
function regexArgumentComplaint(values: Arguments, { arguments: types, regexUse }: Row): string | null {
  const wrong = values.map((value, index) =>
    types[index] === "regex" ? regexComplaint(String(value), regexUse?.(values) ?? {}) : null,
  );
  return wrong.find((one) => one !== null) ?? null;
}

/** Nonce, key and tag: of right and of wrong lengths, or of a variable. */
function cipherParts(): string[] {
  return [12, 32, 16].map((length) =>
    random.pick(["txn.x", Buffer.alloc(length, 7).toString("base64"), Buffer.from(text(random)).toString("base64")]),
  );
}

/** Arguments that the configuration lets through; undefined when none were found. */
function writeArguments(signature: Row): SampleArgument[] | undefined {
  for (let left = 200; left > 0; left--) {
    const count = random.between(signature.required, signature.arguments.length);
    try {
      const values = signature.arguments
        .slice(0, count)
        .map((type, index) =>
          type === "map file" ? mapFile(signature.name) : argumentValue(argument(type), type, index),
        );
      const isAddress = /^map_\w+_ip$/.test(signature.name) && values.length > 1;
      if (isAddress) values[1] = "1.2.3.4";
      if (signature.name === "aes_gcm_dec") values.splice(0, 4, random.pick([128, 192, 256]), ...cipherParts());
      if ((signature.check(values) ?? regexArgumentComplaint(values, signature)) === null) return values;
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
    }
  }
  return undefined;
}

/** Some ways to write one. */
function written(signature: Row): SampleArgument[][] {
  const list = Array.from({ length: forms }, () => writeArguments(signature)).filter((one) => one !== undefined);
  if (list.length === 0) throw new Error(`no arguments found for ${signature.name}`);
  return list;
}

function anyContext(): SampleContext {
  return context(random, scopeTables.get(random.pick(tableNames))!);
}

/** Runs it; again, when it took long, for the machine may have had other things to do. */
function timed<Answer>(what: () => string, run: () => Answer): Answer {
  let answer: Answer;
  for (let left = 3; ; left--) {
    let took: number;
    try {
      took = processorMs(() => (answer = run()));
    } catch (error) {
      throw new Error(`${what()} threw ${String(error)}`, { cause: error });
    }
    if (took < slowMs) return answer!;
    if (left === 0) throw new Error(`${what()} took ${took} ms`);
  }
}

/** The laws of samples: a number has 64 bits, a text one character per byte, and every cast has an answer. */
function keepsLaws(one: Sample | undefined | "wait"): boolean {
  if (one === undefined || one === "wait") return true;
  for (const type of ["bool", "sint", "str", "bin", "addr", "ipv4", "ipv6"] as const) cast(one, type);
  if (one.type === "sint") return BigInt.asIntN(64, one.value) === one.value;
  if (one.type === "str") return !/[^\u0000-\u00ff]/.test(one.value);
  return one.type !== "ipv4" || /^[0-9.]+$/.test(one.value);
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === "bigint" ? `${one}n` : one instanceof Uint8Array ? Buffer.from(one).toString("hex") : one,
  ).slice(0, 400);

describe(`each called ${calls} times`, () => {
  // Where a session keeps them, a bounded number of sessions: making each is dearer than calling.
  const contexts = Array.from({ length: 400 }, anyContext);

  test("fetches", () => {
    for (const [name, row] of fetches) {
      const all = written(row).map((args) => ({ args, run: row.compile(args, within) }));
      for (let left = calls; left > 0; left--) {
        const { args, run } = random.pick(all);
        const session = random.pick(contexts);
        const what = (): string =>
          `${name}(${shown(args)}) of ${shown([session.request, session.response, session.source])}`;
        const answer = timed(what, () => run(session));
        if (!keepsLaws(answer)) throw new Error(`${what()} gave ${shown(answer)}`);
      }
    }
  }, 600_000);

  test("converters", () => {
    for (const [name, row] of converters) {
      const isDebug = name === "debug";
      const all = isDebug ? [[]] : written(row);
      const compiled = all.map((args) => ({ args, convert: row.compile(args, within) }));
      for (let left = calls; left > 0; left--) {
        const { args, convert } = random.pick(compiled);
        const given = sample(random);
        const what = (): string => `${name}(${shown(args)}) of ${shown(given)}`;
        const answer = timed(what, () => {
          const input = cast(given, row.input);
          return input === undefined ? undefined : convert(input, random.pick(contexts));
        });
        if (!keepsLaws(answer)) throw new Error(`${what()} gave ${shown(answer)}`);
      }
    }
  }, 600_000);

  test("actions", () => {
    const effects: RuleEffects = {
      setMark() {},
      setTos() {},
      setLogLevel() {},
      setPriority() {},
      setLastWord() {},
      doLog() {},
      captureEarly() {},
      lookUp: () => random.pick(["wait", "127.0.0.1", "::1", null]),
    };
    const values = ["txn.x", "sess.x", "proc.x"].map((name): SampleExpression => ({
      fetch: "var",
      arguments: [name],
      converters: [],
      text: name,
    }));
    const value = (): SampleExpression => random.pick(values);
    const format = {
      text: "",
      encoding: "text",
      parts: [{ kind: "sample", expression: values[0], name: null, flags: { quote: false, hex: false, escape: true } }],
    };
    const kinds: Record<Exclude<Action, HttpAction>["kind"], () => object> = {
      accept: () => ({}),
      reject: () => ({}),
      "silent-drop": () => ({}),
      "expect-proxy": () => ({}),
      close: () => ({}),
      "track-sc": () => ({ slot: random.between(0, 5), key: value(), table: random.pick([...tableNames, null]) }),
      "sc-inc-gpc": () => ({ index: random.between(0, 4), slot: random.between(0, 3) }),
      "sc-set-gpt": () => ({
        index: random.between(0, 4),
        slot: random.between(0, 3),
        value: random.pick([value(), Number(number(random))]),
      }),
      "sc-add-gpc": () => ({
        index: random.between(0, 4),
        slot: random.between(0, 3),
        value: random.pick([value(), Number(number(random))]),
      }),
      "set-var": () => ({
        name: random.pick(["txn.y", "proc.x"]),
        value: random.pick([value(), format]),
        conditions: random.pick([[], ["ifgt"], ["ifset", "iflt"]]),
      }),
      "do-resolve": () => ({ name: "txn.y", resolvers: "r", prefers: 4, value: value() }),
      "unset-var": () => ({ name: "txn.y" }),
      "set-src": () => ({ value: value() }),
      "set-src-port": () => ({ value: value() }),
      "set-dst": () => ({ value: value() }),
      "set-dst-port": () => ({ value: value() }),
      "set-mark": () => ({ value: 1 }),
      "set-tos": () => ({ value: 1 }),
      "set-priority-class": () => ({ value: value() }),
      "set-priority-offset": () => ({ value: value() }),
      "set-log-level": () => ({ level: null }),
      "do-log": () => ({}),
      "set-nice": () => ({}),
      wait: () => ({}),
      "ssh-reject": () => ({ text: format, code: 11 }),
      "ssh-tarpit": () => ({}),
      "switch-mode": () => ({}),
    };
    for (const [kind, make] of Object.entries(kinds)) {
      const all = Array.from({ length: forms }, () => ({ kind, ...make() }) as Action);
      const compiled = all.map((action) => ({ action, run: compileAction(action, within).run }));
      for (let left = calls; left > 0; left--) {
        const { action, run } = random.pick(compiled);
        const session = random.pick(contexts);
        timed(
          () => shown(action),
          () => run(session, effects),
        );
        expect([session.source.kind, session.destination.kind].every((one) => one.length > 0)).toBe(true);
      }
    }
  }, 600_000);

  test("what they track is released", () => {
    for (const { tracked } of contexts) releaseTracked(tracked);
    const uses = [...scopeTables.all()].flatMap((table) =>
      [...table.entries()].map((entry) => table.figures(entry)?.use ?? 0),
    );
    expect(uses.filter((one) => one !== 0)).toEqual([]);
  });
});

test("an address that is none is none", () => {
  for (let left = calls; left > 0; left--) {
    const given = address(random);
    const answer = cast({ type: "str", value: given }, "addr");
    expect(answer === undefined || answer.value === given).toBe(true);
  }
});
