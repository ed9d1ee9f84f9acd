/** Converters of times: seconds since 1970 (or finer) to text. */
import { type Convert, converter, type ConverterCompiler, type ConverterRow } from "../samples/rows.ts";
import { unitAt } from "../samples/argument-checks.ts";
import { numberArgument, textArgument } from "../samples/arguments.ts";
import { breakTime, formatTime, httpDate, ticksPerSecond } from "../value/date-text.ts";
import { str } from "../value/sample.ts";

function ofSeconds(convert: (seconds: number) => string): Convert {
  return (sample) => {
    if (sample.type !== "sint") return undefined;
    const text = convert(Number(sample.value));
    return text === "" ? undefined : str(text);
  };
}

function formatted(zone: "local" | "utc"): ConverterCompiler {
  return (args) => {
    const format = textArgument(args, 0);
    const offset = numberArgument(args, 1);
    return ofSeconds((seconds) => formatTime(format, breakTime(seconds + offset, zone)));
  };
}

/** The converters of this file. */
export const dateConverters: readonly ConverterRow[] = [
  converter("ltime(string[,integer]): sint -> str", formatted("local")),
  converter("utime(string[,integer]): sint -> str", formatted("utc")),
  converter(
    "http_date([integer,string]): sint -> str",
    (args) => {
      const offset = numberArgument(args, 0);
      const unit = ticksPerSecond.get(textArgument(args, 1, "s")) ?? 1;
      return ofSeconds((value) => {
        const date = httpDate(Math.floor((value + offset) / unit));
        // As in HAProxy: the fraction as a number, without zeros in front.
        return unit === 1 ? date : date.replace(/ GMT$/, `.${(value + offset) % unit} GMT`);
      });
    },
    { check: unitAt(1) },
  ),
];
