import { expect, test } from "bun:test";
import type { ProbeHandler, Transport } from "../../../../src/net/transport.ts";
import type { CheckOutcome } from "../../../../src/proxy/check/run/outcome.ts";
import { CheckSchedule, firstCheckDelayMs, spread } from "../../../../src/proxy/check/schedule.ts";
import { transport } from "../../../transport.ts";
import { waitUntil } from "../../../e2e/harness.ts";
import { checkerOptions } from "../check-scene.ts";
import { ScriptedServer, answers, silent } from "../scripted-server.ts";

test("first checks are spread over the shortest interval", () => {
  const delays = [0, 1, 2, 3].map((position) => firstCheckDelayMs(2000, 2000, 0, position, 4));
  expect(delays).toEqual([0, 500, 1000, 1500]);
  expect(firstCheckDelayMs(2000, 10_000, 0, 1, 2)).toBe(5000);
  expect(firstCheckDelayMs(2000, 10_000, 100, 1, 2)).toBe(50);
});

test("an interval is moved by at most its share", () => {
  for (let turn = 0; turn < 1000; turn++) expect(spread(1000, 20)).toBeWithin(800, 1201);
  expect(spread(1000, 0)).toBe(1000);
  for (let turn = 0; turn < 100; turn++) expect(spread(2_147_483_647, 50)).toBeLessThan(2 ** 31);
});

test("checks one at a time, again and again, until stopped", async () => {
  await using server = await ScriptedServer.start(answers(["+PONG\r\n"]));
  const outcomes: CheckOutcome[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const checker: CheckSchedule = new CheckSchedule(
    checkerOptions(
      { kind: "redis" },
      {
        address: () => ({ kind: "tcp", host: "127.0.0.1", port: server.port }),
        intervalMs: () => 1,
        report: (outcome) => {
          outcomes.push(outcome);
          if (outcomes.length < 3) return;
          checker.stop();
          resolve();
        },
      },
    ),
  );
  checker.start(0);
  checker.start(0);
  await promise;
  expect(outcomes.map(({ verdict, result }) => [verdict, result.status])).toEqual(
    Array.from({ length: 3 }, () => ["passed", "L7OK"]),
  );
  expect(server.received.length).toBe(3);
  expect(checker.isRunning).toBe(false);
});

test("a stopped check reports nothing and lets its connection go", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
  await using server = await ScriptedServer.start((socket) => {
    silent(socket);
    socket.once("data", () => arrive());
    socket.once("close", () => leave());
  });
  const reports: CheckOutcome[] = [];
  const checker = new CheckSchedule(
    checkerOptions(
      { kind: "redis" },
      {
        address: () => ({ kind: "tcp", host: "127.0.0.1", port: server.port }),
        report: (outcome) => void reports.push(outcome),
      },
    ),
  );
  checker.start(0);
  await arrived;
  expect(checker.isRunning).toBe(true);
  checker.stop();
  await gone;
  expect({ reports, running: checker.isRunning }).toEqual({ reports: [], running: false });
});

test("hurry brings the next check forward, never back", async () => {
  await using server = await ScriptedServer.start(answers(["+PONG\r\n"]));
  const { promise, resolve } = Promise.withResolvers<CheckOutcome>();
  const address = { kind: "tcp", host: "127.0.0.1", port: server.port } as const;
  const checker = new CheckSchedule(checkerOptions({ kind: "redis" }, { address: () => address, report: resolve }));
  checker.start(3_600_000);
  checker.hurry(0);
  checker.hurry(3_600_000);
  expect((await promise).verdict).toBe("passed");
  checker.stop();
});

test("a server without an address is left out", async () => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const checker = new CheckSchedule(
    checkerOptions(
      { kind: "redis" },
      {
        address: () => {
          if (++asked === 3) resolve();
          return null;
        },
        intervalMs: () => 1,
        report: () => {
          throw new Error("checked nowhere");
        },
      },
    ),
  );
  checker.start(0);
  await promise;
  checker.stop();
});

test("a check of a port that is stopped is given up, and what it finds too late is not reported", async () => {
  const reports: CheckOutcome[] = [];
  const handlers: ProbeHandler[] = [];
  let cancelled = 0;
  const probing = { ...transport } as Transport;
  probing.probe = (_, handler) => {
    handlers.push(handler);
    return { cancel: () => (cancelled += 1) };
  };
  const checker = new CheckSchedule(
    checkerOptions(
      { kind: "tcp", scripted: false, steps: [] },
      {
        transport: probing,
        address: () => ({ kind: "tcp", host: "127.0.0.1", port: 1 }),
        intervalMs: () => 3_600_000,
        report: (outcome) => void reports.push(outcome),
      },
    ),
  );
  checker.start(0);
  await waitUntil("a check", () => handlers.length === 1);
  expect([checker.isRunning, checker.dueInMs]).toEqual([true, 0]);
  checker.stop();
  checker.stop();
  expect([cancelled, checker.isRunning]).toEqual([1, false]);
  checker.start(0);
  await waitUntil("a check", () => handlers.length === 2);
  handlers[0]?.probed(null);
  expect([reports.length, checker.isRunning]).toEqual([0, true]);
  handlers[1]?.probed(null);
  expect(reports.map(({ verdict, result }) => [verdict, result.status, result.info])).toEqual([
    ["passed", "L4OK", null],
  ]);
  expect([checker.isRunning, (checker.dueInMs ?? 0) > 3_599_000]).toEqual([false, true]);
  checker.stop();
});
