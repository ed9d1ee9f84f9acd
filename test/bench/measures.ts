/** What is measured: each measure loads one forwarder once and gives its figures. */
import { type Forwarder, freePort, type Running, startForwarder } from "./forwarders.ts";
import type { Load } from "./load.ts";
import { cpuSeconds, memoryBytes } from "./process-tree.ts";

/** One number of a measure. */
export interface Figure {
  /** Unique among all measures' figures. */
  readonly key: string;
  readonly title: string;
  readonly better: "more" | "less";
}

/** A forwarder and what to load it with. */
export interface Stage {
  readonly forwarder: Forwarder;
  readonly load: Load;
  /** Bytes that each bulk measure moves, over all its streams. */
  readonly bulkBytes: number;
  /** The instance that lives as long as the bench: started when it is first asked for. */
  running(use: "plain" | "rules"): Promise<Running>;
}

/** One load, and the figures that it gives. */
export interface Measure {
  /** What `BENCH=` names. */
  readonly part: string;
  readonly figures: readonly Figure[];
  takes(forwarder: Forwarder): boolean;
  /** One value a figure, in their order; NaN where there is none. */
  take(stage: Stage): Promise<readonly number[]>;
}

/** All measures, in the order of the report. */
export const measures: readonly Measure[] = [
  bulk("fetch", 1),
  bulk("fetch", 8),
  bulk("push", 1),
  bulk("push", 8),
  roundTrips(1, 20_000),
  roundTrips(64, 60_000),
  connections("plain", 1),
  connections("plain", 16),
  connections("rules", 16),
  idle(),
  stalled(),
  start(),
  reload(1000),
  reload(10_000),
];

/** The names that `BENCH=` knows. */
export const parts: readonly string[] = [...new Set(measures.map(({ part }) => part))];

function everyone(): boolean {
  return true;
}

function notDirect({ name }: Forwarder): boolean {
  return name !== "direct";
}

/** Those whose sessions are processes or threads get fewer: what each costs stays the same. */
function amount({ isProcessPerSession }: Forwarder, many: number, few: number): number {
  return isProcessPerSession ? few : many;
}

/** Runs a load through the living instance; what the load printed, and the processor seconds of the instance. */
async function loaded(
  stage: Stage,
  use: "plain" | "rules",
  ask: (port: number) => readonly number[],
): Promise<{ printed: readonly number[]; cpu: number }> {
  const { pid, port } = await stage.running(use);
  const before = pid === 0 ? Number.NaN : cpuSeconds(pid);
  const printed = ask(port);
  return { printed, cpu: pid === 0 ? Number.NaN : cpuSeconds(pid) - before };
}

function bulk(way: "fetch" | "push", streams: number): Measure {
  const title = `${way}, ${streams === 1 ? "one stream" : `${streams} streams`}`;
  return {
    part: "bulk",
    figures: [
      { key: `${way}-${streams}`, title: `${title}, GB/s`, better: "more" },
      { key: `${way}-${streams}-cpu`, title: `${title}, CPU s/GB`, better: "less" },
    ],
    takes: everyone,
    async take(stage) {
      const each = Math.floor(stage.bulkBytes / streams);
      const gigabytes = (each * streams) / 1e9;
      const { printed, cpu } = await loaded(stage, "plain", (port) => stage.load.ask(way, port, each, streams));
      return [gigabytes / (printed[0] as number), cpu / gigabytes];
    },
  };
}

function roundTrips(sessions: number, times: number): Measure {
  const title = `round trips, ${sessions === 1 ? "one session" : `${sessions} sessions`}`;
  return {
    part: "trips",
    figures: [
      { key: `trips-${sessions}`, title: `${title}, 1/s`, better: "more" },
      { key: `trips-${sessions}-p50`, title: `${title}, p50 µs`, better: "less" },
      { key: `trips-${sessions}-p99`, title: `${title}, p99 µs`, better: "less" },
      { key: `trips-${sessions}-cpu`, title: `${title}, CPU µs each`, better: "less" },
    ],
    takes: everyone,
    async take(stage) {
      const { printed, cpu } = await loaded(stage, "plain", (port) => stage.load.ask("trips", port, times, sessions));
      const [seconds, p50, p99] = printed as [number, number, number];
      return [times / seconds, p50, p99, (cpu / times) * 1e6];
    },
  };
}

function connections(use: "plain" | "rules", atOnce: number): Measure {
  const load = atOnce === 1 ? "one by one" : `${atOnce} at a time`;
  const title = use === "rules" ? `with many rules, ${load}` : load;
  const key = `${use === "rules" ? "rules" : "connections"}-${atOnce}`;
  return {
    part: use === "rules" ? "rules" : "connections",
    figures: [
      { key, title: `connections, ${title}, 1/s`, better: "more" },
      { key: `${key}-cpu`, title: `connections, ${title}, CPU µs each`, better: "less" },
    ],
    takes: ({ name }) => use === "plain" || name === "fairlead" || name === "haproxy",
    async take(stage) {
      // For more than a second: which of the threads share a processor is luck, and changes now and then.
      const times = amount(stage.forwarder, atOnce === 1 ? 8000 : 20_000, 1000);
      const { printed, cpu } = await loaded(stage, use, (port) => stage.load.ask("connect", port, times, atOnce));
      return [times / (printed[0] as number), (cpu / times) * 1e6];
    },
  };
}

/** A new instance, used a little, and what its memory grows by while `words` are there. */
async function growth(stage: Stage, ...words: readonly (string | number)[]): Promise<number> {
  const { forwarder, load } = stage;
  const running = await startForwarder(forwarder, load);
  try {
    load.ask("connect", running.port, amount(forwarder, 500, 50), 4);
    const before = await settled(running.pid);
    const [verb = "", ...rest] = words;
    const clients = await load.stay(verb, running.port, ...rest);
    const after = await settled(running.pid);
    await clients.end("input");
    return after - before;
  } finally {
    await running.end();
  }
}

/** Memory once it stands still; as it is after ten seconds, when it does not. */
async function settled(pid: number): Promise<number> {
  let last = memoryBytes(pid);
  for (let look = 0, still = 0; look < 40 && still < 3; look++) {
    await Bun.sleep(250);
    const now = memoryBytes(pid);
    still = Math.abs(now - last) < 64 * 1024 ? still + 1 : 0;
    last = now;
  }
  return last;
}

function idle(): Measure {
  return {
    part: "idle",
    figures: [{ key: "idle", title: "memory per idle session, KiB", better: "less" }],
    takes: notDirect,
    async take(stage) {
      const sessions = amount(stage.forwarder, 5000, 500);
      return [(await growth(stage, "hold", sessions)) / 1024 / sessions];
    },
  };
}

function stalled(): Measure {
  const clients = 1000;
  const bytes = 16 * 1024 * 1024;
  return {
    part: "stall",
    figures: [{ key: "stall", title: "memory with 1,000 clients that do not read, MiB", better: "less" }],
    takes: notDirect,
    take: async (stage) => [(await growth(stage, "stall", clients, bytes)) / 1024 / 1024],
  };
}

function start(): Measure {
  return {
    part: "start",
    figures: [{ key: "start", title: "start to first byte, ms", better: "less" }],
    takes: notDirect,
    async take({ forwarder, load }) {
      const port = freePort();
      return [(load.ask("first", port, ...(forwarder.command(port, "plain") ?? []))[0] as number) * 1000];
    },
  };
}

/** One session is open, and all is loaded anew: the longest that it waits, the worst of several reloads. */
function reload(backends: number): Measure {
  const title = `reload stall, ${backends.toLocaleString("en-US")} backends`;
  return {
    part: "reload",
    figures: [
      { key: `reload-${backends}`, title: `${title}, ms`, better: "less" },
      {
        key: `reload-${backends}-time`,
        title: `reload, ${backends.toLocaleString("en-US")} backends, s`,
        better: "less",
      },
    ],
    // HAProxy loads in another process, and keeps the one that serves as it is.
    takes: ({ name }) => name === "fairlead",
    async take({ forwarder, load }) {
      const { pid, port, end } = await startForwarder(forwarder, load, { backends, also: null });
      try {
        const worst = [0, 0];
        for (let time = 0; time < 3; time += 1) {
          const also = freePort();
          forwarder.command(port, { backends, also });
          const [longest = 0, took = 0] = load.ask("reload", port, pid, also);
          worst[0] = Math.max(worst[0] ?? 0, longest * 1000);
          worst[1] = Math.max(worst[1] ?? 0, took);
        }
        return worst;
      } finally {
        await end();
      }
    },
  };
}
