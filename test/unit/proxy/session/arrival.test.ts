/** From the accept to the session: what is counted, and who is turned away how. Nothing here has a socket. */
import { expect, test } from "bun:test";
import type { Verdict } from "../../../../src/rules/actions/effects.ts";
import { type Arriving, arrive } from "../../../../src/proxy/session/arrival.ts";

interface Scene {
  readonly session: Arriving;
  readonly told: unknown[];
  readonly counters: { deniedConnections: number; deniedSessions: number };
  readonly listener: { deniedConnections: number; deniedSessions: number };
}

/** Rules that come to these verdicts, one step after the other. */
function rules(...verdicts: Verdict[]) {
  return { start: () => ({ step: (): Verdict => verdicts.shift() ?? "pass" }) };
}

function scene({ connection = null as unknown, session = null as unknown, plan = {}, own = {} } = {}): Scene {
  const told: unknown[] = [];
  const say =
    (...words: unknown[]) =>
    (...more: unknown[]): void =>
      void told.push([...words, ...more].join(" "));
  const counters = { deniedConnections: 0, deniedSessions: 0 };
  const listener = { plan: { acceptProxy: false }, deniedConnections: 0, deniedSessions: 0, id: 3 };
  const one = {
    front: {
      counters,
      rules: { connection, session, logsTcpInfo: false },
      plan: { logFormat: null, timeouts: {}, ...plan },
      process: { bufsizeBytes: 100, ssh: null, emit: (event: { type: string }) => told.push(event.type) },
      isLogging: true,
      begin: say("begin"),
    },
    listener,
    client: { reset: say("reset"), close: say("close") },
    addresses: { isArriving: true, tls: null },
    hasBegun: false,
    handshakeMs: 0,
    startedAt: 1000,
    ownTracked: null,
    isOver: false,
    elapsed: () => 7,
    admitted: say("admitted"),
    unheard: say("unheard"),
    leave: say("leave"),
    fail: say("fail"),
    drop: say("drop"),
    ...own,
  };
  return { session: one as unknown as Scene["session"], told, counters, listener };
}

test("without rules it begins at once, and its line is told where the log has no format", () => {
  const { session, told } = scene();
  arrive(session);
  expect(told).toEqual(["begin 1000", "accepted", "admitted"]);
  expect([session.hasBegun, session.addresses.isArriving]).toEqual([true, false]);
  const formatted = scene({ plan: { logFormat: {} } });
  arrive(formatted.session);
  expect(formatted.told).toEqual(["begin 1000", "admitted"]);
});

test("a rule of connections resets, and never begins a session", () => {
  const { session, told, counters, listener } = scene({ connection: rules("reject") });
  arrive(session);
  expect(told).toEqual(["reset", "leave"]);
  expect([session.hasBegun, session.addresses.isArriving]).toEqual([false, true]);
  expect([counters.deniedConnections, listener.deniedConnections, counters.deniedSessions]).toEqual([1, 1, 0]);
});

test("a rule of sessions closes before it is counted as one", () => {
  const { session, told, counters, listener } = scene({ session: rules("reject") });
  arrive(session);
  expect(told).toEqual(["close", "leave"]);
  expect([counters.deniedConnections, counters.deniedSessions, listener.deniedSessions]).toEqual([0, 1, 1]);
});

test("silent-drop says nothing, whichever rule it is", () => {
  const connection = scene({ connection: rules("silent-drop") });
  arrive(connection.session);
  expect(connection.told).toEqual(["drop", "leave"]);
  const session = scene({ session: rules("silent-drop") });
  arrive(session.session);
  expect(session.told).toEqual(["drop", "leave"]);
});

/** A client that ends before it has said a word, or after three bytes that are no header. */
function ending(bytes: Uint8Array): object {
  return { peek: () => Promise.resolve({ bytes, state: "end" }) };
}

test("where a rule expects a PROXY header, a client that leaves is closed and one that says another thing is reset", async () => {
  for (const [bytes, letGo] of [
    [new Uint8Array(0), "close"],
    [new Uint8Array([1, 2, 3]), "reset"],
  ] as const) {
    const { session, told } = scene({ connection: rules("expect-proxy", "accept") });
    Object.assign(session.client, ending(bytes));
    arrive(session);
    expect(told).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.map((one) => String(one).split(" ")[0])).toEqual([letGo, "unheard"]);
    expect([session.hasBegun, session.handshakeMs]).toEqual([false, 7]);
    expect(session.clientError).toBeString();
  }
});

test("what was ended while its header was waited for is left alone", async () => {
  const { session, told } = scene({ connection: rules("expect-proxy") });
  Object.assign(session.client, ending(new Uint8Array(0)));
  arrive(session);
  Object.assign(session, { isOver: true });
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
});
