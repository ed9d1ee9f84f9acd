/** Converters that are HTTP's: captures, and the language that a client likes best. */
import { numberArgument, textArgument } from "../samples/arguments.ts";
import { converter, type ConverterCompiler, type ConverterRow } from "../samples/rows.ts";
import { str } from "../value/sample.ts";

/** Puts the text into a slot and passes it on. */
function capture(from: "request" | "response"): ConverterCompiler {
  return (args) => {
    const slot = numberArgument(args, 0);
    return (sample, context) => {
      if (sample.type === "str") context.http?.capture(from, slot, sample.value);
      return sample;
    };
  };
}

/** The weight of a part of `Accept-Language`, in thousandths; 1000 where none is written. */
function weightIn(parameters: string): number {
  const [, whole, fraction = ""] = /^[ \t]*;[ \t]*q[ \t]*=[ \t]*([0-9])(?:\.([0-9]{1,3}))?/.exec(parameters) ?? [];
  if (whole === undefined) return 1000;
  return Math.min(1000, Number(whole) * 1000 + Number(fraction.padEnd(3, "0")));
}

/**
 * Of the languages offered the one that `Accept-Language` wants most; undefined: none of them. `de` is meant by `de-AT` as well. HAProxy
 * misses what stands behind a weight of one digit.
 */
function preferred(accepted: string, offered: readonly string[]): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const part of accepted.split(",")) {
    const [, name = "", parameters = ""] = /^\s*([^\s;]*)(.*)$/s.exec(part) ?? [];
    const language = offered.find((one) => one !== "" && `${name}-`.startsWith(`${one}-`));
    const weight = language === undefined ? 0 : weightIn(parameters);
    if (weight <= most) continue;
    most = weight;
    best = language;
  }
  return best;
}

/** The converters of this file. */
export const httpConverters: readonly ConverterRow[] = [
  converter("capture-req(integer): str -> str", capture("request")),
  converter("capture-res(integer): str -> str", capture("response")),
  converter("language(string[,string]): str -> str", (args) => {
    const offered = textArgument(args, 0).split(";");
    const fallback = textArgument(args, 1);
    return (sample) => {
      if (sample.type !== "str") return undefined;
      const found = preferred(sample.value, offered) ?? fallback;
      return found === "" ? undefined : str(found);
    };
  }),
];
