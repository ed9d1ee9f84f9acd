/** Whose counters a finished session raises, by its two letters (manual, 8.5). */
import { expect, test } from "bun:test";
import { Counters } from "../../../../src/proxy/backend/counters.ts";
import type { Cause, Phase } from "../../../../src/proxy/session/search/seeker.ts";
import { account } from "../../../../src/proxy/session/accounting.ts";
import type { SessionContext } from "../../../../src/proxy/session/context/session-context.ts";

function finished(cause: Cause, phase: Phase, own: object = {}, answeredMs?: number) {
  const [front, back, server] = [{ requestErrors: 0 }, new Counters(), new Counters()];
  account(
    {
      countRequestError: () => (front.requestErrors += 1),
      at: { counters: back },
      target: { counters: server },
      handshakeMs: 5,
      preparedMs: 5,
      idleForMs: 0,
      queuedMs: 15,
      connectedMs: 18,
      endedMs: 100,
      ...own,
    } as unknown as SessionContext,
    cause,
    phase,
    answeredMs,
  );
  return { front, back, server };
}

test.each([
  ["C", "D", 1, 0],
  ["c", "D", 1, 0],
  ["S", "D", 0, 1],
  ["s", "D", 0, 1],
  ["C", "Q", 1, 0],
  ["C", "C", 1, 0],
  ["c", "C", 0, 0],
  ["S", "C", 0, 0],
  ["-", "-", 0, 0],
  ["K", "D", 0, 0],
] as const)("%s%s", (cause, phase, client, server) => {
  const one = finished(cause, phase);
  expect([one.back.clientAborts, one.back.serverAborts]).toEqual([client, server]);
  expect([one.server.clientAborts, one.server.serverAborts]).toEqual([client, server]);
  expect(one.front.requestErrors).toBe(0);
});

test("a client that went, or was silent, before the rules were through is an error of the frontend", () => {
  expect(finished("C", "R").front.requestErrors).toBe(1);
  expect(finished("c", "R", { at: null, target: null }).front.requestErrors).toBe(1);
  expect(finished("P", "R").front.requestErrors).toBe(0);
});

const times = ({ queueMs, connectMs, totalMs }: Counters): number[] => [queueMs.max, connectMs.max, totalMs.max];

test("times are averaged as far as it came, from the end of the handshake on", () => {
  expect(times(finished("-", "-").server)).toEqual([10, 3, 100]);
  expect(times(finished("S", "C", { connectedMs: -1 }).back)).toEqual([10, 0, 0]);
  expect(times(finished("S", "Q", { connectedMs: -1, queuedMs: -1 }).back)).toEqual([0, 0, 0]);
});

test("an answer's time is that from the connection on", () => {
  expect(finished("-", "-").server.responseMs.max).toBe(0);
  const { back, server } = finished("-", "-", {}, 58);
  expect([back.responseMs.value, server.responseMs.value]).toEqual([40, 40]);
  server.clear(true);
  expect(server.responseMs.value).toBe(0);
});

test("without a server its backend alone is told", () => {
  const one = finished("C", "Q", { target: null });
  expect([one.back.clientAborts, one.server.clientAborts]).toEqual([1, 0]);
});
