import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { idleDeadline, type SideActivity } from "../../../../src/net/relay/idle-limits.ts";
import type { RelayLimits } from "../../../../src/net/transport.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const limits: RelayLimits = {
  clientMs: 1000,
  serverMs: 2000,
  tunnelMs: 0,
  clientFinMs: 0,
  serverFinMs: 0,
  splice: { request: false, response: false },
  clientIndependent: false,
  serverIndependent: false,
  clientNoLinger: false,
  serverNoLinger: false,
};
const active: SideActivity = { heardAt: 0, toldAt: 0, reading: true, writing: false, shut: false };

describe("idleDeadline", () => {
  const rows: readonly [string, Partial<SideActivity>, Partial<SideActivity>, Partial<RelayLimits>, object][] = [
    ["the shorter limit", {}, {}, {}, { side: "client", atMs: 1000, fault: "silent" }],
    ["the later activity", { heardAt: 1500 }, {}, {}, { side: "server", atMs: 2000, fault: "silent" }],
    ["the client when both are due", {}, {}, { serverMs: 1000 }, { side: "client", atMs: 1000, fault: "silent" }],
    [
      "tunnel for both",
      {},
      { heardAt: -1, toldAt: -1 },
      { tunnelMs: 5000 },
      { side: "server", atMs: 4999, fault: "silent" },
    ],
    [
      "nobody without limits",
      {},
      {},
      { clientMs: 0, serverMs: 0 },
      { side: "client", atMs: Infinity, fault: "silent" },
    ],
    ["what was sent to it", { toldAt: 1500 }, {}, {}, { side: "server", atMs: 2000, fault: "silent" }],
    [
      "not what was sent to it, where directions are independent",
      { toldAt: 1500 },
      {},
      { clientIndependent: true },
      { side: "client", atMs: 1000, fault: "silent" },
    ],
    [
      "nor what came from it, when it takes nothing",
      { reading: false, writing: true, heardAt: 1500 },
      {},
      { clientIndependent: true },
      { side: "client", atMs: 1000, fault: "stalled" },
    ],
    ["not one that we do not read from", { reading: false }, {}, {}, { side: "server", atMs: 2000, fault: "silent" }],
    [
      "one that takes nothing",
      { reading: false, writing: true },
      {},
      {},
      { side: "client", atMs: 1000, fault: "stalled" },
    ],
    [
      "the fin limit once shut",
      {},
      { shut: true },
      { serverFinMs: 300 },
      { side: "server", atMs: 300, fault: "silent" },
    ],
    [
      "the fin limit over tunnel",
      {},
      { shut: true },
      { tunnelMs: 9000, serverFinMs: 300 },
      { side: "server", atMs: 300, fault: "silent" },
    ],
    [
      "no fin limit for a stalled side",
      { reading: false, writing: true },
      { reading: false },
      { clientFinMs: 10 },
      { side: "client", atMs: 1000, fault: "stalled" },
    ],
    [
      "a fin limit where there is no other",
      {},
      { shut: true },
      { clientMs: 0, serverMs: 0, serverFinMs: 300 },
      { side: "server", atMs: 300, fault: "silent" },
    ],
  ];
  for (const [name, client, server, changed, wanted] of rows)
    test(`blames ${name}`, () => {
      expect(idleDeadline({ ...active, ...client }, { ...active, ...server }, { ...limits, ...changed })).toEqual(
        wanted as never,
      );
    });
});
