import { expect, test } from "bun:test";
import { parseStateFile } from "../../../src/ops/state-file.ts";

const columns = "# be_id be_name srv_id srv_name srv_addr …";
const down = "2 l 1 s1 127.0.0.1 0 0 1 1 100 8 2 0 6 0 0 0 - 1 - 0 0 - - 0";

test("a line of a state file", () => {
  expect(
    parseStateFile(`1\n${columns}\n2 l 2 s2 ::1 3 9 5 10 50 1 0 4 0 0 0 0 a.example 21921 - 0 99 127.0.0.5 ::6 0\n`),
  ).toEqual([
    {
      backend: "l",
      server: "s2",
      host: "::1",
      port: 21921,
      isDown: false,
      isStopping: true,
      isForcedMaint: true,
      isDisabled: false,
      isForcedDrain: true,
      userWeight: 5,
      initialWeight: 10,
      sinceChangeSeconds: 50,
      check: { host: "127.0.0.5", port: 99 },
      agent: { host: "::6", port: null },
    },
  ]);
});

function names(text: string): string[] {
  return parseStateFile(text).map((one) => one.server);
}

test("what is broken, short or of another version is left out", () => {
  expect(names(`1\n${columns}\n\n${down.replace(" 100 ", " x ")}\n${down.slice(0, 30)}\n${down}\n`)).toEqual(["s1"]);
  expect(names(`2\n${down}\n`)).toEqual([]);
  expect(names("")).toEqual([]);
});
