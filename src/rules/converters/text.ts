/** Converters of text: case, fields, trimming, URL and JSON escapes, substitution. */
import {
  type ArgumentCheck,
  type Arguments,
  type Convert,
  converter,
  type ConverterCompiler,
  type ConverterRow,
} from "../samples/rows.ts";
import { type Sample, bool, sint, str } from "../value/sample.ts";
import { numberArgument, textArgument } from "../samples/arguments.ts";
import { queryJson } from "../value/json-query.ts";
import { escapeJson } from "../value/json-text.ts";
import { textOf } from "../samples/argument-checks.ts";
import { compileRegex, expandReferences, type RegexUse } from "../../regex/compile.ts";
import { decodeUrl, encodeUrl } from "../value/url.ts";

function ofText(convert: (text: string) => string | undefined): Convert {
  return ofTextTo((text) => {
    const result = convert(text);
    return result === undefined ? undefined : str(result);
  });
}

function ofTextTo(convert: (text: string) => Sample | undefined): Convert {
  return (sample) => (sample.type === "str" ? convert(sample.value) : undefined);
}

const upper = /[A-Z]+/g;
const lower = /[a-z]+/g;

/** Where the runs between delimiters begin and end; adjoining delimiters give empty runs unless `skipEmpty`. */
function runs(text: string, delimiters: string, skipEmpty: boolean): (readonly [number, number])[] {
  const list: (readonly [number, number])[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && !delimiters.includes(text[at]!)) continue;
    if (!skipEmpty || at > start) list.push([start, at]);
    start = at + 1;
  }
  return list;
}

/**
 * `field` and `word`: `count` runs from the `index`th on, or, for a negative one, up to the one counted from the end. As in HAProxy a
 * field that is not there is none, and a word that is not there is empty.
 */
function select(skipEmpty: boolean): ConverterCompiler {
  return (args) => {
    const index = numberArgument(args, 0);
    const delimiters = textArgument(args, 1);
    const count = numberArgument(args, 2, 1);
    return ofText((text) => {
      const list = runs(text, delimiters, skipEmpty);
      const first = index > 0 ? index - 1 : list.length + index;
      if (index === 0 || first < 0 || first >= list.length) return skipEmpty ? "" : undefined;
      if (index > 0) {
        const from = list[first]![0];
        const last = count === 0 ? null : list[first + count - 1];
        return text.slice(from, last?.[1] ?? text.length);
      }
      const to = list[first]![1];
      const from = count === 0 ? null : list[first - count + 1];
      return text.slice(from?.[0] ?? 0, to);
    });
  };
}

function trim(fromStart: boolean): ConverterCompiler {
  return (args) => {
    const characters = textArgument(args, 0);
    return ofText((text) => {
      let start = 0;
      let end = text.length;
      if (fromStart) while (start < end && characters.includes(text[start]!)) start++;
      else while (end > start && characters.includes(text[end - 1]!)) end--;
      return text.slice(start, end);
    });
  };
}

/** Host and port of a `host[:port]` text: the port is what follows the last colon outside brackets. */
function splitHost(text: string): { host: string; port: string | null } {
  const colon = text.startsWith("[") ? text.indexOf("]:") + 1 : text.lastIndexOf(":");
  const end = text.startsWith("[") && colon === 0 ? -1 : colon;
  return end === -1 ? { host: text, port: null } : { host: text.slice(0, end), port: text.slice(end + 1) };
}

const checkIndex: ArgumentCheck = ([index, separators]) => {
  if (index === 0) return "Unexpected value 0 for index";
  return separators === "" ? "Empty separators list" : null;
};

const jsonCodes = new Set(["", "ascii", "utf8", "utf8s", "utf8p", "utf8ps"]);

const checkFlags: ArgumentCheck = ([, , flags]) => {
  const wrong = /[^ig]/.exec(textOf(flags))?.[0];
  return wrong === undefined ? null : `invalid regex flag '${wrong}', only 'i' and 'g' are supported`;
};

/** How `regsub` uses its first argument. */
function substitution(args: Arguments): RegexUse {
  const flags = textArgument(args, 2);
  return { ignoreCase: flags.includes("i"), everywhere: flags.includes("g"), hasGroups: true };
}

/** The converters of this file. */
export const textConverters: readonly ConverterRow[] = [
  converter("field(integer,string[,integer]): str -> str", select(false), { check: checkIndex }),
  converter("host_only: str -> str", () => ofText((text) => splitHost(text).host.toLowerCase())),
  converter("iif(string,string): bool -> str", (args) => {
    const [whenTrue, whenFalse] = [str(textArgument(args, 0)), str(textArgument(args, 1))];
    return (sample) => (sample === bool(true) || sample.value === true ? whenTrue : whenFalse);
  }),
  converter(
    "json(string): str -> str",
    (args) => {
      const encoding = textArgument(args, 0, "ascii") || "ascii";
      return ofText((text) => escapeJson(text, encoding));
    },
    {
      isWhole: true,
      check: ([code]) =>
        jsonCodes.has(textOf(code))
          ? null
          : "Unexpected input code type. Allowed value are 'ascii', 'utf8', 'utf8s', 'utf8p' and 'utf8ps'",
    },
  ),
  converter(
    "json_query(string[,string]): str -> any",
    (args) => {
      const path = textArgument(args, 0);
      const asInteger = textArgument(args, 1) === "int";
      return ofTextTo((text) => queryJson(text, path, asInteger));
    },
    {
      check: ([path, type]) =>
        textOf(path) === ""
          ? "json_path must not be empty"
          : ["", "int"].includes(textOf(type))
            ? null
            : 'output_type only supports "int" as argument',
    },
  ),
  converter("lower: str -> str", () => ofText((text) => text.replaceAll(upper, (run) => run.toLowerCase()))),
  converter("ltrim(string): str -> str", trim(true)),
  converter("port_only: str -> sint", () =>
    ofTextTo((text) => sint(Number(/^[0-9]+/.exec(splitHost(text).port ?? "")?.[0] ?? 0))),
  ),
  converter(
    "regsub(regex,string[,string]): str -> str",
    (args) => {
      const regex = compileRegex(textArgument(args, 0), substitution(args));
      const replacement = textArgument(args, 1);
      return ofText((text) => regex.replace(text, (groups) => expandReferences(replacement, groups)));
    },
    { check: checkFlags, regexUse: substitution },
  ),
  converter("rtrim(string): str -> str", trim(false)),
  converter("upper: str -> str", () => ofText((text) => text.replaceAll(lower, (run) => run.toUpperCase()))),
  converter("url_dec([integer]): str -> str", (args) => {
    const inForm = numberArgument(args, 0) !== 0;
    return ofText((text) => decodeUrl(text, inForm));
  }),
  converter("url_enc(string): str -> str", () => ofText(encodeUrl), {
    check: ([type]) =>
      ["", "query"].includes(textOf(type)) ? null : "Unexpected encode type. Allowed value is 'query'",
  }),
  converter("word(integer,string[,integer]): str -> str", select(true), { check: checkIndex }),
];
