/** What becomes of a relay whose sides are idle for too long, or in which something is thrown: on a clock that is given, without a byte. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { beginSide, type Side } from "../../../../src/net/relay/side.ts";
import { TimedRelay } from "../../../../src/net/relay/timed-relay.ts";
import type { Relayed, RelayLimits, Stream } from "../../../../src/net/transport.ts";
import { noLimits } from "../../../contract/stage.ts";

let nowMs = 0;
let clock: ReturnType<typeof spyOn> | null = null;

beforeEach(() => {
  nowMs = 1_000_000;
  clock = spyOn(performance, "now").mockImplementation(() => nowMs);
});
afterEach(() => clock?.mockRestore());

class FakeRelay extends TimedRelay {
  readonly log: string[];
  isTunnel = true;

  constructor(client: Side, server: Side, limits: RelayLimits, log: string[]) {
    super(client, server, limits);
    this.log = log;
  }

  counts(): { readonly bytesIn: number; readonly bytesOut: number } {
    return { bytesIn: 1, bytesOut: 2 };
  }

  end(from: Stream): void {
    const side = this.sideOf(from);
    this.log.push(`${side.name} is taken to have finished`);
    side.reading = false;
  }

  /** The timer that is set is the test's to fire. */
  override arm(): void {
    super.arm(() => ({ cancel() {} }));
  }

  begins(): void {
    this.arm();
  }

  throws(error: unknown): void {
    this.fail(error);
  }

  finishes(): void {
    this.isOver = true;
    this.conclude("server", "fin");
  }
}

/** A relay that begins now; the log of what is asked of its streams, and of how it ends. */
function scene(limits: Partial<RelayLimits>) {
  const log: string[] = [];
  const stream = (name: string): Stream =>
    ({
      pause: () => log.push(`${name} is paused`),
      terminate: () => log.push(`${name} is reset`),
    }) as unknown as Stream;
  const [client, server] = [
    beginSide("client", stream("client"), nowMs, undefined),
    beginSide("server", stream("server"), nowMs, undefined),
  ];
  const relay = new FakeRelay(client, server, { ...noLimits, ...limits }, log);
  const relayed: Relayed[] = [];
  relay.whenEnded({ relayed: (one) => relayed.push(one) });
  relay.begins();
  /** What has been logged by an instant, the timer having fired just then. */
  const at = async (ms: number): Promise<string[]> => {
    nowMs = 1_000_000 + ms;
    relay.expire();
    await Promise.resolve();
    return log.splice(0);
  };
  return { client, server, relay, relayed, log, at };
}

test("a timer that fires too early does nothing, whoever was heard of since has its time again", async () => {
  const { client, at, relay } = scene({ clientMs: 1000 });
  expect(await at(999)).toEqual([]);
  client.heardAt = nowMs;
  expect(await at(1998)).toEqual([]);
  expect(await at(1999)).toEqual(["client is paused", "client is taken to have finished"]);
  relay.finishes();
});

test("a silent side is taken to have finished, the other may go on, and it stays the reason", async () => {
  const { relayed, relay, at } = scene({ clientMs: 1000, serverMs: 5000 });
  expect(await at(1000)).toEqual(["client is paused", "client is taken to have finished"]);
  expect(await at(4999)).toEqual([]);
  expect(await at(5000)).toEqual(["server is paused", "server is taken to have finished"]);
  relay.finishes();
  await Promise.resolve();
  expect(relayed).toEqual([{ by: "client", how: "timeout", bytesIn: 1, bytesOut: 2 }]);
});

test("both are, the client first, when both are silent", async () => {
  const { relay, at } = scene({ clientMs: 1000, serverMs: 1000 });
  expect(await at(1000)).toEqual([
    "client is paused",
    "client is taken to have finished",
    "server is paused",
    "server is taken to have finished",
  ]);
  relay.finishes();
});

test("a side that takes nothing ends both", async () => {
  const { server, relayed, at } = scene({ clientMs: 0, serverMs: 1000 });
  server.writing = true;
  expect(await at(1000)).toEqual(["client is reset", "server is reset"]);
  expect(relayed).toEqual([{ by: "server", how: "timeout", bytesIn: 1, bytesOut: 2 }]);
});

test("a silent side of whom all need not have been told is looked at first", async () => {
  const { client, at, relay } = scene({ clientMs: 1000 });
  let looks = 0;
  client.socket.endStretch = () => {
    looks += 1;
    if (looks > 1) return false;
    client.heardAt = nowMs;
    return true;
  };
  expect([await at(1000), looks]).toEqual([[], 1]);
  expect(await at(2000)).toEqual(["client is paused", "client is taken to have finished"]);
  relay.finishes();
});

test("while the first bytes are looked at it is no tunnel yet", async () => {
  const { relay, at } = scene({ clientMs: 1000, tunnelMs: 5000 });
  expect(await at(1000)).toEqual([]);
  relay.isTunnel = false;
  expect(await at(1001)).toEqual(["client is paused", "client is taken to have finished"]);
  relay.finishes();
});

test("what is thrown ends both, though the one cannot be reset, and is told", async () => {
  const { client, relay, relayed, log } = scene({});
  client.socket.terminate = () => {
    throw new Error("injected, too");
  };
  const fault = new Error("injected");
  expect(() => relay.throws(fault)).toThrow("injected, too");
  await Promise.resolve();
  expect(log).toEqual(["server is reset"]);
  expect(relayed).toEqual([{ by: "proxy", how: "killed", bytesIn: 1, bytesOut: 2, fault }]);
  expect(() => relay.throws(fault)).toThrow(fault);
});
