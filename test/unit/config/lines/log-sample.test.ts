/** Which of every so many log lines a target gets. */
import { expect, test } from "bun:test";
import { parseSample } from "../../../../src/config/lines/log-sample.ts";

const fail = (message: string): never => {
  throw new Error(message);
};

test("ranges come sorted", () => {
  expect(parseSample("7,1,3-5:8", fail)).toEqual({
    ranges: [
      [1, 1],
      [3, 5],
      [7, 7],
    ],
    size: 8,
  });
});

test.each([
  ["1", "Missing sample size"],
  ["1:0", "invalid sample size '0'"],
  ["1:x", "invalid sample size 'x'"],
  ["0:5", "invalid sample range '0'"],
  ["3-2:5", "invalid sample range '3-2'"],
  ["a:5", "invalid sample range 'a'"],
  ["1-3,3:5", "sample ranges are overlapping"],
  ["1-6:5", "sample size 5 should be greater or equal to 6 the maximum of the high ranges limits"],
])("%s", (text, message) => expect(() => parseSample(text, fail)).toThrow(message));
