/** What sessions hold that do nothing. */
import { amount, type Measure, type Stage, withInstance } from "../measure.ts";
import type { Place } from "../place.ts";
import { type Memory, memoryOf } from "../process-tree.ts";

/** Memory at the start, after a little use, and while a load stays. */
interface Grown {
  readonly fresh: Memory;
  readonly before: Memory;
  readonly after: Memory;
}

async function growth(
  stage: Stage,
  use: "plain" | "http" | "tls",
  ...words: readonly (string | number)[]
): Promise<Grown> {
  const { forwarder, ground } = stage;
  const loading = use === "tls" ? await ground.load.tls() : ground.load;
  return withInstance(stage, use, async ({ pid, address }) => {
    const fresh = await settled(pid);
    if (use === "http") await loading.ask("requests", address, 5000, 32);
    else await loading.ask("connect", address, amount(forwarder, 500, 50), 4);
    const before = await settled(pid);
    const [verb = "", ...rest] = words;
    const clients = await loading.stay(verb, address, ...rest);
    const after = await settled(pid);
    await clients.end("input");
    return { fresh, before, after };
  });
}

/** Memory once it stands still; as it is after ten seconds, when it does not. */
async function settled(pid: number): Promise<Memory> {
  let last = memoryOf(pid);
  for (let look = 0, still = 0; look < 66 && still < 4; look++) {
    await Bun.sleep(150);
    const now = memoryOf(pid);
    still = Math.abs(now.resident - last.resident) < 64 * 1024 ? still + 1 : 0;
    last = now;
  }
  return last;
}

/** Sessions that said one byte. */
export function idle(part: string, place: Place): Measure {
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key: "idle", title: "memory per idle session, KiB", better: "less" },
      { key: "idle-private", title: "anonymous memory per idle session, KiB", better: "less" },
      { key: "start-private", title: "anonymous memory at the start, MiB", better: "less" },
    ],
    async take(stage) {
      const sessions = amount(stage.forwarder, 5000, 500);
      const { fresh, before, after } = await growth(stage, "plain", "hold", sessions);
      return [
        (after.resident - before.resident) / 1024 / sessions,
        (after.own - before.own) / 1024 / sessions,
        fresh.own / 1024 / 1024,
      ];
    },
  };
}

/** The same over TLS, once the handshake is over. */
export function idleTls(part: string, place: Place): Measure {
  const sessions = 5000;
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key: "tls-idle", title: "memory per idle session of TLS, KiB", better: "less" },
      { key: "tls-idle-private", title: "anonymous memory per idle session of TLS, KiB", better: "less" },
    ],
    async take(stage) {
      const { before, after } = await growth(stage, "tls", "hold", sessions);
      return [(after.resident - before.resident) / 1024 / sessions, (after.own - before.own) / 1024 / sessions];
    },
  };
}

/** Connections of HTTP between two requests. */
export function keptAlive(part: string, place: Place): Measure {
  const clients = 5000;
  return {
    part,
    place,
    mostRounds: 3,
    figures: [
      { key: "http-idle", title: "memory per client between two requests, KiB", better: "less" },
      { key: "http-idle-private", title: "anonymous memory per client between two requests, KiB", better: "less" },
    ],
    async take(stage) {
      const { before, after } = await growth(stage, "http", "keep-alive", clients);
      return [(after.resident - before.resident) / 1024 / clients, (after.own - before.own) / 1024 / clients];
    },
  };
}

/** Fetches that nobody reads. */
export function stalled(part: string, place: Place): Measure {
  return {
    part,
    place,
    mostRounds: 3,
    figures: [{ key: "stall", title: "memory with 1,000 clients that do not read, MiB", better: "less" }],
    async take(stage) {
      const { before, after } = await growth(stage, "plain", "stall", 1000, 16 * 1024 * 1024);
      return [(after.resident - before.resident) / 1024 / 1024];
    },
  };
}
