/** `map` and its family: a file's keys, matched one way or another, to values of some type. */
import type { MapFile } from "../../plan/rules/sample.ts";
import type { IndexKind } from "../match/pattern-index.ts";
import { entriesArgument, fileArgument, hasArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import {
  type Arguments,
  converter,
  type ConverterCompiler,
  type ConverterRow,
  type MapUse,
  type CompileContext,
} from "../samples/rows.ts";
import { compileSearch } from "../match/match.ts";
import { compileRegex, expandReferences, type Regex } from "../../regex/compile.ts";
import { type Sample, type SampleType, address, cast, leadingInteger, sint, str } from "../value/sample.ts";

type MapMatch = Exclude<IndexKind, "ver" | "bin" | "len">;
type Output = NonNullable<MapUse["output"]>;
type MapEntry = MapFile["entries"][number];

function sampleOf(text: string, output: Output): Sample | undefined {
  if (output === "str") return str(text);
  return output === "int" ? sint(leadingInteger(text)) : address(text);
}

function fallbackOf(args: Arguments, output: Output): Sample | undefined {
  if (!hasArgument(args, 1)) return undefined;
  return output === "int" ? sint(numberArgument(args, 1)) : sampleOf(textArgument(args, 1), output);
}

function map(match: MapMatch, output: Output): ConverterCompiler {
  return (args, within) => {
    const search = searchOf(match, args, within);
    const fallback = fallbackOf(args, output);
    return (sample) => {
      const entry = search(sample);
      return entry === undefined ? fallback : sampleOf(entry.value ?? "", output);
    };
  };
}

/** `map_regm`: references in the value stand for what the key's groups matched. */
const mapByReference: ConverterCompiler = (args, within) => {
  const search = searchOf("reg", args, within);
  const regexes = new WeakMap<MapEntry, Regex>();
  const fallback = fallbackOf(args, "str");
  return (sample) => {
    const text = cast(sample, "str");
    if (text?.type !== "str") return undefined;
    const entry = search(text);
    if (entry === undefined) return fallback;
    let regex = regexes.get(entry);
    if (regex === undefined) regexes.set(entry, (regex = compileRegex(entry.key, { hasGroups: true })));
    const match = regex.exec(text.value);
    return match === null ? fallback : str(expandReferences(entry.value ?? "", match));
  };
};

/** The search of a map's file, which follows what the admin socket changes; that of a plan which runs no more, as it was read. */
function searchOf(match: MapMatch, args: Arguments, within: CompileContext): (sample: Sample) => MapEntry | undefined {
  const list = within.tables.patterns.file(fileArgument(args, 0));
  if (list !== undefined) return list.search(match, false);
  const entries = entriesArgument(args, 0).map((entry) => ({ text: entry.key, value: entry }));
  return compileSearch(match, entries, false);
}

/** `map_beg`, `map_beg_int`, `map_beg_ip`: keys compared in one way, to values of each type. */
function family(match: MapMatch, input: SampleType): ConverterRow[] {
  return [
    mapRow(`map_${match}(map file[,string]): ${input} -> str`, match, "str"),
    mapRow(`map_${match}_int(map file[,integer]): ${input} -> sint`, match, "int"),
    mapRow(`map_${match}_ip(map file[,string]): ${input} -> addr`, match, "ip"),
  ];
}

function mapRow(form: string, match: MapMatch, output: Output): ConverterRow {
  return converter(form, map(match, output), { map: { match, output, ignoreCase: false, hasGroups: false } });
}

/** The converters of this file. */
export const mapConverters: readonly ConverterRow[] = [
  mapRow("map(map file[,string]): str -> str", "str", "str"),
  ...family("beg", "str"),
  ...family("dir", "str"),
  ...family("dom", "str"),
  ...family("end", "str"),
  ...family("reg", "str"),
  ...family("str", "str"),
  ...family("sub", "str"),
  ...family("int", "sint"),
  ...family("ip", "addr"),
  converter("map_regm(map file[,string]): str -> str", mapByReference, {
    map: { match: "reg", output: "str", ignoreCase: false, hasGroups: true },
  }),
];
