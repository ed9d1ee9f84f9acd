/** Every message of a configuration, with its caret, as the golden cases have it; HAProxy's own words where it is installed. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { messagesOf, readCases } from "./case.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const cases = readCases(join(import.meta.dirname, "messages"));

describe("messages", () => {
  test("there are cases", () => expect(cases.length).toBeGreaterThan(60));

  for (const one of cases) {
    test(one.name, () => expect(messagesOf(one.config)).toBe(one.expected));
  }
});

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

describe.skipIf(!hasOracle)("messages are HAProxy's", () => {
  for (const one of cases) {
    test(one.name, () => {
      const folder = mkdtempSync(join(tmpdir(), "case-"));
      try {
        writeFileSync(join(folder, "case.cfg"), one.config, "latin1");
        const result = spawnSync("haproxy", ["-c", "-f", "case.cfg"], { cwd: folder, encoding: "utf8" });
        // The machine's name is the one thing that differs between machines.
        const words = result.stderr.replace(/\(no peer named '[^']*'\)/, "(no peer named 'vm')");
        expect(leveled(one.expected)).toEqual(leveled(words));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
