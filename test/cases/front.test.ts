/** Every message of the front half, case by case: ours must be the expected one, and so must HAProxy's where it is installed. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFront } from "./front/read-front.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

interface Case {
  readonly name: string;
  readonly config: string;
  readonly expected: string;
}

const folder = join(import.meta.dir, "front");
const environment = { FOO: "foo", LIST: "a b  c", EMPTY: "" };
const haproxy = Bun.which("haproxy");
if (haproxy === null) console.warn("SKIPPED: haproxy is not installed, so nothing confirms the expected messages.");
const isComparing = haproxy !== null || process.env["CI"] !== undefined;

for (const file of readdirSync(folder).filter((name) => name.endsWith(".cases"))) {
  const cases = readCases(readFileSync(join(folder, file), "utf8"));
  describe(file, () => {
    test.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
      const messages = readFront(one.config, environment).map(({ level, text }) => `[${level.toUpperCase()}] ${text}`);
      expect(tidy(messages.join("\n"))).toBe(one.expected);
    });
    test.if(isComparing)(
      `haproxy says the same in ${file}`,
      async () => {
        const answers = await askHaproxy(cases.map((one) => one.config));
        expect(cases.map((one, index) => `${one.name}\n${answers[index]}`)).toEqual(
          cases.map((one) => `${one.name}\n${one.expected}`),
        );
      },
      60_000,
    );
  });
}

/** A template, then cases: `=== name`, lines for `#front`, after `--back` lines for `#back`, dashes, the messages. */
function readCases(text: string): Case[] {
  const [template = "", ...blocks] = text.split(/^=== /m);
  return blocks.map((block) => {
    const [head = "", expected = ""] = block.split(/^-----$/m);
    const name = head.split("\n", 1)[0] ?? "";
    const [front = "", back = ""] = head.slice(name.length + 1).split(/^--back\n/m);
    const config = template.includes("#front\n")
      ? template.replace("#front\n", () => front).replace("#back\n", () => back)
      : front;
    return { name, config, expected: tidy(expected) };
  });
}

function tidy(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "").join("\n");
}

/** What `haproxy -c` says about each, without pids and without what other stages would say. */
async function askHaproxy(configs: readonly string[]): Promise<string[]> {
  const work = mkdtempSync(join(tmpdir(), "front-cases-"));
  try {
    const answers: string[] = [];
    const ask = async (index: number): Promise<void> => {
      const name = join(work, String(index));
      mkdirSync(name);
      writeFileSync(join(name, "case.cfg"), configs[index] ?? "", "latin1");
      const child = Bun.spawn([haproxy ?? "haproxy", "-c", "-f", "case.cfg"], {
        cwd: name,
        env: environment,
        stdout: "ignore",
        stderr: "pipe",
      });
      answers[index] = onlyOurs(await new Response(child.stderr).text());
      await child.exited;
    };
    const atOnce = 4;
    for (let first = 0; first < configs.length; first += atOnce) {
      const batch = configs.slice(first, first + atOnce).map((_, index) => ask(first + index));
      await Promise.all(batch);
    }
    return answers;
  } finally {
    rmSync(work, { recursive: true });
  }
}

const others = [
  "haproxy version is",
  "path to executable",
  "Error(s) found",
  "Fatal errors",
  "missing timeouts for",
  "log format ignored",
  "Size not specified for",
  "placed after a",
  "unknown keyword '.*' in '",
  "'listen' or 'defaults' expected",
];
const other = new RegExp(others.map((text) => text.replaceAll(/[()]/g, "\\$&")).join("|"));

function onlyOurs(output: string): string {
  const lines = output.split("\n").filter((line) => !other.test(line) && !line.startsWith("   | "));
  return tidy(lines.join("\n").replaceAll(/^\[(\w+)\] +\([0-9]+\) : config : /gm, "[$1] "));
}
