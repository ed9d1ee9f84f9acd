/** Clients that leave, or are silent, while they wait for a server; the connection is made up, and no time passes. */
import { expect, test } from "bun:test";
import type { Connection } from "../../../../../src/net/transport.ts";
import { lookForAbort, type WaitingSession } from "../../../../../src/proxy/session/search/client-abort.ts";

type Peeked = Awaited<ReturnType<Connection["peek"]>>;

interface Scene {
  readonly session: WaitingSession & { isOver: boolean; isWaiting: boolean };
  readonly asked: (readonly number[])[];
  readonly told: unknown[];
  readonly client: { onLost: (() => void) | null };
}

/** A client of which `peeks` are seen, one look after the other, and then nothing more. */
function scene(peeks: readonly (Partial<Peeked> | Error)[], own: object = {}): Scene {
  const asked: (readonly number[])[] = [];
  const told: unknown[] = [];
  const rest = [...peeks];
  const client = {
    onLost: null as (() => void) | null,
    peek(...bounds: number[]): Promise<Peeked> {
      asked.push(bounds);
      const next = rest.shift();
      if (next === undefined) return new Promise(() => {});
      if (next instanceof Error) throw next;
      return Promise.resolve({ bytes: new Uint8Array(0), state: "data", ...next } as Peeked);
    },
  };
  const session = {
    client,
    front: { process: { inspectBytes: 10 }, plan: { timeouts: { clientMs: 500 } } },
    at: null,
    isWaiting: true,
    isOver: false,
    state: "connecting",
    elapsed: () => 100,
    clientSilent: () => void told.push("silent"),
    abandon: (...letters: string[]) => void told.push(["abandon", ...letters]),
    endBoth: (...letters: string[]) => void told.push(["end both", ...letters]),
    fail: (error: unknown) => void told.push(["fail", String(error)]),
    ...own,
  };
  return { session: session as unknown as Scene["session"], asked, told, client };
}

/** Until everything that waits for nothing has been done. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const three = { bytes: new Uint8Array(3) };

test("one that leaves without a word is over, in the queue or at the connect", async () => {
  for (const [state, phase] of [
    ["connecting", "C"],
    ["queued", "Q"],
  ]) {
    const { session, told } = scene([{ state: "end" }], { state });
    lookForAbort(session);
    await settled();
    expect(told).toEqual([["abandon", "C", phase]]);
  }
});

test("one that has said something and waits for the answer is served, unless abortonclose is set", async () => {
  const patient = scene([three, { ...three, state: "end" }]);
  lookForAbort(patient.session);
  await settled();
  expect(patient.told).toEqual([]);
  const strict = scene([{ ...three, state: "end" }], { at: { plan: { abortOnClose: true } } });
  lookForAbort(strict.session);
  await settled();
  expect(strict.told).toEqual([["abandon", "C", "C"]]);
});

test("a reset ends both sides, once, and not where bytes are relayed already", async () => {
  const { session, told, client } = scene([{ state: "lost" }]);
  lookForAbort(session);
  await settled();
  expect(told).toEqual([["end both", "C", "D"]]);
  session.isOver = true;
  client.onLost?.();
  expect(told.length).toBe(1);
  const relaying = scene([], { state: "relaying" });
  lookForAbort(relaying.session);
  relaying.client.onLost?.();
  expect(relaying.told).toEqual([]);
});

test("silence is told once, for what is left of timeout client; then it is looked for bytes alone", async () => {
  const { session, told, asked } = scene([{ state: "timeout" }, three]);
  lookForAbort(session);
  await settled();
  expect(told).toEqual(["silent"]);
  expect(asked).toEqual([
    [1, 10, 400],
    [1, 10, 0],
    [4, 10, 0],
  ]);
});

test("it is not looked beyond what a buffer holds, nor after the wait", async () => {
  const full = scene([{ bytes: new Uint8Array(10) }]);
  lookForAbort(full.session);
  await settled();
  expect(full.asked.length).toBe(1);
  const served = scene([{ state: "end" }]);
  lookForAbort(served.session);
  served.session.isWaiting = false;
  await settled();
  expect(served.told).toEqual([]);
});

test("what throws ends the session", async () => {
  const { session, told } = scene([new Error("no")]);
  lookForAbort(session);
  await settled();
  expect(told).toEqual([["fail", "Error: no"]]);
});
