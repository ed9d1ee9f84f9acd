/** Sessions that begin with SSH (ssh.c): what it costs to read that, by itself and in a forwarder, and what is left of it afterwards. */
import { join } from "node:path";
import { run } from "../child.ts";
import { amount, costOf, type Measure } from "../measure.ts";
import type { Place } from "../place.ts";

/** Who asks: clients that come again and again, or such as never came before. */
type Clients = "fleet" | "strangers";

/** The reader alone, of two identifications and two KEXINITs: microseconds a session. Nobody forwards. */
export function reading(part: string, place: Place): Measure {
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key: "ssh-reading-never-met", title: "SSH, read alone, never met before, µs a session", better: "less" },
      { key: "ssh-reading-met", title: "SSH, read alone, met before, µs a session", better: "less" },
      {
        key: "ssh-asking-never-met",
        title: "SSH, read and all asked for, never met before, µs a session",
        better: "less",
      },
      { key: "ssh-asking-met", title: "SSH, read and all asked for, met before, µs a session", better: "less" },
    ],
    async take() {
      const output = await run([process.execPath, join(import.meta.dir, "../ssh-reader.ts"), "figures"]);
      return output.split(" ").map(Number);
    },
  };
}

/** Sessions of what SSH begins with and a byte each way, from connect to both ends' end. */
export function sshConnections(part: string, place: Place, clients: Clients, atOnce: number): Measure {
  const how = atOnce === 1 ? "one by one" : `${atOnce} at a time`;
  const title = `SSH sessions, ${clients === "strangers" ? "never met before, " : ""}${how}`;
  const key = `ssh-${clients}-${atOnce}`;
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key, title: `${title}, 1/s`, better: "more" },
      { key: `${key}-cpu`, title: `${title}, CPU µs each`, better: "less" },
      { key: `${key}-machine`, title: `${title}, whole machine µs each`, better: "less" },
    ],
    async take(stage) {
      const times = amount(stage.forwarder, atOnce === 1 ? 2000 : 4000, 500);
      const running = await stage.warm("ssh");
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask(clients, "connect", running.address, times, atOnce));
      return [times / (cost.printed[0] as number), (cost.cpu / times) * 1e6, (cost.machine / times) * 1e6];
    },
  };
}

/** One stream of many bytes behind what SSH begins with, as fast as it goes. */
export function sshBulk(part: string, place: Place, way: "fetch" | "push"): Measure {
  const title = `SSH, ${way}, one stream`;
  const key = `ssh-${way}`;
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key, title: `${title}, GB/s`, better: "more" },
      { key: `${key}-cpu`, title: `${title}, CPU s/GB`, better: "less" },
    ],
    async take(stage) {
      const gigabytes = stage.bulkBytes / 1e9;
      const running = await stage.running("ssh");
      const { load } = stage.ground;
      const cost = await costOf(running, () => load.ask("fleet", way, running.address, stage.bulkBytes, 1));
      return [gigabytes / (cost.printed[0] as number), cost.cpu / gigabytes];
    },
  };
}
