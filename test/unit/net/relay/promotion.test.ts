/** When a session is offered to who is better at bulk: by direction, as asked, by default, never. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { beginTurn, endTurn } from "../../../../src/clock.ts";
import { copyingRelay } from "../../../../src/net/relay/copying-relay.ts";
import { isBulk, type Promotion, promotionRule, stretched } from "../../../../src/net/relay/promotion.ts";
import type { RelayLimits, Splicing, Stream, StreamOwner, Tap } from "../../../../src/net/transport.ts";
import { noLimits } from "../../../contract/stage.ts";

const rule = { askedBytes: 100, streamBytes: 1000, pauseMs: 5 };

function verdicts(wish: Splicing): readonly boolean[] {
  return [
    isBulk(rule, wish, 99, 99),
    isBulk(rule, wish, 100, 0),
    isBulk(rule, wish, 5000, 999),
    isBulk(rule, wish, 1000, 1000),
  ];
}

test("bulk is what was asked for early, or streams; what is refused is neither", () => {
  expect(verdicts(true)).toEqual([false, true, true, true]);
  expect(verdicts(null)).toEqual([false, false, false, true]);
  expect(verdicts(false)).toEqual([false, false, false, false]);
});

test("a pause begins a stretch anew, less than that does not", () => {
  expect(stretched(rule, 900, 4.9, 50)).toBe(950);
  expect(stretched(rule, 900, 5, 50)).toBe(50);
});

class FakeSocket implements Stream {
  owner: StreamOwner | null = null;
  held = new Uint8Array(0);
  ended = false;
  closed = false;
  lostCode = null;
  isFull = false;
  takes = true;
  send(): boolean {
    this.isFull = !this.takes;
    return this.takes;
  }
  pause(): void {}
  resume(): void {}
  readOn(): void {}
  shutdown(): void {}
  hangUp(): void {
    this.closed = true;
  }
  terminate(): void {
    this.closed = true;
  }
}

const chunk = new Uint8Array(64 * 1024);

/** A relay whose offers are counted and turned down, and what comes to it. */
function scene(splice: RelayLimits["splice"], tap?: Tap, askedBytes = 256 * 1024) {
  const [client, server] = [new FakeSocket(), new FakeSocket()];
  const offers: string[] = [];
  let last = "";
  const promotion: Promotion = {
    rule: { askedBytes, streamBytes: 1 << 20, pauseMs: 5 },
    take() {
      offers.push(last);
      return null;
    },
  };
  copyingRelay(client, server, { ...noLimits, splice }, tap && [tap], undefined, promotion);
  const brings = (name: "client" | "server", times: number): void => {
    last = name;
    const from = name === "client" ? client : server;
    for (let left = times; left > 0; left--) from.owner?.data(from, chunk, chunk.length);
  };
  return { client, server, offers, brings };
}

let nowMs = 0;
let clock: ReturnType<typeof spyOn> | null = null;

beforeEach(() => {
  nowMs = performance.now();
  clock = spyOn(performance, "now").mockImplementation(() => nowMs);
  rest(0);
});
afterEach(() => clock?.mockRestore());

/** The loop has nothing to do for so long. */
function rest(ms: number): void {
  nowMs += ms;
  beginTurn();
  endTurn();
}

/** The loop serves others for so long. */
function toil(ms: number): void {
  beginTurn();
  nowMs += ms;
  endTurn();
}

const asked = { request: true, response: true };
const unasked = { request: null, response: null };

test("a direction that streams is offered, the other one's bytes do not count", () => {
  const { offers, brings } = scene(unasked);
  brings("client", 15);
  brings("server", 15);
  expect(offers).toEqual([]);
  brings("server", 1);
  expect(offers).toEqual(["server"]);
  brings("client", 1);
  expect(offers).toEqual(["server", "client"]);
});

test("a pause of the loop begins anew; being busy is none", () => {
  const { offers, brings } = scene(unasked);
  brings("server", 15);
  rest(6);
  brings("server", 15);
  expect(offers).toEqual([]);
  toil(50);
  rest(4);
  brings("server", 1);
  expect(offers).toEqual(["server"]);
});

test("the time in which the sink takes nothing is no pause of the source", () => {
  const { client, offers, brings } = scene(unasked);
  brings("server", 14);
  client.takes = false;
  brings("server", 1);
  rest(6);
  client.isFull = false;
  client.takes = true;
  client.owner?.drained(client, true);
  expect(offers).toEqual([]);
  brings("server", 1);
  expect(offers).toEqual(["server"]);
});

test("where it is asked for both ways count, and from 256 KiB on; where it is refused nothing is offered", () => {
  const asked = scene({ request: true, response: null });
  asked.brings("server", 3);
  asked.brings("client", 1);
  expect(asked.offers).toEqual(["client"]);
  const refused = scene({ request: false, response: null });
  refused.brings("client", 100);
  expect(refused.offers).toEqual([]);
  refused.brings("server", 16);
  expect(refused.offers).toEqual(["server"]);
});

test("a session whose bytes a tap wants stays; once that has let go it is offered", () => {
  let wants = true;
  const tap = { fromClient: () => false, fromServer: () => wants };
  const { offers, brings } = scene(asked, tap, 100);
  brings("client", 1);
  brings("server", 2);
  expect(offers).toEqual([]);
  wants = false;
  brings("server", 1);
  expect(offers).toEqual(["server"]);
});

test("a tap that waits for what never comes keeps no bulk: it is told, and shown no more", () => {
  const seen: string[] = [];
  const tap = {
    fromClient: () => true,
    fromServer: () => seen.push("server") > 0,
    letGo: () => void seen.push("let go"),
  };
  const { offers, brings } = scene(asked, tap, 100);
  brings("server", 5);
  expect([offers, seen]).toEqual([
    ["server", "server"],
    ["server", "server", "server", "server", "let go"],
  ]);
});

test("by default 4 MiB are a stream, asked for 256 KiB are enough", () => {
  expect(promotionRule).toEqual({ askedBytes: 262_144, streamBytes: 4_194_304, pauseMs: 5 });
});
