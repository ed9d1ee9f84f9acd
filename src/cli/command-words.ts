/** The words of a command of our own: citty takes any flag, the last of repeated ones, and words that nobody reads. */
import type { ArgsDef } from "citty";
import { nearest } from "../config/text/suggestion.ts";

/** What a command takes: its options, and how many arguments that are none. */
export interface Form {
  readonly args: ArgsDef;
  readonly mostWords: number;
}

/** Options that may be given several times. */
const repeatable: ReadonlySet<string> = new Set(["health-name", "server", "config"]);

/** Whether a flag is among words that are right. citty takes one dash and two letters for two flags. */
export function isGiven(flag: string, words: readonly string[]): boolean {
  return beforeEnd(words).includes(flag);
}

function beforeEnd(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return end < 0 ? words : words.slice(0, end);
}

/** All values of an option that may be given several times, of words that are right. `flags`: each way to write it. */
export function valuesOf(flags: readonly string[], words: readonly string[]): string[] {
  const before = beforeEnd(words);
  return before.flatMap((word, index) => {
    const joined = flags.find((flag) => word.startsWith(`${flag}=`));
    if (joined !== undefined) return [word.slice(joined.length + 1)];
    return flags.includes(word) ? [before[index + 1] ?? ""] : [];
  });
}

/** What is wrong with the words behind a command's name, with what may have been meant; null when it takes them all. */
export function wrongWord({ args, mostWords }: Form, words: readonly string[]): string | null {
  const options = optionsOf(args);
  const seen = new Set<string>();
  const plain: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--") {
      plain.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      plain.push(word);
      continue;
    }
    const [flag = ""] = word.split("=", 1);
    const option = options.get(flag);
    if (option === undefined) return unknownOption(word, flag, options);
    if (!option.takesValue && word !== flag) return `'${flag}' takes no value`;
    if (seen.has(option.name) && !repeatable.has(option.name)) return `'${flag}' is given twice`;
    seen.add(option.name);
    if (!option.takesValue) continue;
    const value = word === flag ? words[++index] : word.slice(flag.length + 1);
    // No value that a command takes begins with a dash: this one is the next option.
    if (value === undefined || value === "" || value.startsWith("-")) return `'${flag}' needs a value`;
  }
  const extra = plain[mostWords];
  if (extra === undefined) return null;
  const hint = options.has("--health") && /:\d+$/.test(extra) ? `; did you mean '--health ${extra}' maybe ?` : "";
  return `unexpected argument '${extra}'${hint}`;
}

interface Option {
  readonly name: string;
  readonly takesValue: boolean;
}

/** By each way to write them. */
function optionsOf(args: ArgsDef): ReadonlyMap<string, Option> {
  const options = new Map<string, Option>();
  for (const [name, one] of Object.entries(args)) {
    if (one.type === "positional") continue;
    const option = { name, takesValue: one.type !== "boolean" };
    options.set(`--${name}`, option);
    for (const alias of "alias" in one ? [one.alias ?? []].flat() : []) options.set(`-${alias}`, option);
  }
  return options;
}

function unknownOption(word: string, flag: string, options: ReadonlyMap<string, Option>): string {
  const near = nearest(flag, [...options.keys()]);
  return `unknown option '${word}'${near === null ? "" : `; did you mean '${near}' maybe ?`}`;
}
