/** What must be reached, and what is aimed at: figures of fairlead, alone or against a peer's, and the most or least that they may be. */
import type { Results } from "./results.ts";

/** How a figure is looked at: by itself, over a peer's, less a peer's, or over another figure of the same forwarder. */
export type Against =
  { readonly over: string } | { readonly from: string } | { readonly overKey: string } | Record<string, never>;

/** Keys of figures, of whom, against what, and the limit. */
export interface Goal {
  readonly level: "must" | "aim";
  readonly keys: readonly string[];
  readonly forwarder: string;
  readonly against: Against;
  readonly atMost?: number;
  readonly atLeast?: number;
}

type Limit = { readonly atMost: number } | { readonly atLeast: number };

const haproxy: Against = { over: "haproxy" };
const oneThread: Against = { over: "haproxy 1 thread" };
const [byDefault, nosplice, noepoll] = ["fairlead", "fairlead nosplice", "fairlead noepoll"] as const;

/** `option ssh`. */
const readsSsh = "fairlead ssh";

function must(forwarder: string, keys: readonly string[], against: Against, limit: Limit): Goal {
  return { level: "must", forwarder, keys, against, ...limit };
}

function aim(forwarder: string, keys: readonly string[], against: Against, limit: Limit): Goal {
  return { level: "aim", forwarder, keys, against, ...limit };
}

const streams = ["fetch-1", "push-1"];
const streamsBbr = ["fetch-1-bbr", "push-1-bbr"];
const bulkCpu = ["fetch-1-cpu", "fetch-8-cpu", "push-1-cpu", "push-8-cpu"];
const bulkBbrCpu = ["fetch-1-bbr-cpu", "fetch-8-bbr-cpu", "push-1-bbr-cpu"];
const sshFleetCpu = ["ssh-fleet-1-cpu", "ssh-fleet-16-cpu", "ssh-fleet-32-cpu"];
const [at1, at4] = [
  ["fetch-1-1g-cpu", "fetch-1-bbr-1g-cpu"],
  ["fetch-1-4g-cpu", "fetch-1-bbr-4g-cpu"],
] as const;

/** All of them. */
export const goals: readonly Goal[] = [
  must(byDefault, bulkCpu, haproxy, { atMost: 0.26 }),
  aim(byDefault, bulkCpu, haproxy, { atMost: 0.2 }),
  aim(byDefault, bulkCpu, { over: "C limit" }, { atMost: 1.15 }),
  must(nosplice, bulkCpu, haproxy, { atMost: 0.65 }),
  aim(noepoll, bulkCpu, haproxy, { atMost: 0.95 }),

  must(byDefault, bulkBbrCpu, haproxy, { atMost: 0.28 }),
  aim(byDefault, bulkBbrCpu, haproxy, { atMost: 0.22 }),
  must(nosplice, bulkBbrCpu, haproxy, { atMost: 0.7 }),
  aim(noepoll, bulkBbrCpu, haproxy, { atMost: 1.1 }),

  must(byDefault, at1, haproxy, { atMost: 0.85 }),
  must(byDefault, at4, haproxy, { atMost: 0.65 }),
  aim(byDefault, at4, haproxy, { atMost: 0.6 }),
  aim(nosplice, at1, haproxy, { atMost: 0.95 }),
  aim(nosplice, at4, haproxy, { atMost: 0.75 }),

  must(byDefault, streams, haproxy, { atLeast: 1.7 }),
  must(byDefault, streamsBbr, haproxy, { atLeast: 1.3 }),
  aim(byDefault, streams, haproxy, { atLeast: 1.9 }),
  aim(byDefault, streamsBbr, haproxy, { atLeast: 1.5 }),
  aim(nosplice, streams, haproxy, { atLeast: 1.4 }),
  aim(nosplice, streamsBbr, haproxy, { atLeast: 1.2 }),
  aim(noepoll, [...streams, ...streamsBbr], haproxy, { atLeast: 0.95 }),

  ...[byDefault, nosplice].flatMap((forwarder) => [
    aim(forwarder, ["trips-64"], haproxy, { atLeast: 1 }),
    must(forwarder, ["trips-64-p99"], haproxy, { atMost: 0.9 }),
    must(forwarder, ["connections-32"], oneThread, { atLeast: 1.1 }),
    aim(forwarder, ["connections-32"], haproxy, { atLeast: 0.95 }),
    must(forwarder, ["connections-32-cpu"], haproxy, { atMost: 0.95 }),
    aim(forwarder, ["connections-32-cpu"], haproxy, { atMost: 0.65 }),
  ]),
  aim(noepoll, ["connections-32-cpu"], haproxy, { atMost: 1 }),

  ...[haproxy, oneThread].flatMap((peer) => [
    must(byDefault, ["http-32-cpu", "http-length-cpu", "http-chunks-cpu"], peer, { atMost: 0.8 }),
    must(byDefault, ["http-32-p99"], peer, { atMost: 1.2 }),
  ]),
  must(byDefault, ["http-32"], oneThread, { atLeast: 0.95 }),

  ...[haproxy, oneThread].flatMap((peer) => [
    must(byDefault, ["tls-full-cpu"], peer, { atMost: 0.9 }),
    must(byDefault, ["tls-resumed-cpu"], peer, { atMost: 1 }),
    must(byDefault, ["tls-fetch-cpu", "tls-push-cpu"], peer, { atMost: 0.75 }),
    must(byDefault, ["tls-idle"], peer, { atMost: 0.7 }),
    must(byDefault, ["https-32-cpu"], peer, { atMost: 0.85 }),
  ]),

  must("direct", ["ssh-reading-never-met"], {}, { atMost: 12 }),
  must("direct", ["ssh-reading-met"], {}, { atMost: 2 }),
  must(readsSsh, ["ssh-fetch-cpu", "ssh-push-cpu"], haproxy, { atMost: 0.26 }),
  aim(readsSsh, ["ssh-fetch-cpu", "ssh-push-cpu"], { over: byDefault }, { atMost: 1.1 }),
  aim(readsSsh, sshFleetCpu, { over: byDefault }, { atMost: 1.2 }),
  aim(readsSsh, sshFleetCpu, haproxy, { atMost: 1 }),
  aim(readsSsh, ["ssh-strangers-16-cpu"], { over: byDefault }, { atMost: 1.4 }),

  must(byDefault, ["checks-cpu"], haproxy, { atMost: 1.2 }),
  must(byDefault, ["large-1000-check"], { from: "haproxy" }, { atMost: 0.15 }),
  must(byDefault, ["large-10000-check"], { from: "haproxy" }, { atMost: 1.2 }),
  aim(byDefault, ["large-10000-check"], { overKey: "large-2500-check" }, { atMost: 4.5 }),
  aim(byDefault, ["rules-16-cpu", "idle"], haproxy, { atMost: 1 }),
  aim(byDefault, ["reload-1000"], {}, { atMost: 20 }),
  aim(byDefault, ["reload-10000"], {}, { atMost: 50 }),
];

/** One goal and what was measured. */
export interface Outcome {
  readonly level: "must" | "aim";
  readonly what: string;
  /** The limit, in words. */
  readonly limit: string;
  readonly value: number;
  readonly isMet: boolean;
}

/** Every goal of which something was measured. */
export function outcomes(results: Results): Outcome[] {
  return goals.flatMap((goal) => goal.keys.flatMap((key) => outcome(results, goal, key) ?? []));
}

function outcome(results: Results, goal: Goal, key: string): Outcome | null {
  const { level, forwarder, against, atMost, atLeast } = goal;
  const value = measured(results, key, forwarder, against);
  const title = titleOf(results, key);
  if (value === undefined || title === undefined) return null;
  const isMet = value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity);
  const limit = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
  return { level, what: `${title}: ${forwarder}${words(results, against)}`, limit, value, isMet };
}

function measured(results: Results, key: string, forwarder: string, against: Against): number | undefined {
  if ("over" in against) return results.ratio(key, forwarder, against.over as string)?.median;
  if ("from" in against) return results.difference(key, forwarder, against.from as string)?.median;
  const value = results.spread(key, forwarder)?.median;
  if (!("overKey" in against) || value === undefined) return value;
  const other = results.spread(against.overKey as string, forwarder)?.median;
  return other === undefined ? undefined : value / other;
}

function words(results: Results, against: Against): string {
  if ("over" in against) return ` to ${against.over}`;
  if ("from" in against) return `, more than ${against.from}`;
  if ("overKey" in against) return ` to its own ${titleOf(results, against.overKey as string)}`;
  return "";
}

function titleOf(results: Results, key: string): string | undefined {
  return results.figures.find((figure) => figure.key === key)?.title;
}
