/** Contract: streams are woken rarely, lose nothing by it, and are told of at once when they end. */
import { beforeAll, expect, test } from "bun:test";
import { socketCalls, SOL_SOCKET } from "../../src/net/libc/socket-calls.ts";
import type { LowWaterRule } from "../../src/net/relay/stretch.ts";
import type { Connection, RelayLimits, Transport } from "../../src/net/transport.ts";
import type { Peer } from "./peer.ts";
import { filled, noLimits, Stage } from "./stage.ts";

const SO_RCVLOWAT = 18;
const mebibyte = 1024 * 1024;
const chunk = filled(32 * 1024, 3);
/** Bytes that make a stream of what a session has moved before it is promoted, too. */
const plenty = 4 * mebibyte;

/** SO_RCVLOWAT, as those who move the bytes have set it. */
export function mark(fd: number): number {
  return socketCalls()?.getOption(fd, SOL_SOCKET, SO_RCVLOWAT) ?? -1;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let left = 2000; !holds(); left--) {
    if (left === 0) throw new Error(`${what}: not within 20 s`);
    await pause(10);
  }
}

export interface Streaming {
  readonly client: Peer;
  readonly server: Peer;
  /** The descriptor that the server's bytes come from, until it is promoted and after. */
  readonly source: number;
  readonly relay: ReturnType<Transport["relay"]>;
}

/** A session whose server has sent a stream. */
export async function streaming(stage: Stage, limits: Partial<RelayLimits> = {}): Promise<Streaming> {
  const client = await stage.client();
  const server = await stage.server();
  const source = (server.connection as Connection).fd;
  const relay = stage.transport.relay(client.connection, server.connection, { ...noLimits, ...limits });
  server.peer.send(filled(plenty, 3));
  await client.peer.until("the stream", () => client.peer.count === plenty);
  return { client: client.peer, server: server.peer, source, relay };
}

/** Small, and with pauses so long that a busy machine makes none. */
export const patient: LowWaterRule = {
  afterBytes: mebibyte,
  growth: 4,
  markBytes: 256 * 1024,
  pauseMs: 1000,
  limit: 2,
};

/** `open`: a transport whose streams follow this rule. */
export function streamsContract(open: (rule: LowWaterRule) => Promise<Transport>): void {
  let slow!: Transport;
  let quick!: Transport;
  let single!: Transport;
  beforeAll(async () => {
    slow = await open(patient);
    quick = await open({ ...patient, pauseMs: 5, limit: 64 });
    single = await open({ ...patient, pauseMs: 300, limit: 1 });
  });

  test("a stream's mark is up, and down again when it has paused; the byte that comes last comes", async () => {
    using stage = await Stage.set(quick);
    const { client, server, source, relay } = await streaming(stage);
    await until("the mark is down", () => mark(source) === 1);
    server.send("x");
    await client.until("a byte", () => client.count === plenty + 1);
    client.reset();
    await relay.ended;
  });

  test("what is less than the mark waits for the pause, not longer", async () => {
    using stage = await Stage.set(slow);
    const { client, server, source, relay } = await streaming(stage);
    expect(mark(source)).toBe(patient.markBytes);
    server.send("x");
    await client.until("a byte", () => client.count === plenty + 1);
    await until("the mark is down", () => mark(source) === 1);
    client.reset();
    await relay.ended;
  });

  test("a stream that stops for 4 ms and for 6 ms, and goes on, loses nothing", async () => {
    using stage = await Stage.set(quick);
    const { client, server, relay } = await streaming(stage);
    let sent = plenty;
    for (let round = 0; round < 40; round++) {
      const size = round % 5 === 4 ? mebibyte : chunk.length - round;
      server.send(filled(size, 3));
      sent += size;
      await pause(round % 2 === 0 ? 4 : 6);
    }
    server.finish();
    await client.until("all and the end", () => client.log.includes("fin"));
    expect([client.count, client.histogram[3]]).toEqual([sent, sent]);
    client.finish();
    expect(await relay.ended).toEqual({ by: "server", how: "fin", bytesIn: 0, bytesOut: sent });
  });

  test("FIN in the middle of a stretch is told of at once, behind all bytes", async () => {
    using stage = await Stage.set(slow);
    const { client, server, source, relay } = await streaming(stage);
    expect(mark(source)).toBe(patient.markBytes);
    server.send("the end");
    server.finish();
    await client.until("the end", () => client.log.includes("fin"));
    expect(client.count).toBe(plenty + 7);
    client.finish();
    expect(await relay.ended).toEqual({ by: "server", how: "fin", bytesIn: 0, bytesOut: plenty + 7 });
  });

  test("RST in the middle of a stretch is told of at once", async () => {
    using stage = await Stage.set(slow);
    const { client, server, source, relay } = await streaming(stage);
    expect(mark(source)).toBe(patient.markBytes);
    server.reset();
    await client.until("the reset", () => client.isOver);
    expect(await relay.ended).toEqual({ by: "server", how: "reset", bytesIn: 0, bytesOut: plenty });
    expect(client.log).toEqual(["ECONNRESET"]);
  });

  test("a session that is ended while its mark is up is gone", async () => {
    using stage = await Stage.set(slow);
    const { client, server, relay } = await streaming(stage);
    relay.kill();
    expect(await relay.ended).toEqual({ by: "proxy", how: "killed", bytesIn: 0, bytesOut: plenty });
    await client.until("its end", () => client.isOver);
    await server.until("its end", () => server.isOver);
  });

  test("no more marks are up than may be, and the next has its turn when one is free", async () => {
    using stage = await Stage.set(single);
    const one = await streaming(stage);
    const other = await streaming(stage);
    const marks = [mark(one.source), mark(other.source)];
    expect(marks.filter((bytes) => bytes > 1).length).toBeLessThanOrEqual(1);
    one.client.reset();
    await one.relay.ended;
    let sent = plenty;
    for (let left = 400; mark(other.source) === 1; left--) {
      if (left === 0) throw new Error("no mark");
      other.server.send(chunk);
      sent += chunk.length;
      await other.client.until("a chunk", () => other.client.count === sent);
    }
    other.client.reset();
    await other.relay.ended;
  });

  test("a stream whose bytes nobody takes holds no mark, and goes on whole", async () => {
    using stage = await Stage.set(quick);
    const { client, server, source, relay } = await streaming(stage);
    client.socket.pause();
    server.send(filled(32 * mebibyte, 3));
    await pause(50);
    await until("the mark is down", () => mark(source) === 1);
    client.socket.resume();
    await client.until("all", () => client.count === plenty + 32 * mebibyte);
    client.reset();
    await relay.ended;
  });

  test("who sends less than the mark is not silent", async () => {
    using stage = await Stage.set(slow);
    const { client, server, source, relay } = await streaming(stage, { serverMs: 400, clientMs: 400 });
    expect(mark(source)).toBe(patient.markBytes);
    for (let round = 0; round < 4; round++) {
      server.send("x");
      await pause(150);
    }
    await client.until("the bytes", () => client.count === plenty + 4);
    const at = performance.now();
    expect((await relay.ended).how).toBe("timeout");
    expect(performance.now() - at).toBeGreaterThan(100);
  });
}
