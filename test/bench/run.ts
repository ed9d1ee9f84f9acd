/**
 * Measures forwarders side by side: `run.ts [--rounds N] [--mebibytes N] [--json FILE] [--only NAME,…]`.
 *
 * All run at once and take turns, so that what else the machine does hits all alike; figures are medians of the rounds, ratios are to
 * haproxy. Every byte is compared before anything is timed. CPU is that of a forwarder's whole process tree.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    mebibytes: { type: "string", default: "1024" },
    connections: { type: "string", default: "1000" },
    json: { type: "string" },
    only: { type: "string" },
  },
});
const here = import.meta.dir;
const root = join(here, "../..");
const folder = mkdtempSync("/tmp/fairlead-bench-");
const ticksPerSecond = 100;

interface Contestant {
  readonly name: string;
  readonly port: number;
  /** 0 for the direct connection, which costs nobody anything. */
  readonly pid: number;
}

interface Work {
  readonly name: string;
  /** What is counted, in `amount` of them. */
  readonly unit: "GB" | "connections";
  readonly amount: number;
  readonly load: (port: number) => string[];
}

interface Figure {
  readonly work: string;
  readonly contestant: string;
  readonly perSecond: number;
  readonly cpuSecondsPerUnit: number;
  readonly unit: string;
  readonly rounds: readonly { readonly perSecond: number; readonly cpuSecondsPerUnit: number }[];
}

const children: Bun.Subprocess[] = [];

function spawn(command: string[]): Bun.Subprocess<"ignore", "pipe", "inherit"> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  children.push(child);
  return child;
}

/** A child's first line, which is the port it listens on. */
async function portOf(child: Bun.Subprocess<"ignore", "pipe", "inherit">): Promise<number> {
  let text = "";
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) return Number.parseInt(text, 10);
  }
  throw new Error("a child of the bench ended before it said its port");
}

/** A port that was free a moment ago, for programs that cannot say which one the kernel gave them. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = listener;
  listener.stop();
  return port;
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      (await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } })).terminate();
      return;
    } catch {
      await Bun.sleep(20);
    }
  }
  throw new Error(`nobody listens on port ${port} after ten seconds`);
}

/** User and system time of a process and everything below it, in seconds. */
function cpuSeconds(pid: number): number {
  if (pid === 0) return 0;
  const stats = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, "latin1");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      stats.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch {
      // It has just ended.
    }
  }
  const belongs = (id: number): boolean => id === pid || (id > 1 && belongs(stats.get(id)?.parent ?? 0));
  let ticks = 0;
  for (const [id, stat] of stats) if (belongs(id)) ticks += stat.ticks;
  return ticks / ticksPerSecond;
}

function run(command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

/** The same file for haproxy and fairlead. */
function configuration(port: number, serverPort: number, splice: boolean): string {
  const file = join(folder, `${port}.cfg`);
  const option = splice ? "  option splice-auto\n" : "";
  writeFileSync(
    file,
    `defaults\n  mode tcp\n${option}  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten bench\n  bind 127.0.0.1:${port}\n  server s 127.0.0.1:${serverPort}\n`,
  );
  return file;
}

async function contestants(load: string): Promise<Contestant[]> {
  const server = await portOf(spawn([load, "serve"]));
  const found: Contestant[] = [{ name: "direct", port: server, pid: 0 }];
  const fairlead = join(root, "dist/bin/fairlead");
  const programs: [string, string | null, boolean, string[]][] = [
    ["haproxy", Bun.which("haproxy"), false, ["-db"]],
    ["haproxy splice", Bun.which("haproxy"), true, ["-db"]],
    ["fairlead", existsSync(fairlead) ? fairlead : null, false, ["-db", "--health", "off"]],
    ["fairlead splice", existsSync(fairlead) ? fairlead : null, true, ["-db", "--health", "off"]],
  ];
  for (const [name, program, splice, more] of programs) {
    if (flags.only !== undefined && !flags.only.split(",").includes(name)) continue;
    if (program === null) {
      console.log(`${name}: not there, left out`);
      continue;
    }
    const port = freePort();
    const { pid } = spawn([program, "-f", configuration(port, server, splice), ...more]);
    await listening(port);
    found.push({ name, port, pid });
  }
  if (flags.only === undefined || flags.only.split(",").includes("transport")) {
    const relay = spawn([process.execPath, join(here, "relay.ts"), String(server)]);
    found.push({ name: "transport", port: await portOf(relay), pid: relay.pid });
  }
  return found;
}

function measure(load: string, work: Work, found: readonly Contestant[]): Figure[] {
  const rounds = new Map<string, { perSecond: number; cpuSecondsPerUnit: number }[]>(
    found.map(({ name }) => [name, []]),
  );
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const { name, port, pid } of found) {
      const before = cpuSeconds(pid);
      const seconds = Number(run([load, ...work.load(port)]));
      rounds
        .get(name)
        ?.push({ perSecond: work.amount / seconds, cpuSecondsPerUnit: (cpuSeconds(pid) - before) / work.amount });
    }
  }
  return found.map(({ name }) => {
    const all = rounds.get(name) ?? [];
    const perSecond = median(all.map((one) => one.perSecond));
    return {
      work: work.name,
      contestant: name,
      perSecond,
      cpuSecondsPerUnit: median(all.map((one) => one.cpuSecondsPerUnit)),
      unit: work.unit,
      rounds: all,
    };
  });
}

function ratio(value: number, of: number | undefined): string {
  return of === undefined || of === 0 ? "" : `${(value / of).toFixed(2)} x`;
}

function print(work: Work, figures: readonly Figure[]): void {
  const base = figures.find(({ contestant }) => contestant === "haproxy");
  console.log(`\n${work.name}`);
  console.table(
    figures.map(({ contestant, perSecond, cpuSecondsPerUnit }) => ({
      forwarder: contestant,
      [`${work.unit}/s`]: Number(perSecond.toPrecision(4)),
      "of haproxy's": ratio(perSecond, base?.perSecond),
      [work.unit === "GB" ? "CPU s/GB" : "CPU us/connection"]: Number(
        (cpuSecondsPerUnit * (work.unit === "GB" ? 1 : 1e6)).toPrecision(3),
      ),
      "of haproxy's CPU": ratio(cpuSecondsPerUnit, base?.cpuSecondsPerUnit),
    })),
  );
}

async function main(): Promise<void> {
  const load = join(folder, "load");
  run(["gcc", "-O2", "-o", load, join(here, "load.c")]);
  const found = await contestants(load);
  for (const { port } of found) run([load, "check", String(port), String(192 * 1024 * 1024 + 12_345), "3"]);
  console.log(`equal bytes through ${found.map(({ name }) => name).join(", ")}; ${flags.rounds} rounds`);
  const bytes = Number(flags.mebibytes) * 1024 * 1024;
  const works: Work[] = [
    {
      name: "one stream",
      unit: "GB",
      amount: bytes / 1e9,
      load: (port) => ["fetch", String(port), String(bytes), "1"],
    },
    {
      name: "four streams",
      unit: "GB",
      amount: bytes / 1e9,
      load: (port) => ["fetch", String(port), String(bytes / 4), "4"],
    },
    {
      name: "connections, one after the other",
      unit: "connections",
      amount: Number(flags.connections),
      load: (port) => ["connect", String(port), flags.connections],
    },
  ];
  const figures: Figure[] = [];
  for (const work of works) {
    const measured = measure(load, work, found);
    print(work, measured);
    figures.push(...measured);
  }
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ at: new Date().toISOString(), figures }, null, 1)}\n`);
}

try {
  await main();
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
