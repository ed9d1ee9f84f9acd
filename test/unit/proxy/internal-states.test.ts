/** What fetches of internal states read, as the manual says of each (7.3.2). */
import { expect, test } from "bun:test";
import { internalStates } from "../../../src/proxy/internal-states.ts";
import type { ProcessState } from "../../../src/proxy/process/process-state.ts";
import type { Proxies } from "../../../src/proxy/running.ts";

const rate = { read: () => 3 };

function server(own: object = {}) {
  return {
    id: 1,
    isUsable: true,
    state: "UP",
    maxconn: 10,
    load: 4,
    weight: 17,
    userWeight: 2,
    plan: { maxqueue: 5, weight: 1 },
    counters: { current: 3, sessionRate: rate },
    queue: { length: 1 },
    ...own,
  };
}

function statesOf(servers: readonly object[], own: object = {}) {
  const backend = {
    servers,
    find: (name: string) => (name === "s1" ? servers[0] : null),
    queue: { length: 2 },
    counters: { current: 7, sessionRate: rate },
    activeServers: 2,
    backupServers: 9,
    totalWeight: 16,
    plan: { id: 5, timeouts: { serverMs: 1, tunnelMs: 2 } },
    ...own,
  };
  const proxies = { frontends: new Map(), backends: new Map([["be", backend]]) } as unknown as Proxies;
  return internalStates({ current: 8, stopping: true } as ProcessState, () => proxies);
}

test("free slots are added up over the servers that can be used, and without limit where one has none", () => {
  const idle = server({ isUsable: false });
  expect(statesOf([server(), server({ maxconn: 6 }), idle]).backend("be")).toMatchObject({
    queued: 5,
    // 10 - 3 + 5 - 1, and 6 - 3 + 5 - 1.
    connectionSlots: 18,
    connectionsFree: 8,
    averageQueue: 3,
    usableServers: 2,
    weight: 1,
  });
  expect(statesOf([server(), server({ maxconn: 0 })]).backend("be")).toMatchObject({
    connectionSlots: -1,
    connectionsFree: -1,
  });
  const unboundedQueue = server({ plan: { maxqueue: 0, weight: 1 } });
  expect(statesOf([unboundedQueue]).backend("be")).toMatchObject({ connectionSlots: -1, connectionsFree: 6 });
});

test("with no server left its backups count, and a queue is four times as long", () => {
  expect(statesOf([server({ isUsable: false })], { activeServers: 0 }).backend("be")).toMatchObject({
    usableServers: 9,
    averageQueue: 12,
  });
});

test("a server in drain is up, one in maintenance is not", () => {
  const isUp = (state: string): unknown => statesOf([server({ state })]).server("be", "s1")?.isUp;
  expect(["UP", "DRAIN", "MAINT", "DOWN"].map(isUp)).toEqual([true, true, false, false]);
  expect(statesOf([server({ load: 12 })]).server("be", "s1")).toMatchObject({
    connectionsFree: 0,
    weight: 2,
    userWeight: 2,
  });
});

test("what there is not is null", () => {
  const states = statesOf([server()]);
  expect([states.frontend("be"), states.backend("fe"), states.server("fe", "s1"), states.server("be", "s2")]).toEqual([
    null,
    null,
    null,
    null,
  ]);
  expect([states.processConnections, states.stopping]).toEqual([8, true]);
});
