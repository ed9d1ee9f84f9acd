/** Few bytes and many turns: round trips, connections, health checks. */
import { begunConnections } from "../machine.ts";
import { amount, costOf, type Measure, withInstance } from "../measure.ts";
import { keySuffix, type Place, titleSuffix } from "../place.ts";

/** 64 bytes there and back. */
export function roundTrips(part: string, place: Place, sessions: number): Measure {
  const isOne = sessions === 1;
  const times = isOne ? 10_000 : 60_000;
  const title = `round trips, ${isOne ? "one session" : `${sessions} sessions`}${titleSuffix(place)}`;
  const key = `trips-${sessions}${keySuffix(place)}`;
  return {
    part,
    place,
    // The slowest hundredth waits for a processor: that differs by half from one round to the next, whoever forwards.
    ...(!isOne && { roundsForOne: 5 }),
    figures: [
      { key, title: `${title}, 1/s`, better: "more" },
      { key: `${key}-p50`, title: `${title}, p50 µs`, better: "less" },
      { key: `${key}-p99`, title: `${title}, p99 µs`, better: "less" },
      { key: `${key}-cpu`, title: `${title}, CPU µs each`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine µs each`, better: "less" },
    ],
    async take(stage) {
      const running = await stage.warm("plain");
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask("trips", running.address, times, sessions));
      const [seconds, p50, p99] = cost.printed as [number, number, number];
      return [times / seconds, p50, p99, (cost.cpu / times) * 1e6, (cost.machine / times) * 1e6];
    },
  };
}

/** Sessions of a byte each way, from connect to both ends' end. */
export function connections(part: string, place: Place, use: "plain" | "rules", atOnce: number): Measure {
  const how = atOnce === 1 ? "one by one" : `${atOnce} at a time`;
  const title = `connections, ${use === "rules" ? `with many rules, ${how}` : how}`;
  const key = `${use === "rules" ? "rules" : "connections"}-${atOnce}`;
  return {
    part,
    place,
    ...(atOnce === 32 && { roundsForOne: 3 }),
    figures: [
      { key, title: `${title}, 1/s`, better: "more" },
      { key: `${key}-cpu`, title: `${title}, CPU µs each`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine µs each`, better: "less" },
    ],
    async take(stage) {
      // For about a second: which of the threads share a processor is luck, and changes now and then.
      const times = amount(stage.forwarder, atOnce === 1 ? 6000 : 12_000, 1000);
      const running = await stage.warm(use);
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask("connect", running.address, times, atOnce));
      return [times / (cost.printed[0] as number), (cost.cpu / times) * 1e6, (cost.machine / times) * 1e6];
    },
  };
}

/** 2,000 checks a second that connect and go, counted by the connections that were begun meanwhile: most are given up before the server has them. */
export function checks(part: string, place: Place): Measure {
  // For 16,000 checks, when what is compiled while they run has been compiled: they go on for months.
  const settleMs = 8000;
  const seconds = 2;
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key: "checks", title: "checks of 200 servers every 100 ms, 1/s", better: "more" },
      { key: "checks-cpu", title: "checks, CPU µs each", better: "less" },
      { key: "checks-machine", title: "checks, whole machine µs each", better: "less" },
    ],
    take: (stage) =>
      withInstance(stage, { checked: 200 }, async (running) => {
        await Bun.sleep(settleMs);
        const cost = await costOf(running, async () => {
          const before = begunConnections();
          const since = performance.now();
          await Bun.sleep(seconds * 1000);
          return [begunConnections() - before, (performance.now() - since) / 1000];
        });
        const [count, took] = cost.printed as [number, number];
        return [count / took, (cost.cpu / count) * 1e6, (cost.machine / count) * 1e6];
      }),
  };
}
