/** Holds golden cases of messages against what is said here, and against HAProxy's own words where it is installed. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { type Case, messagesOf, readCases } from "./case.ts";

const version = spawnSync("haproxy", ["-v"], { encoding: "utf8" }).stdout ?? "";
const hasOracle = version.includes(" 2.6.");
if (!hasOracle) console.warn("haproxy 2.6 is not installed: its messages are not compared");

/** The lines with a level, without process number and `config : `, spaces made one. */
function leveled(text: string): string[] {
  return text
    .split("\n")
    .flatMap((line) => /^\[(ALERT|WARNING)\]\s+\(\d+\) : (?:config : )?(.*)$/.exec(line)?.slice(1).join(" ") ?? [])
    .map((line) => line.replaceAll(/\s+/g, " ").trim())
    .filter((line) => !/Error\(s\) found|Fatal errors found|Failed to initialize/.test(line));
}

/** The tests of one folder of cases, of which there are `atLeast`, about words that HAProxy does not know. */
export function describeOwnMessages(name: string, folder: string, atLeast: number): readonly Case[] {
  const cases = readCases(folder);
  describe(name, () => {
    test("there are cases", () => expect(cases.length).toBeGreaterThan(atLeast));

    for (const one of cases) {
      test(one.name, () => expect(messagesOf(one.config)).toBe(one.expected));
    }
  });
  return cases;
}

/** The same where HAProxy has its own words for what is wrong. */
export function describeMessages(name: string, folder: string, atLeast: number): void {
  const cases = describeOwnMessages(name, folder, atLeast);
  describe.skipIf(!hasOracle)(`${name} are HAProxy's`, () => {
    for (const one of cases) {
      test(one.name, () => {
        const home = mkdtempSync(join(tmpdir(), "case-"));
        try {
          writeFileSync(join(home, "case.cfg"), one.config, "latin1");
          const result = spawnSync("haproxy", ["-c", "-f", "case.cfg"], { cwd: home, encoding: "utf8" });
          // The machine's name is the one thing that differs between machines.
          const words = result.stderr.replace(/\(no peer named '[^']*'\)/, "(no peer named 'vm')");
          expect(leveled(one.expected)).toEqual(leveled(words));
        } finally {
          rmSync(home, { recursive: true });
        }
      });
    }
  });
}
