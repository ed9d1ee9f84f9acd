/** Who is to blame for a session that comes to nothing: a client never for what others do. */
import { expect, test } from "bun:test";
import { type EndedSession, isClientsFault, patienceMs } from "../../../../src/ssh/penalties/blame.ts";

const ended = (change: Partial<EndedSession>): boolean =>
  isClientsFault({
    by: "client",
    isTimeout: false,
    isServersTurn: false,
    waitedMs: 0,
    isHopeless: false,
    ...change,
  });

test("whoever leaves is to blame, unless the other has been waited for", () => {
  expect(ended({})).toBe(true);
  expect(ended({ isServersTurn: true })).toBe(true);
  expect(ended({ isServersTurn: true, waitedMs: patienceMs })).toBe(false);
  expect(ended({ waitedMs: 60_000 })).toBe(true);
  expect(ended({ by: "server" })).toBe(false);
  expect(ended({ by: "server", waitedMs: patienceMs })).toBe(true);
  expect(ended({ by: "server", isServersTurn: true, waitedMs: 60_000 })).toBe(false);
});

test("a time-out is his whose turn it was, whoever's time it was", () => {
  for (const by of ["client", "server"] as const) {
    expect(ended({ by, isTimeout: true })).toBe(true);
    expect(ended({ by, isTimeout: true, isServersTurn: true })).toBe(false);
  }
});

test("who cannot do what the server can has come in vain; and what we end is nobody's fault", () => {
  expect(ended({ by: "server", isHopeless: true })).toBe(true);
  for (const isHopeless of [true, false]) {
    for (const isServersTurn of [true, false]) {
      expect(ended({ by: null, isHopeless, isServersTurn, waitedMs: 1e6 })).toBe(false);
    }
  }
});
