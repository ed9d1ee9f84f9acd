/**
 * `make bench`: measures forwarders side by side in one run, in a network namespace of its own.
 *
 * All that take part in a measure run at once and take turns, so that what else the machine does hits all alike. Every byte
 * is compared before anything is timed. From the environment: BENCH=bulk,trips for some parts, FORWARDERS=fairlead,haproxy
 * for some of them, ROUNDS=3, MEBIBYTES=512 for each measure of unpaced bulk. Writes bench.json, bench.md and bench.svg to
 * dist/bin; with KEEP=1 a whole run's go into the pages, too.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitOnSignals } from "./child.ts";
import { chartText } from "./chart.ts";
import type { Use } from "./configuration.ts";
import { findForwarders, type Forwarder } from "./forwarders.ts";
import { Instances } from "./instances.ts";
import { withMarked } from "./keep.ts";
import { machineText } from "./machine.ts";
import { matrix, parts } from "./matrix.ts";
import type { Measure, Row } from "./measure.ts";
import { type Ground, Grounds, runInNamespace, surroundings } from "./namespace.ts";
import { type Place, titleSuffix } from "./place.ts";
import { type Circumstances, jsonText, shortfallText, summaryText, tablesText } from "./report.ts";
import { Results } from "./results.ts";

/** A whole number from the environment. */
function amount(name: string, otherwise: number): number {
  const text = process.env[name] ?? String(otherwise);
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name}=${text}: not a number above zero`);
  return Number(text);
}

/** Names out of the environment; all where none are given. */
function choice(name: string, all: readonly string[]): readonly string[] {
  const chosen = process.env[name]?.split(",").filter(Boolean) ?? all;
  const unknown = chosen.filter((one) => !all.includes(one));
  if (unknown.length > 0) throw new Error(`${name}: no ${unknown.join(", ")}; there are ${all.join(", ")}`);
  return chosen;
}

/** What is collected on the way. */
interface Run {
  readonly results: Results;
  readonly rounds: number;
  readonly bulkBytes: number;
  /** What failed or is not to be had, and why. */
  readonly failures: string[];
  /** Through whom all bytes came as they were sent. */
  readonly proved: Set<string>;
}

/** A measure, every round, every one who takes it; each round begins with another one. */
async function takeTurns(
  measure: Measure,
  takers: readonly Forwarder[],
  ground: Ground,
  instances: Instances,
  run: Run,
) {
  const title = measure.figures[0]?.title ?? measure.part;
  const rounds = Math.min(run.rounds * (measure.roundsForOne ?? 1), measure.mostRounds ?? Infinity);
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`${title}: round ${round + 1} of ${rounds}\n`);
    for (let turn = 0; turn < takers.length; turn++) {
      const forwarder = takers[(turn + round) % takers.length] as Forwarder;
      const stage = {
        forwarder,
        ground,
        bulkBytes: run.bulkBytes,
        running: (use: Use & string) => instances.of(forwarder, use),
        warm: (use: Use & string) => instances.warm(forwarder, use),
      };
      // Whoever sends other bytes than came gets no figure at all.
      const proof = instances.of(forwarder, "plain");
      const values = await proof
        .then(() => measure.take(stage))
        .catch((error: unknown) => {
          const failure = `${forwarder.name}, ${title}: ${error instanceof Error ? error.message : String(error)}`;
          if (!run.failures.includes(failure)) run.failures.push(failure);
          return [];
        });
      measure.figures.forEach((figure, at) => run.results.add(figure, forwarder.name, values[at] ?? Number.NaN));
    }
  }
}

/** All rows of one place. */
async function runPlace(place: Place, rows: readonly Row[], found: readonly Forwarder[], grounds: Grounds, run: Run) {
  let ground: Ground;
  try {
    ground = await grounds.take(place);
  } catch (error) {
    run.failures.push(`loopback${titleSuffix(place)}: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  const instances = new Instances(ground, run.proved);
  try {
    for (const { measure, takers } of rows) {
      const here = found.filter(({ name }) => takers.includes(name));
      await takeTurns(measure, here, ground, instances, run);
    }
  } finally {
    await instances.end();
  }
}

/** Writes what a run gave to where it is looked for. */
function keep(results: Results, circumstances: Circumstances): void {
  const root = join(import.meta.dir, "../..");
  const out = join(root, "dist/bin");
  const text = tablesText(results, circumstances);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "bench.json"), jsonText(results, circumstances));
  writeFileSync(join(out, "bench.md"), `${text}\n`);
  writeFileSync(join(out, "bench.svg"), chartText(results));
  if (process.env["KEEP"] !== "1") return;
  writeFileSync(join(import.meta.dir, "seen.svg"), chartText(results));
  const chart =
    "Bars: processor time, throughput, trips, connections, checks, memory, beside HAProxy, nginx and others";
  for (const [file, words] of [
    ["README.md", `![${chart}](test/bench/seen.svg)\n\n${summaryText(results, circumstances)}`],
    ["test/bench/README.md", `![${chart}](seen.svg)\n\n${text}`],
  ] as const) {
    const path = join(root, file);
    writeFileSync(path, withMarked(readFileSync(path, "utf8"), words));
  }
}

/** Everything, with its programs and what they read in `folder`. */
async function bench(folder: string): Promise<void> {
  const chosen = choice("BENCH", parts);
  if (process.env["KEEP"] === "1" && (process.env["BENCH"] ?? process.env["FORWARDERS"]) !== undefined)
    throw new Error("KEEP=1: only a whole run is kept, without BENCH and FORWARDERS");
  const { found, missing, programs } = await findForwarders(folder);
  for (const name of missing) console.log(`Left out: ${name}`);
  const names = choice(
    "FORWARDERS",
    found.map(({ name }) => name),
  );
  const rows = matrix.filter(({ measure }) => chosen.includes(measure.part));
  const machine = await machineText();
  console.log(machine);
  const run: Run = {
    results: new Results(
      rows.flatMap(({ measure }) => measure.figures),
      names,
    ),
    rounds: amount("ROUNDS", 5),
    bulkBytes: amount("MEBIBYTES", 1024) * 1024 * 1024,
    failures: [],
    proved: new Set(),
  };
  const forwarders = found.filter(({ name }) => names.includes(name));
  const grounds = await Grounds.open(folder);
  try {
    for (const place of new Set(rows.map(({ measure }) => measure.place))) {
      const here = rows.filter(({ measure }) => measure.place === place);
      await runPlace(place, here, forwarders, grounds, run);
    }
  } finally {
    await grounds.end();
  }
  const date = new Date().toISOString().slice(0, 10);
  const minutes = Math.round(performance.now() / 60_000);
  const circumstances = { date, machine, programs, rounds: run.rounds, minutes, left: [...missing, ...run.failures] };
  if (run.proved.size > 0) console.log(`\nEqual bytes, both ways, through ${[...run.proved].join(", ")}.`);
  console.log(`\n${tablesText(run.results, circumstances)}\n\n${shortfallText(run.results)}`);
  keep(run.results, circumstances);
}

if (surroundings === null) {
  const code = await runInNamespace([process.execPath, import.meta.path]);
  if (code !== null) process.exit(code);
  console.log(
    "This system lets nobody here open a network namespace: measured in the machine's own network, over loopback.",
  );
}
exitOnSignals();
const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
try {
  await bench(folder);
  process.exit(0);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
