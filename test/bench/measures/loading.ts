/** Files: starting, checking, loading anew. */
import { run } from "../child.ts";
import { freePort } from "../forwarders.ts";
import { type Measure, withInstance } from "../measure.ts";
import type { Place } from "../place.ts";

/** From the start of a process to the first byte that it forwards. */
export function start(part: string, place: Place): Measure {
  return {
    part,
    place,
    figures: [{ key: "start", title: "start to first byte, ms", better: "less" }],
    async take({ forwarder, ground }) {
      const listen = `${ground.address}:${freePort()}`;
      const command = forwarder.command({ listen, server: ground.load.server }, "plain") ?? [];
      const [seconds = Number.NaN] = await ground.load.ask("first", listen, ...command);
      return [seconds * 1000];
    },
  };
}

/** The same with a large file, and how long it takes to be checked. */
export function largeFile(part: string, place: Place, large: number): Measure {
  const title = `large file, ${large.toLocaleString("en-US")} ACLs, routes and backends`;
  return {
    part,
    place,
    figures: [
      { key: `large-${large}-check`, title: `-c of a ${title}, s`, better: "less" },
      { key: `large-${large}-start`, title: `start to first byte of a ${title}, s`, better: "less" },
    ],
    async take({ forwarder, ground }) {
      const listen = `${ground.address}:${freePort()}`;
      const command = forwarder.command({ listen, server: ground.load.server }, { large, names: freePort() }) ?? [];
      const since = performance.now();
      await run([...command, "-c"]);
      const checked = (performance.now() - since) / 1000;
      const [started = Number.NaN] = await ground.load.ask("first", listen, ...command);
      return [checked, started];
    },
  };
}

/** One session is open, and all is loaded anew: the longest that it waits, the worst of several reloads. */
export function reload(part: string, place: Place, backends: number): Measure {
  const count = backends.toLocaleString("en-US");
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key: `reload-${backends}`, title: `reload stall, ${count} backends, ms`, better: "less" },
      { key: `reload-${backends}-time`, title: `reload, ${count} backends, s`, better: "less" },
    ],
    take: (stage) =>
      withInstance(stage, { backends, also: null }, async ({ pid, address }) => {
        const worst = [0, 0];
        for (let time = 0; time < 3; time += 1) {
          const also = freePort();
          stage.forwarder.command({ listen: address, server: stage.ground.load.server }, { backends, also });
          const [longest = 0, took = 0] = await stage.ground.load.ask("reload", address, pid, also);
          worst[0] = Math.max(worst[0] ?? 0, longest * 1000);
          worst[1] = Math.max(worst[1] ?? 0, took);
        }
        return worst;
      }),
  };
}
