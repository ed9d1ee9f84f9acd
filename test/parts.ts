/**
 * Runs the suite in parts, one after the other, and sums them up at the end: `bun test/parts.ts COMMAND...`.
 *
 * Each command is a `bun test` as sh reads it. All are run, whatever comes of one; where one fails this ends with 1.
 */
import { argv, exit } from "node:process";

interface Part {
  readonly command: string;
  readonly code: number;
  readonly seconds: number;
  /** Bun's own counts, `4000 pass`, and the tests that failed. */
  readonly counts: readonly string[];
  readonly failed: readonly string[];
}

async function runPart(command: string): Promise<Part> {
  const begunAt = performance.now();
  console.log(command);
  // One stream, so that what tests say stays beside their names.
  const child = Bun.spawn(["sh", "-c", `exec 2>&1\n${command}`], {
    stdin: "inherit",
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    await Bun.write(Bun.stdout, chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  const code = await child.exited;
  const lines = text.split("\n");
  const counts = lines.flatMap((line) => /^ *(\d+ (?:pass|skip|todo|fail|errors?))$/.exec(line)?.[1] ?? []);
  const failed = lines.filter((line) => line.startsWith("(fail) "));
  return { command, code, seconds: (performance.now() - begunAt) / 1000, counts, failed: [...new Set(failed)] };
}

const parts: Part[] = [];
for (const command of argv.slice(2)) parts.push(await runPart(command));

const isWrong = parts.some(({ code }) => code !== 0);
console.log(isWrong ? "\nFAILED" : "\nAll passed");
for (const { command, code, seconds, counts, failed } of parts) {
  console.log(`${counts.join(", ")}, ${seconds.toFixed(0)} s${code === 0 ? "" : `, ended with ${code}`}: ${command}`);
  for (const line of failed) console.log(`  ${line}`);
}
exit(isWrong ? 1 : 0);
