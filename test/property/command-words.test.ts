/** Every command of our own takes what it says it takes, and refuses every other word by its name. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { commandForms, takeCommandLine } from "../../src/cli/commands.ts";
import { flags, parseOptions, valuedFlags } from "../../src/cli/options.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("command words");
const rounds = process.env["SOAK"] === "1" ? 20_000 : 1000;

/** A value that each option which takes one takes. */
const values: Record<string, string> = {
  health: "127.0.0.1:8404",
  "health-name": "a.example",
  maxconn: "10",
  listen: "22",
  server: "h:22",
  out: "a.cfg",
  socket: "/a",
  file: "a.cfg",
  config: "a.cfg",
  master: "/a",
  interval: "2s",
  since: "7d",
  timeout: "5s",
  "base-url": "ssh://a.example",
};
/** Arguments, as many as a command needs. */
const needs: Record<string, readonly string[]> = {
  forward: ["127.0.0.1:2222", "h:22"],
  check: ["a.cfg"],
  maintenance: ["p", "off"],
  probe: ["h"],
};

/** Options that may be given several times. */
const repeatable = ["--health-name", "--server", "--config"];
/** Options of which one at most is given. */
const rivals = [
  ["socket", "file", "master"],
  ["json", "sshfp", "known-hosts"],
];
/** Without which a command has nobody to ask, or nothing to look at. */
const needed: Record<string, readonly string[]> = {
  top: ["socket"],
  reload: ["socket"],
  maintenance: ["socket"],
  "ssh-report": ["socket"],
  doctor: ["config"],
};

/** Some of a command's options, as they may stand together. */
function some<T>(command: string, known: readonly (readonly [flag: string, T])[]): (readonly [string, T])[] {
  const must = needed[command] ?? [];
  const left = rivals.map((names) => must.find((flag) => names.includes(flag)) ?? random.pick(names));
  const isOut = (flag: string): boolean => rivals.some((names, at) => names.includes(flag) && left[at] !== flag);
  return known.filter(([flag]) => must.includes(flag) || (!isOut(flag) && random.next() < 0.5));
}

interface Line {
  /** Options with their values, each one entry. */
  readonly options: readonly (readonly string[])[];
  readonly words: readonly string[];
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((one) => [random.next(), one] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, one]) => one);
}

/** Options come before, between and behind arguments. */
function written(name: string, { options, words }: Line): string[] {
  const places = shuffled([...options.map(() => "option"), ...words.map(() => "word")]);
  const [left, right] = [[...options], [...words]];
  return [name, ...places.flatMap((place) => (place === "option" ? (left.shift() ?? []) : [right.shift() ?? ""]))];
}

async function textOf(argv: readonly string[]): Promise<string | null> {
  const intent = await takeCommandLine(argv, "fairlead", {});
  return intent.kind === "usage" ? (intent.text ?? "usage") : null;
}

test("commands take their options and arguments, and no others", async () => {
  const forms = [...(await commandForms())];
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const [name, { args, mostWords }] = random.pick(forms);
    const known = Object.entries(args).filter(([, one]) => one.type !== "positional");
    const write = ([flag, { type }]: Readonly<(typeof known)[number]>): string[] => {
      if (type === "boolean") return [`--${flag}`];
      const value = values[flag] ?? "";
      return random.next() < 0.5 ? [`--${flag}`, value] : [`--${flag}=${value}`];
    };
    const line: Line = {
      options: shuffled(some(name, known)).map(write),
      words: needs[name] ?? [],
    };
    const good = written(name, line);
    expect([good, await textOf(good)]).toEqual([good, null]);

    const faults: [string, Line, string][] = [];
    const stranger = `--${random.pick(["x", "jsn", "constructor", "no-json", "healthy", "f", ""])}${random.between(0, 99)}`;
    faults.push(["unknown", { ...line, options: [...line.options, [stranger]] }, `unknown option '${stranger}'`]);
    if (mostWords === 0) {
      const extra = random.pick(["x", "127.0.0.1:1", "-", "ready"]);
      faults.push(["extra", { ...line, words: [extra] }, `unexpected argument '${extra}'`]);
      faults.push(["extra behind --", { ...line, words: ["--", extra] }, `unexpected argument '${extra}'`]);
    }
    const again = line.options.find(([word = ""]) => !repeatable.includes(word.split("=")[0] ?? ""));
    if (again !== undefined) {
      const flag = again[0]?.split("=")[0] ?? "";
      faults.push(["twice", { ...line, options: [...line.options, again] }, `'${flag}' is given twice`]);
    }
    for (const [flag, { type }] of known) {
      const others = line.options.filter(([word = ""]) => word.split("=")[0] !== `--${flag}`);
      if (type === "boolean")
        faults.push(["value", { ...line, options: [...others, [`--${flag}=1`]] }, `'--${flag}' takes no value`]);
      else faults.push(["no value", { ...line, options: [...others, [`--${flag}=`]] }, `'--${flag}' needs a value`]);
    }
    for (const [kind, fault, text] of faults) {
      // Behind a bare -- everything is an argument.
      const argv = kind === "extra behind --" ? [name, ...fault.options.flat(), ...fault.words] : written(name, fault);
      const said = await textOf(argv);
      expect([kind, argv, said]).toEqual([kind, argv, expect.stringContaining(`'${name}': ${text}`)]);
      seen.add(kind);
    }
    for (const [flag, { type }] of known) {
      if (type === "boolean") continue;
      const last = [name, ...line.words, `--${flag}`];
      expect(await textOf(last)).toBe(`'${name}': '--${flag}' needs a value`);
      const other = known.find(([one]) => one !== flag);
      if (other === undefined) continue;
      expect(await textOf([...last, `--${other[0]}`])).toBe(`'${name}': '--${flag}' needs a value`);
    }
  }
  expect([...seen].toSorted()).toEqual(["extra", "extra behind --", "no value", "twice", "unknown", "value"]);
});

function text(argv: readonly string[]): string | null {
  const taken = parseOptions(argv);
  return "files" in taken ? null : taken.text;
}

test("HAProxy's flags take the words that they take, and no word goes by unread", () => {
  const sample = new Map([["--health", "127.0.0.1:1"]]);
  const valueOf = (flag: string): string => sample.get(flag) ?? "5";
  const isValued = new Set(valuedFlags);
  const alone = flags.filter((flag) => !isValued.has(flag) && !/^-s[ft]$|^--/.test(flag));
  for (let round = 0; round < rounds; round++) {
    const words = shuffled([...alone, ...valuedFlags])
      .slice(0, random.between(0, 6))
      .map((flag) => (isValued.has(flag) ? [flag, valueOf(flag)] : [flag]));
    const at = random.between(0, words.length);
    const [before, after] = [words.slice(0, at).flat(), words.slice(at).flat()];
    expect([before, after, text([...before, ...after])]).toEqual([before, after, null]);
    const word = random.pick(["x", "a.cfg", "forward", "127.0.0.1:22"]);
    expect(text([...before, word, ...after])).toStartWith(`unknown argument '${word}'`);
    const stranger = `--${random.pick(["x", "helth", "constructor", "health-names", "check"])}`;
    expect(text([...before, stranger, ...after])).toStartWith(`unknown option '${stranger}'`);
    const valued = random.pick(valuedFlags);
    expect(text([...before, ...after, valued])).toBe(`'${valued}' needs a value`);
  }
});
