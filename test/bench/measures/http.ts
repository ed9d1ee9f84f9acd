/** `mode http`: requests as git sends them, and long bodies. */
import { costOf, type Measure } from "../measure.ts";
import type { Place } from "../place.ts";

/** Bytes of a body: what a clone of a large repository has. */
const bodyBytes = 256 * 1024 * 1024;

/** Requests of ten fields with answers of 1 KiB, one after the other on each connection, a log line each. */
export function requests(part: string, place: Place, connections: number): Measure {
  // For seconds, for the sake of the slowest hundredth.
  const times = 240_000;
  const title = `requests, ${connections} connections`;
  const key = `http-${connections}`;
  return {
    part,
    place,
    figures: [
      { key, title: `${title}, 1/s`, better: "more" },
      { key: `${key}-p50`, title: `${title}, p50 µs`, better: "less" },
      { key: `${key}-p99`, title: `${title}, p99 µs`, better: "less" },
      { key: `${key}-cpu`, title: `${title}, CPU µs each`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine µs each`, better: "less" },
    ],
    async take(stage) {
      const running = await stage.warm("http");
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask("requests", running.address, times, connections));
      const [seconds, p50, p99] = cost.printed as [number, number, number];
      return [times / seconds, p50, p99, (cost.cpu / times) * 1e6, (cost.machine / times) * 1e6];
    },
  };
}

/** One body as fast as it goes: by Content-Length, or in chunks of 32 KiB. */
export function body(part: string, place: Place, form: "length" | "chunks"): Measure {
  const title = form === "length" ? "body by Content-Length" : "body in chunks";
  const key = `http-${form}`;
  return {
    part,
    place,
    figures: [
      { key, title: `${title}, GB/s`, better: "more" },
      { key: `${key}-cpu`, title: `${title}, CPU s/GB`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine s/GB`, better: "less" },
    ],
    async take(stage) {
      const bytes = Math.min(stage.bulkBytes, bodyBytes);
      const gigabytes = bytes / 1e9;
      const running = await stage.warm("http");
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask(form, running.address, bytes));
      return [gigabytes / (cost.printed[0] as number), cost.cpu / gigabytes, cost.machine / gigabytes];
    },
  };
}
