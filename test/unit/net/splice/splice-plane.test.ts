/** A data plane worker that dies takes its sessions with it, closes what they held, and is replaced. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { descriptorCount } from "../../../contract/kernel.ts";
import { descriptorsBackTo, Stage, warmUp } from "../../../contract/stage.ts";
import { openEpollTransport } from "../../../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { loadSpliceCalls } from "../../../../src/net/splice/splice-calls.ts";
import { SpliceWorker } from "../../../../src/net/splice/splice-plane.ts";
import { spliceTransport } from "../../../../src/net/splice/splice-transport.ts";
import type { Transport } from "../../../../src/net/transport.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the zero-copy plane needs Linux and FFI");

/** A plane of one worker, whose threads the test can reach. */
async function planeWithThreads(): Promise<{
  plane: Transport;
  threads: Worker[];
  notices: string[];
  told: Promise<void>;
}> {
  const threads: Worker[] = [];
  const notices: string[] = [];
  const told = Promise.withResolvers<void>();
  const base = await openEpollTransport();
  const Original = globalThis.Worker;
  globalThis.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      threads.push(this);
    }
  };
  const notice = (level: string, text: string): void => {
    notices.push(`${level}: ${text}`);
    told.resolve();
  };
  const plane = spliceTransport(base, 1, notice, undefined, { askedBytes: 0 });
  const splice = { request: true, response: true };
  const splicing: Transport = {
    ...plane,
    relay: (client, server, limits) => plane.relay(client, server, { ...limits, splice }),
  };
  expect(threads.length).toBe(0);
  await warmUp(splicing);
  globalThis.Worker = Original;
  return { plane: splicing, threads, notices, told: told.promise };
}

test.skipIf(!isPossible)("a worker that dies", async () => {
  const { plane, threads, notices, told } = await planeWithThreads();
  const stage = await Stage.set(plane);
  const warm = await stage.session();
  const bulk = 4 * 1024 * 1024;
  warm.client.send(Buffer.alloc(bulk));
  await warm.server.until("bulk", () => warm.server.count === bulk);
  warm.client.reset();
  await warm.relay.ended;
  const spliced = plane.splicing?.().bytes ?? 0;
  expect(spliced).toBeGreaterThan(bulk / 2);
  const before = descriptorCount();
  const sessions = [await stage.session(), await stage.session()];
  for (const { client, server } of sessions) {
    client.send("hello");
    await server.until("hello", () => server.count === 5);
  }
  (threads[0] as Worker).terminate();
  await told;
  for (const { client, server, relay } of sessions) {
    expect(await relay.ended).toEqual({ by: "proxy", how: "killed", bytesIn: 5, bytesOut: 0 });
    await client.until("its end", () => client.isOver);
    await server.until("its end", () => server.isOver);
  }
  expect(notices).toEqual([
    "alert: A data plane worker died and took 2 sessions with it; another one has taken its place.",
  ]);

  expect(plane.splicing?.().bytes).toBe(spliced);

  // The listener lives on, and the new worker serves it.
  const { client, server, relay } = await stage.session();
  client.send("again");
  client.finish();
  await server.until("the bytes and the end", () => server.log.includes("fin"));
  server.finish();
  expect(await relay.ended).toEqual({ by: "client", how: "fin", bytesIn: 5, bytesOut: 0 });
  await client.until("its end", () => client.isOver);
  await descriptorsBackTo(before);
  stage[Symbol.dispose]();
});

test.skipIf(!isPossible)("a worker is not started where the system has no room for its threads", () => {
  const notices: string[] = [];
  const worker = new SpliceWorker(
    loadSpliceCalls(),
    1,
    4096,
    (level, text) => notices.push(`${level}: ${text}`),
    () => 7,
  );
  worker.want();
  expect([worker.isOpen, worker.hasThread]).toEqual([false, false]);
  expect(notices).toEqual([
    "alert: A data plane worker cannot be started (a limit on processes); bytes are copied until it can.",
  ]);
});
