/** What a measure is: one load, for those who take it, and the figures that it gives. */
import { type Forwarder, type Running, startForwarder } from "./forwarders.ts";
import { busySeconds } from "./machine.ts";
import type { Ground } from "./namespace.ts";
import type { Place } from "./place.ts";
import { cpuSeconds } from "./process-tree.ts";
import type { Use } from "./configuration.ts";

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
  readonly ground: Ground;
  /** Bytes that each measure of unpaced bulk moves, over all its streams. */
  readonly bulkBytes: number;
  /** The instance that lives as long as its place does: started, and its bytes proved, when it is first asked for. */
  running(use: Use & string): Promise<Running>;
  /** The same, with its code compiled. */
  warm(use: Use & string): Promise<Running>;
}

/** One load, and the figures that it gives. */
export interface Measure {
  /** What `BENCH=` names. */
  readonly part: string;
  readonly place: Place;
  readonly figures: readonly Figure[];
  /** Rounds at most: of what hardly differs from one to the next. */
  readonly mostRounds?: number;
  /** So many rounds in the place of one: of what differs more from one to the next than what it is to tell. */
  readonly roundsForOne?: number;
  /** One value a figure, in their order; NaN where there is none. */
  take(stage: Stage): Promise<readonly number[]>;
}

/** A measure and the names of those who take it. */
export interface Row {
  readonly measure: Measure;
  readonly takers: readonly string[];
}

/** What a load cost: what it printed, seconds of the forwarder's processes, and of the whole machine with the load's ends. */
export interface Cost {
  readonly printed: readonly number[];
  readonly cpu: number;
  readonly machine: number;
}

/** Has a forwarder do something; the direct way has no processes, and so no costs but the machine's. */
export async function costOf(running: Running, act: () => Promise<readonly number[]>): Promise<Cost> {
  const { pid } = running;
  const before = pid === 0 ? Number.NaN : cpuSeconds(pid);
  const busy = busySeconds();
  const printed = await act();
  const machine = busySeconds() - busy;
  return { printed, cpu: (pid === 0 ? Number.NaN : cpuSeconds(pid)) - before, machine };
}

/** Starts an instance for one act only. */
export async function withInstance<T>(stage: Stage, use: Use, act: (running: Running) => Promise<T>): Promise<T> {
  const running = await startForwarder(stage.forwarder, stage.ground, use);
  try {
    return await act(running);
  } finally {
    await running.end();
  }
}

/** Those whose sessions are processes or threads get fewer: what each costs stays the same. */
export function amount({ isProcessPerSession }: Forwarder, many: number, few: number): number {
  return isProcessPerSession ? few : many;
}
