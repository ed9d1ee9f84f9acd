/** `map` and its family: a file's keys, matched one way or another, to values of some type. */
import { fileArgument, hasArgument, linesArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import type { Converter, ConverterCompiler, Scope } from "../expression.ts";
import { compileSearch, type MatchKind, type Pattern } from "../match/match.ts";
import { compileRegex, expandReferences, type Regex } from "../../regex/compile.ts";
import { address, cast, leadingInteger, sint, str, type SampleType } from "../value/sample.ts";
import type { SampleArgument } from "../../plan/sample.ts";
import type { Sample } from "../context.ts";
import { wordTable } from "../../word-table.ts";

type MapMatch = Exclude<MatchKind, "found" | "bool" | "ver" | "bin" | "len">;
type Output = "str" | "int" | "ip";

/** Keys and values of a map file: comments and empty lines left out, blanks around both cut off. */
export function readMap(lines: readonly string[]): Pattern<string>[] {
  const list: Pattern<string>[] = [];
  for (const line of lines) {
    const [, text, value = ""] = /^[ \t]*([^ \t\r\n]+)[ \t]*([^\r\n]*)/.exec(line) ?? [];
    if (text === undefined || text.startsWith("#")) continue;
    let end = value.length;
    while (value[end - 1] === " " || value[end - 1] === "\t") end -= 1;
    list.push({ text, value: value.slice(0, end) });
  }
  return list;
}

function sampleOf(text: string, output: Output): Sample | undefined {
  if (output === "str") return str(text);
  return output === "int" ? sint(leadingInteger(text)) : address(text);
}

function fallbackOf(args: readonly SampleArgument[], output: Output): Sample | undefined {
  if (!hasArgument(args, 1)) return undefined;
  return output === "int" ? sint(numberArgument(args, 1)) : sampleOf(textArgument(args, 1), output);
}

const inputs: Partial<Record<MapMatch, SampleType>> = { int: "sint", ip: "addr" };

function map(match: MapMatch, output: Output): ConverterCompiler {
  return (args, scope): Converter => {
    const search = searchOf(match, args, scope);
    const fallback = fallbackOf(args, output);
    return {
      input: inputs[match] ?? "str",
      apply(sample) {
        const entry = search(sample);
        return entry === undefined ? fallback : sampleOf(entry.value ?? "", output);
      },
    };
  };
}

/** `map_regm`: references in the value stand for what the key's groups matched. */
function mapByReference(args: readonly SampleArgument[], scope: Scope): Converter {
  const search = searchOf("reg", args, scope);
  const regexes = new WeakMap<MapEntry, Regex>();
  const fallback = fallbackOf(args, "str");
  return {
    input: "str",
    apply(sample) {
      const text = cast(sample, "str");
      if (text?.type !== "str") return undefined;
      const entry = search(text);
      if (entry === undefined) return fallback;
      let regex = regexes.get(entry);
      if (regex === undefined) regexes.set(entry, (regex = compileRegex(entry.key, { hasGroups: true })));
      const match = regex.exec(text.value);
      return match === null ? fallback : str(expandReferences(entry.value ?? "", match));
    },
  };
}

/** What is asked of a list's entry. */
interface MapEntry {
  readonly key: string;
  readonly value: string | null;
}

/** The search of a map's file, which follows what the admin socket changes. */
function searchOf(
  match: MapMatch,
  args: readonly SampleArgument[],
  scope: Scope,
): (sample: Sample) => MapEntry | undefined {
  const list = scope.tables.patterns.file(fileArgument(args, 0));
  if (list !== undefined) return list.search(match, false);
  const entries = readMap(linesArgument(args, 0)).map(({ text, value }) => ({ text, value: { key: text, value } }));
  return compileSearch(match, entries, false);
}

const matches: readonly MapMatch[] = ["str", "beg", "sub", "dir", "dom", "end", "reg", "int", "ip"];

function allMaps(): ReadonlyMap<string, ConverterCompiler> {
  const all = new Map(wordTable<ConverterCompiler>({ map: map("str", "str"), map_regm: mapByReference }));
  for (const match of matches) {
    all.set(`map_${match}`, map(match, "str"));
    all.set(`map_${match}_int`, map(match, "int"));
    all.set(`map_${match}_ip`, map(match, "ip"));
  }
  return all;
}

export const mapConverters = allMaps();
