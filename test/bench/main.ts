/**
 * `make bench`: measures forwarders side by side in one run.
 *
 * All run at once and take turns, so that what else the machine does hits all alike. Every byte is compared before
 * anything is timed. From the environment: BENCH=bulk,trips for some parts, FORWARDERS=fairlead,haproxy for some of them,
 * ROUNDS=3, MEBIBYTES=512 for each bulk measure. Writes bench.json, bench.md and bench.svg to dist/bin.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, type } from "node:os";
import { join } from "node:path";
import { chartText } from "./chart.ts";
import { findForwarders, type Forwarder, type Running, startForwarder, type Use } from "./forwarders.ts";
import { type Load, openLoad } from "./load.ts";
import { type Measure, measures, parts } from "./measures.ts";
import { type Circumstances, jsonText, tablesText } from "./report.ts";
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

/** What an instance serves before it is measured: until its hot code is compiled for good, which a process that runs for months does once. */
const warmConnections = 30_000;

/** Instances that live as long as the bench does, started when they are first needed. */
class Instances {
  readonly #running = new Map<string, Promise<Running>>();
  readonly #load: Load;
  /** Those through which every byte came as it was sent. */
  readonly proved = new Set<string>();

  constructor(load: Load) {
    this.#load = load;
  }

  of(forwarder: Forwarder, use: "plain" | "rules"): Promise<Running> {
    const id = `${forwarder.name} ${use}`;
    let running = this.#running.get(id);
    if (running === undefined) this.#running.set(id, (running = this.#start(forwarder, use)));
    return running;
  }

  /** No figure before the bytes have proved equal, and everyone is warm. */
  async #start(forwarder: Forwarder, use: Use): Promise<Running> {
    const running = await startForwarder(forwarder, this.#load, use);
    this.#load.ask("check", running.port, 96 * 1024 * 1024 + 12_345, 3);
    this.proved.add(forwarder.name);
    this.#load.ask("connect", running.port, forwarder.isProcessPerSession ? 200 : warmConnections, 16);
    return running;
  }

  async end(): Promise<void> {
    for (const running of this.#running.values()) await running.then((one) => one.end()).catch(() => {});
  }
}

/** Every measure, every round, every forwarder; each round begins with another one. Tells what failed. */
async function runAll(
  chosen: readonly Measure[],
  found: readonly Forwarder[],
  load: Load,
  results: Results,
  rounds: number,
): Promise<{ failures: string[]; proved: string[] }> {
  const instances = new Instances(load);
  const failures: string[] = [];
  const bulkBytes = amount("MEBIBYTES", 2048) * 1024 * 1024;
  try {
    for (const measure of chosen) {
      const title = measure.figures[0]?.title ?? measure.part;
      const takers = found.filter((forwarder) => measure.takes(forwarder));
      for (let round = 0; round < rounds; round++) {
        process.stderr.write(`${title}: round ${round + 1} of ${rounds}\n`);
        for (let turn = 0; turn < takers.length; turn++) {
          const forwarder = takers[(turn + round) % takers.length] as Forwarder;
          const stage = {
            forwarder,
            load,
            bulkBytes,
            running: (use: "plain" | "rules") => instances.of(forwarder, use),
          };
          const values = await measure.take(stage).catch((error: unknown) => {
            failures.push(`${forwarder.name}, ${title}: ${error instanceof Error ? error.message : String(error)}`);
            return [];
          });
          measure.figures.forEach((figure, at) => results.add(figure, forwarder.name, values[at] ?? Number.NaN));
        }
      }
    }
  } finally {
    await instances.end();
  }
  return { failures, proved: [...instances.proved] };
}

/** The first line of what a program says of its version. */
function versionOf(command: readonly string[]): string | null {
  if (Bun.which(command[0] ?? "") === null) return null;
  const { stdout, stderr } = Bun.spawnSync([...command]);
  const text = stdout.toString() + stderr.toString();
  return /(?:HAProxy|nginx|socat|fairlead) ?(?:version )?[/ ]?v?\d[\w.]*/.exec(text)?.[0] ?? null;
}

const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const out = join(import.meta.dir, "../../dist/bin");
let load: Load | null = null;
try {
  load = await openLoad(folder);
  const { found, missing } = findForwarders(load, folder);
  for (const name of missing) console.log(`${name}: not on this machine, left out`);
  const chosenParts = choice("BENCH", parts);
  const names = choice(
    "FORWARDERS",
    found.map(({ name }) => name),
  );
  const forwarders = found.filter(({ name }) => names.includes(name));
  const chosen = measures.filter(({ part }) => chosenParts.includes(part));
  const rounds = amount("ROUNDS", 5);
  const results = new Results(
    chosen.flatMap(({ figures }) => figures),
    names,
  );
  const { failures, proved } = await runAll(chosen, forwarders, load, results, rounds);
  const [cpu] = cpus();
  const versions = [
    [join(out, "fairlead"), "-v"],
    ["haproxy", "-v"],
    ["nginx", "-v"],
    ["socat", "-V"],
  ].map(versionOf);
  const circumstances: Circumstances = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpu?.model.trim()}, ${type()} ${release()}`,
    programs: versions.filter((version) => version !== null),
    rounds,
    left: [...missing.map((name) => `${name} (not on this machine)`), ...failures],
  };
  const text = tablesText(results, circumstances);
  if (proved.length > 0) console.log(`\nEqual bytes, both ways, through ${proved.join(", ")}.`);
  console.log(`\n${text}`);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "bench.json"), jsonText(results, circumstances));
  writeFileSync(join(out, "bench.md"), `${text}\n`);
  writeFileSync(join(out, "bench.svg"), chartText(results));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await load?.end();
}
