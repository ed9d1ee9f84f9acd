/** What is aimed at: figures of fairlead, alone or against a peer's, and the most or least that they may be. */
import type { Results } from "./results.ts";

interface Goal {
  readonly keys: readonly string[];
  readonly forwarder: string;
  /** Left out: the figure itself. */
  readonly over?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

const bulk = ["fetch-1", "fetch-8", "push-1", "push-8"];
const bulkCpu = bulk.map((key) => `${key}-cpu`);

const goals: readonly Goal[] = [
  { keys: bulkCpu, forwarder: "fairlead splice", over: "haproxy", atMost: 0.35 },
  { keys: bulkCpu, forwarder: "fairlead splice", over: "C limit", atMost: 1.3 },
  { keys: bulk, forwarder: "fairlead splice", over: "haproxy", atLeast: 1.6 },
  { keys: bulk, forwarder: "fairlead", over: "haproxy", atLeast: 1.15 },
  { keys: bulkCpu, forwarder: "fairlead", over: "haproxy", atMost: 0.8 },
  { keys: ["trips-64", "connections-1", "connections-16"], forwarder: "fairlead", over: "haproxy", atLeast: 1 },
  {
    keys: ["trips-64-p99", "connections-1-cpu", "connections-16-cpu", "rules-16-cpu", "idle"],
    forwarder: "fairlead",
    over: "haproxy",
    atMost: 1,
  },
  { keys: ["reload-1000"], forwarder: "fairlead", atMost: 20 },
  { keys: ["reload-10000"], forwarder: "fairlead", atMost: 50 },
];

/** One goal and what was measured. */
export interface Outcome {
  readonly what: string;
  readonly aim: string;
  readonly value: number;
  readonly isMet: boolean;
}

/** Every goal of which something was measured. */
export function outcomes(results: Results): Outcome[] {
  return goals.flatMap(({ keys, forwarder, over, atMost, atLeast }) =>
    keys.flatMap((key) => {
      const spread = over === undefined ? results.spread(key, forwarder) : results.ratio(key, forwarder, over);
      const value = spread?.median;
      const title = results.figures.find((figure) => figure.key === key)?.title;
      if (value === undefined || title === undefined) return [];
      const what = `${title}: ${forwarder}${over === undefined ? "" : ` to ${over}`}`;
      if (atMost !== undefined) return [{ what, aim: `at most ${atMost}`, value, isMet: value <= atMost }];
      return [{ what, aim: `at least ${atLeast}`, value, isMet: value >= (atLeast ?? 0) }];
    }),
  );
}
