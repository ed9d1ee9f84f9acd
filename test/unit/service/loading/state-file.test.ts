import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseStateFile, readServerStates } from "../../../../src/service/loading/state-file.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import { readText } from "../../../cases/case.ts";
import { visitsOf } from "../../../visits.ts";

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
      usesTls: false,
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

test("four times as many backends of one file cost four times as much", async () => {
  const folder = mkdtempSync(join(tmpdir(), "states-"));
  const path = join(folder, "state");
  const planOf = (count: number): Plan => {
    const numbers = Array.from({ length: count }, (_, index) => index);
    writeFileSync(path, `1\n${numbers.map((one) => down.replace(" l ", ` b${one} `)).join("\n")}\n`);
    const backends = numbers.map((one) => `backend b${one}\n server s1 127.0.0.1:22\n`).join("");
    const head = `global\n server-state-file ${path}\ndefaults\n load-server-state-from-file global\n timeout connect 1s\n timeout server 1s\n`;
    const { plan } = readText(head + backends);
    if (plan === null) throw new Error("refused");
    expect(readServerStates(plan).size).toBe(count);
    return plan;
  };
  try {
    const few = planOf(100);
    const visits = await visitsOf(() => readServerStates(few));
    const many = planOf(400);
    expect(await visitsOf(() => readServerStates(many))).toBeLessThan(4.5 * visits);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
