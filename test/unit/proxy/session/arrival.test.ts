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

/** Somebody who knows SSH, and has these verdicts for whoever comes. */
function keeper(told: unknown[], verdicts: readonly (string | null)[], takesOver = false) {
  const left = [...verdicts];
  return {
    meet(_: unknown, isBearer: boolean) {
      told.push(`meet ${isBearer ? "bearer" : "source"}`);
      return left.shift() ?? null;
    },
    misheaded: () => void told.push("misheaded"),
    refuse(_: unknown, { standing }: { standing?: boolean }) {
      told.push(`refuse ${standing}`);
      return takesOver;
    },
    tarpit() {
      told.push("tarpit");
      return takesOver;
    },
  };
}

/** Of a frontend with penalties. */
function kept(
  verdicts: readonly (string | null)[],
  { takesOver = false, ...more }: { takesOver?: boolean } & Parameters<typeof scene>[0] = {},
) {
  const own = scene({ ...more, plan: { ssh: { penalties: {} }, logFormat: {} } });
  Object.assign(own.session.front.process, { ssh: keeper(own.told, verdicts, takesOver) });
  return own;
}

test("a source that is kept out is turned away before there is a session, and counted as by a rule of connections", () => {
  for (const [verdict, takesOver, told] of [
    ["reject", true, ["refuse true", "leave"]],
    ["reject", false, ["refuse true", "reset", "leave"]],
    ["tarpit", true, ["tarpit", "leave"]],
    ["tarpit", false, ["tarpit", "reset", "leave"]],
    ["drop", true, ["drop", "leave"]],
  ] as const) {
    const one = kept([verdict], { takesOver });
    arrive(one.session);
    expect(one.told).toEqual(["meet source", ...told]);
    expect([one.counters.deniedConnections, one.listener.deniedConnections, one.session.hasBegun]).toEqual([
      1,
      1,
      false,
    ]);
  }
  const free = kept([null]);
  arrive(free.session);
  expect(free.told).toEqual(["meet source", "begin 1000", "admitted"]);
});

test("a client of TLS is told nothing in the clear", () => {
  const one = kept(["reject"], { takesOver: true });
  Object.assign(one.session.addresses, { tls: {} });
  arrive(one.session);
  expect(one.told).toEqual(["meet source", "reset", "leave"]);
});

test("rules of connections come first, and where there are no penalties nobody is asked", () => {
  const ruled = kept(["reject"], { connection: rules("reject") });
  arrive(ruled.session);
  expect(ruled.told).toEqual(["reset", "leave"]);
  const plain = kept(["reject"]);
  Object.assign(plain.session.front.plan, { ssh: { penalties: null } });
  arrive(plain.session);
  expect(plain.told).toEqual(["begin 1000", "admitted"]);
});

test("where a PROXY header comes first its bearer is looked at before, and blamed for a wrong one alone", async () => {
  const bearer = kept(["drop"], { connection: rules("expect-proxy") });
  arrive(bearer.session);
  expect(bearer.told).toEqual(["meet bearer", "drop", "leave"]);
  for (const [bytes, blamed] of [
    [new Uint8Array(0), []],
    [new Uint8Array([1, 2, 3]), ["misheaded"]],
  ] as const) {
    const one = kept([null], { connection: rules("expect-proxy") });
    Object.assign(one.session.client, ending(bytes));
    arrive(one.session);
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.told.filter((word) => word === "misheaded")).toEqual([...blamed]);
  }
});
