/** Converters of times: seconds since 1970 (or finer) to text. */
import { numberArgument, textArgument } from "../samples/arguments.ts";
import { breakTime, formatTime, httpDate } from "../value/date-text.ts";
import type { Converter, ConverterCompiler } from "../expression.ts";
import { str } from "../value/sample.ts";
import { wordTable } from "../../word-table.ts";

const perSecond = wordTable<number>({ s: 1, ms: 1000, us: 1_000_000 });

function ofSeconds(convert: (seconds: number) => string): Converter {
  return {
    input: "sint",
    apply: (sample) => {
      if (sample.type !== "sint") return undefined;
      const text = convert(Number(sample.value));
      return text === "" ? undefined : str(text);
    },
  };
}

function formatted(zone: "local" | "utc"): ConverterCompiler {
  return (args) => {
    const format = textArgument(args, 0);
    const offset = numberArgument(args, 1);
    return ofSeconds((seconds) => formatTime(format, breakTime(seconds + offset, zone)));
  };
}

export const dateConverters = wordTable<ConverterCompiler>({
  ltime: formatted("local"),
  utime: formatted("utc"),
  http_date: (args) => {
    const offset = numberArgument(args, 0);
    const unit = perSecond.get(textArgument(args, 1, "s")) ?? 1;
    return ofSeconds((value) => httpDate(Math.floor((value + offset) / unit)));
  },
});
