/** `map` and its family: a file's keys, matched one way or another, to values of some type. */
import { fileArgument, hasArgument, linesArgument, numberArgument, textArgument } from "./argument.ts";
import type { Converter, ConverterCompiler, Scope } from "./expression.ts";
import { compileSearch, type MatchKind, type Pattern } from "./match.ts";
import { compileRegex, expandReferences } from "../regex.ts";
import { exactSearch, following, type PatternEntry, patternsOf } from "./patterns.ts";
import { address, cast, leadingInteger, sint, str, type SampleType } from "./sample.ts";
import type { SampleArgument } from "../plan.ts";
import type { Sample } from "./context.ts";
import { wordTable } from "../word-table.ts";

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
    const list = scope.tables.patterns.file(fileArgument(args, 0));
    const exact = list === undefined ? null : exactSearch([list], match, false);
    if (exact !== null) return mapExactly(exact, args, output);
    const search = followMap(args, scope, match, (entriesOf) => {
      const entries = entriesOf.map(({ text, value }): Pattern<Sample> => {
        const sample = sampleOf(value, output);
        if (sample === undefined) throw new Error(`unable to parse '${value}' as an address`);
        return { text, value: sample };
      });
      return compileSearch(match, entries, false);
    });
    const fallback = fallbackOf(args, output);
    return { input: inputs[match] ?? "str", apply: (sample) => search(sample) ?? fallback };
  };
}

/** Whole texts, found by the list's own index: values are read when they are asked for. */
function mapExactly(
  search: (sample: Sample) => PatternEntry | undefined,
  args: readonly SampleArgument[],
  output: Output,
): Converter {
  const fallback = fallbackOf(args, output);
  return {
    input: "str",
    apply(sample) {
      const entry = search(sample);
      return entry === undefined ? fallback : sampleOf(entry.value ?? "", output);
    },
  };
}

/** `map_regm`: references in the value stand for what the key's groups matched. */
function mapByReference(args: readonly SampleArgument[], scope: Scope): Converter {
  const search = followMap(args, scope, "reg", (list) => {
    const entries = list.map(({ text, value }) => ({ regex: compileRegex(text, { hasGroups: true }), value }));
    return (sample) => {
      const text = cast(sample, "str");
      if (text?.type !== "str") return undefined;
      for (const { regex, value } of entries) {
        const match = regex.exec(text.value);
        if (match !== null) return str(expandReferences(value, match));
      }
      return undefined;
    };
  });
  const fallback = fallbackOf(args, "str");
  return {
    input: "str",
    apply: (sample) => (cast(sample, "str")?.type === "str" ? (search(sample) ?? fallback) : undefined),
  };
}

/** Compiles the entries of a map's file, and again when the admin socket has changed them. */
function followMap(
  args: readonly SampleArgument[],
  scope: Scope,
  match: MapMatch,
  compile: (entries: readonly Pattern<string>[]) => (sample: Sample) => Sample | undefined,
): (sample: Sample) => Sample | undefined {
  const list = scope.tables.patterns.file(fileArgument(args, 0));
  if (list === undefined) return compile(readMap(linesArgument(args, 0)));
  return following([list], () =>
    compile(patternsOf(list, match).map(({ text, value }) => ({ text, value: value.value ?? "" }))),
  );
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
