/** TLS that ends here: handshakes, bytes and requests, with servers that are spoken to in the clear. */
import { costOf, type Measure } from "../measure.ts";
import type { Place } from "../place.ts";

/** Sessions of a byte each way after a handshake, 16 at a time, from connect to both ends' end. */
export function handshakes(part: string, place: Place, kind: "full" | "resumed"): Measure {
  const times = 4000;
  const title = `sessions of TLS, ${kind === "full" ? "full handshake" : "resumed"}`;
  const key = `tls-${kind}`;
  return {
    part,
    place,
    figures: [
      { key, title: `${title}, 1/s`, better: "more" },
      { key: `${key}-cpu`, title: `${title}, CPU µs each`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine µs each`, better: "less" },
    ],
    async take(stage) {
      const running = await stage.warm("tls");
      const load = await stage.ground.load.tls();
      const verb = kind === "full" ? "connect" : "resume";
      const cost = await costOf(running, () => load.ask(verb, running.address, times, 16));
      return [times / (cost.printed[0] as number), (cost.cpu / times) * 1e6, (cost.machine / times) * 1e6];
    },
  };
}

/** One stream as fast as it goes. */
export function securedBulk(part: string, place: Place, way: "fetch" | "push"): Measure {
  const title = `${way} over TLS`;
  const key = `tls-${way}`;
  return {
    part,
    place,
    roundsForOne: 3,
    figures: [
      { key, title: `${title}, GB/s`, better: "more" },
      { key: `${key}-cpu`, title: `${title}, CPU s/GB`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine s/GB`, better: "less" },
    ],
    async take(stage) {
      const gigabytes = stage.bulkBytes / 1e9;
      const running = await stage.running("tls");
      const load = await stage.ground.load.tls();
      const cost = await costOf(running, () => load.ask(way, running.address, stage.bulkBytes, 1));
      return [gigabytes / (cost.printed[0] as number), cost.cpu / gigabytes, cost.machine / gigabytes];
    },
  };
}

/** Requests of HTTPS with answers of 1 KiB, one after the other on each connection, a log line each. */
export function securedRequests(part: string, place: Place, connections: number): Measure {
  const times = 60_000;
  const title = `requests over TLS, ${connections} connections`;
  const key = `https-${connections}`;
  return {
    part,
    place,
    figures: [
      { key, title: `${title}, 1/s`, better: "more" },
      { key: `${key}-p99`, title: `${title}, p99 µs`, better: "less" },
      { key: `${key}-cpu`, title: `${title}, CPU µs each`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine µs each`, better: "less" },
    ],
    async take(stage) {
      const running = await stage.warm("https");
      const load = await stage.ground.load.tls();
      const cost = await costOf(running, () => load.ask("requests", running.address, times, connections));
      const [seconds, , p99] = cost.printed as [number, number, number];
      return [times / seconds, p99, (cost.cpu / times) * 1e6, (cost.machine / times) * 1e6];
    },
  };
}
