/** The contract of streams for those who wake rarely for them: the relay that copies, and the one that splices. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { openEpollLoop } from "../../src/net/epoll/epoll-loop.ts";
import { socketCalls } from "../../src/net/libc/socket-calls.ts";
import { openEpollTransport } from "../../src/net/epoll/epoll-transport.ts";
import { canCallLibc } from "../../src/net/libc/process-calls.ts";
import { spliceTransport } from "../../src/net/splice/splice-transport.ts";
import type { LowWaterRule } from "../../src/net/relay/stretch.ts";
import type { Transport } from "../../src/net/transport.ts";
import { calmly } from "./kernel.ts";
import { filled, Stage } from "./stage.ts";
import { mark, patient, streaming, streamsContract, until } from "./streams.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function notice(level: string, text: string): void {
  throw new Error(`${level}: ${text}`);
}

/** A plane of one worker, which serves already. */
async function spliced(rule: LowWaterRule): Promise<Transport> {
  const atOnce = { askedBytes: 64 * 1024 };
  const plane = spliceTransport(await openEpollTransport({ ...rule, limit: 0 }), 1, notice, undefined, atOnce, rule);
  using stage = await Stage.set(plane);
  const { client, server, relay } = await stage.session();
  const bytes = filled(64 * 1024, 1);
  let sent = 0;
  while (plane.splicing?.().bytes === 0) {
    server.send(bytes);
    sent += bytes.length;
    await client.until("the bytes", () => client.count === sent);
  }
  client.reset();
  await relay.ended;
  return plane;
}

/** So many times 32 KiB, one a turn of the event loop; how often the relay has read them. */
async function readsOf(chunks: number): Promise<number> {
  const calls = socketCalls();
  if (calls === null) throw new Error("libc cannot be called");
  using stage = await Stage.set(await openEpollTransport(patient));
  const { client, server, source, relay } = await streaming(stage);
  const before = client.count;
  const { recv } = calls;
  let reads = 0;
  calls.recv = (fd, bytes) => {
    if (fd === source) reads += 1;
    return recv(fd, bytes);
  };
  try {
    for (let left = chunks; left > 0; left--) {
      server.send(filled(32 * 1024, left % 256));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await client.until("all", () => client.count === before + chunks * 32 * 1024);
  } finally {
    calls.recv = recv;
  }
  client.reset();
  await relay.ended;
  return reads;
}

if (process.platform === "linux" && canCallLibc()) {
  describe("copying", () => {
    streamsContract((rule) => openEpollTransport(rule));

    test(
      "a stream is read for much at a time",
      calmly(async () => expect(await readsOf(160)).toBeLessThan(80)),
    );

    test("when no mark is up any more the loop sleeps as before", async () => {
      using stage = await Stage.set(await openEpollTransport({ ...patient, pauseMs: 5 }));
      const { client, source, relay } = await streaming(stage);
      await until("the mark is down", () => mark(source) === 1);
      const loop = await openEpollLoop();
      const sleptAt = async (): Promise<boolean> => {
        const before = loop.turns;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return loop.turns - before < 5;
      };
      let left = 100;
      while (!(await sleptAt())) if (left-- === 0) throw new Error("it never sleeps");
      client.reset();
      await relay.ended;
    });
  });
  describe("splicing", () => {
    streamsContract(spliced);

    test("a stream that is handed over takes no mark with it", async () => {
      const late = { askedBytes: 16 * 1024 * 1024 };
      const base = await openEpollTransport(patient);
      const plane = spliceTransport(base, 1, notice, undefined, late, { ...patient, limit: 0 });
      using stage = await Stage.set(plane);
      const { client, server, source, relay } = await streaming(stage);
      expect(mark(source)).toBe(patient.markBytes);
      let sent = client.count;
      while (plane.splicing?.().bytes === 0) {
        server.send(filled(patient.markBytes, 5));
        sent += patient.markBytes;
        await client.until("the bytes", () => client.count === sent);
      }
      expect(mark(source)).toBe(1);
      server.send("x");
      await client.until("a byte", () => client.count === sent + 1);
      client.reset();
      await relay.ended;
    });
  });
} else console.warn("SKIPPED: marks need Linux and FFI");
