/**
 * Runs the suite in parts, one after the other, and sums them up at the end: `bun test/parts.ts COMMAND [--beside COMMAND]...`.
 *
 * Each command is a `bun test` as sh reads it; one behind `--beside` runs together with the one before, and what it says is told at
 * its end. All are run, whatever comes of one; where one fails this ends with 1.
 * Up to three tests that fail are tried once more, alone: on a busy machine a deadline passes that otherwise would not.
 * What passes only then is told at the end, each time, because it is a fault of the test or of the program all the same.
 */
import { argv, exit } from "node:process";

interface Failure {
  /** As Bun tells it: `(fail) describe > name [5.00ms]`. */
  readonly line: string;
  readonly file: string;
}

interface Part {
  readonly command: string;
  readonly code: number;
  readonly seconds: number;
  /** Bun's own counts, `4000 pass`, and the tests that failed. */
  readonly counts: readonly string[];
  readonly failed: readonly Failure[];
}

const mostTriedAgain = 3;

async function runPart(command: string, isBeside: boolean): Promise<Part> {
  const begunAt = performance.now();
  const { code, text } = await run(command, isBeside);
  const lines = text.split("\n");
  const counts = lines.flatMap((line) => /^ *(\d+ (?:pass|skip|todo|fail|errors?))$/.exec(line)?.[1] ?? []);
  return { command, code, seconds: (performance.now() - begunAt) / 1000, counts, failed: failuresOf(lines) };
}

/** The tests of a part that failed and pass alone, where no more than a few have. */
async function tryAgain({ command, code, counts, failed }: Part): Promise<readonly Failure[]> {
  // Whatever else went wrong (a file that cannot be read, a process that died) is no test that failed.
  const isOnlyTests = counts.includes(`${failed.length} fail`) && !counts.some((one) => one.includes("error"));
  if (code === 0 || !isOnlyTests || failed.length > mostTriedAgain) return [];
  const passed: Failure[] = [];
  for (const one of failed) if ((await run(alone(command, one))).code === 0) passed.push(one);
  return passed;
}

/** `isHeldBack`: what it says is told at its end. */
async function run(command: string, isHeldBack = false): Promise<{ code: number; text: string }> {
  if (!isHeldBack) console.log(command);
  // One stream, so that what tests say stays beside their names.
  const child = Bun.spawn(["sh", "-c", `exec 2>&1\n${command}`], {
    stdin: "inherit",
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    if (!isHeldBack) await Bun.write(Bun.stdout, chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  if (isHeldBack) await Bun.write(Bun.stdout, `${command}\n${text}`);
  return { code: await child.exited, text };
}

/** The tests that failed, each under the last file that was named before it. */
function failuresOf(lines: readonly string[]): readonly Failure[] {
  const failed: Failure[] = [];
  let file = "";
  for (const line of lines) {
    file = /^(test\/\S+\.test\.ts):$/.exec(line)?.[1] ?? file;
    // Bun's summary tells them again, under no file.
    if (line.startsWith("(fail) ") && !failed.some((one) => one.line === line)) failed.push({ line, file });
  }
  return failed;
}

/** The command that runs this test alone, with the environment and the program of the one in which it failed. */
function alone(command: string, { line, file }: Failure): string {
  const name = line.replace("(fail) ", "").replace(/ \[[\d.]+m?s\]$/, "");
  const parts = name.split(" > ").map((one) => one.replaceAll(/[^\w ,:]/g, "."));
  const program = /^.*? test(?= )/.exec(command)?.[0] ?? "";
  return `${program} ./${file} -t '${parts.join(".{1,3}")}$'`;
}

const parts: (Part & { readonly passedLater: readonly Failure[] })[] = [];
for (let words = argv.slice(2); words.length > 0;) {
  const [command = "", option, beside] = words;
  const both = option === "--beside" && beside !== undefined ? [command, beside] : [command];
  const ran = await Promise.all(both.map((one, at) => runPart(one, at > 0)));
  for (const part of ran) parts.push({ ...part, passedLater: await tryAgain(part) });
  words = words.slice(both.length > 1 ? 3 : 1);
}

const isWrong = parts.some(
  ({ code, failed, passedLater }) => code !== 0 && (failed.length === 0 || passedLater.length < failed.length),
);
console.log(isWrong ? "\nFAILED" : "\nAll passed");
for (const { command, code, seconds, counts, failed, passedLater } of parts) {
  console.log(`${counts.join(", ")}, ${seconds.toFixed(0)} s${code === 0 ? "" : `, ended with ${code}`}: ${command}`);
  for (const one of failed) {
    const later = passedLater.includes(one) ? "!!! PASSED ONLY WHEN TRIED AGAIN " : "";
    console.log(`  ${later}${one.line} in ${one.file}`);
  }
}
exit(isWrong ? 1 : 0);
