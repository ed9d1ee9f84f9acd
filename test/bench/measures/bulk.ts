/** Bytes one way: as fast as it goes, or as fast as their sender is allowed to. */
import { costOf, type Figure, type Measure } from "../measure.ts";
import { socketBytes } from "../machine.ts";
import { keySuffix, type Place, titleSuffix } from "../place.ts";

/** How far a pace may be off what was asked for: more, and it was not paced; less, and something did not keep up. */
const paceTolerance = { least: 0.85, most: 1.05 };

function figures(key: string, title: string): Figure[] {
  return [
    { key, title: `${title}, GB/s`, better: "more" },
    { key: `${key}-cpu`, title: `${title}, CPU s/GB`, better: "less" },
    { key: `${key}-machine`, title: `${title}, whole machine s/GB`, better: "less" },
  ];
}

/** As fast as it goes. */
export function bulk(part: string, place: Place, way: "fetch" | "push", streams: number): Measure {
  const title = `${way}, ${streams === 1 ? "one stream" : `${streams} streams`}${titleSuffix(place)}`;
  return {
    part,
    place,
    figures: figures(`${way}-${streams}${keySuffix(place)}`, title),
    async take(stage) {
      const each = Math.floor(stage.bulkBytes / streams);
      const gigabytes = (each * streams) / 1e9;
      const running = await stage.running("plain");
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask(way, running.address, each, streams));
      return [gigabytes / (cost.printed[0] as number), cost.cpu / gigabytes, cost.machine / gigabytes];
    },
  };
}

/** One stream for a second, at as many gigabits as its sender is held to by SO_MAX_PACING_RATE. */
export function paced(part: string, place: Place, gigabits: number): Measure {
  const title = `fetch, one stream at ${gigabits} Gb/s${titleSuffix(place)}`;
  const rate = (gigabits * 1e9) / 8;
  return {
    part,
    place,
    figures: figures(`fetch-1${keySuffix(place)}-${gigabits}g`, title),
    async take(stage) {
      const running = await stage.running("plain");
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask("fetch", running.address, rate, 1, rate));
      const gigabytes = rate / 1e9;
      const share = 1 / (cost.printed[0] as number);
      if (share > paceTolerance.most || share < paceTolerance.least)
        throw new Error(`${share.toFixed(2)} of the pace: a round that does not count`);
      return [gigabytes * share, cost.cpu / gigabytes, cost.machine / gigabytes];
    },
  };
}

/** Many streams at once, each long enough to be taken for one, and what the kernel holds for all sockets meanwhile. */
export function manyStreams(part: string, place: Place): Measure {
  const streams = 500;
  const each = 10 * 1024 * 1024;
  const gigabytes = (streams * each) / 1e9;
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      ...figures(`streams-${streams}`, `fetch, ${streams} streams of 10 MiB`),
      { key: `streams-${streams}-kernel`, title: `kernel memory of sockets, ${streams} streams, MiB`, better: "less" },
      {
        key: `streams-${streams}-kernel-most`,
        title: `kernel memory of sockets, ${streams} streams, most MiB`,
        better: "less",
      },
    ],
    async take(stage) {
      const running = await stage.running("plain");
      const before = socketBytes();
      const seen: number[] = [];
      const look = setInterval(() => seen.push((socketBytes() - before) / 1024 / 1024), 20);
      try {
        const { load } = stage.ground;
        const cost = await costOf(running, () => load.ask("fetch", running.address, each, streams));
        seen.sort((a, b) => a - b);
        return [
          gigabytes / (cost.printed[0] as number),
          cost.cpu / gigabytes,
          cost.machine / gigabytes,
          seen[seen.length >> 1] ?? Number.NaN,
          seen.at(-1) ?? Number.NaN,
        ];
      } finally {
        clearInterval(look);
      }
    },
  };
}
