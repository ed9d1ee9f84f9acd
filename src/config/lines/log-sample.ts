/** `sample 1,3-5:8` of a log line: which of every so many lines a target gets. */
import type { LogTarget } from "../../plan/log.ts";

/** Reads ranges and size. `fail` throws; it gets HAProxy's message. */
export function parseSample(text: string, fail: (message: string) => never): NonNullable<LogTarget["sample"]> {
  const colon = text.indexOf(":");
  if (colon < 0) fail("Missing sample size");
  const size = Number(text.slice(colon + 1));
  if (!Number.isInteger(size) || size <= 0) fail(`invalid sample size '${text.slice(colon + 1)}'`);
  const ranges = text
    .slice(0, colon)
    .split(",")
    .map((one): readonly [number, number] => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(one);
      const low = Number(match?.[1] ?? 0);
      const high = Number(match?.[2] ?? match?.[1] ?? 0);
      if (match === null || low === 0 || high < low) fail(`invalid sample range '${one}'`);
      return [low, high];
    })
    .toSorted((one, other) => one[0] - other[0]);
  const highest = Math.max(...ranges.map((range) => range[1]));
  if (ranges.some((range, index) => index > 0 && range[0] <= (ranges[index - 1]?.[1] ?? 0))) {
    fail("sample ranges are overlapping");
  }
  if (highest > size) {
    fail(`sample size ${size} should be greater or equal to ${highest} the maximum of the high ranges limits`);
  }
  return { ranges, size };
}
