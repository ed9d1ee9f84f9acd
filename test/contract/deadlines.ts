/** Contract: every limit in every state of a session. What is to come of each is worked out by idle.ts's arithmetic, state by state. */
import { expect, test } from "bun:test";
import { idleDeadline, type SideActivity } from "../../src/net/relay/idle-limits.ts";
import type { RelayLimits, Transport } from "../../src/net/transport.ts";
import { type Lag, timed } from "../lag.ts";
import type { Capabilities } from "./suite.ts";
import { flood, noLimits, type Session, Stage } from "./stage.ts";

/** What a relay knows of a session in some state, `since` 0; `act` brings it there. */
interface State {
  readonly name: string;
  act(session: Session): void;
  readonly ended?: "client" | "server" | null;
  readonly stalled?: "client" | "server" | null;
}

const allStates: readonly State[] = [
  { name: "both silent", act: () => {} },
  { name: "the client has finished", act: ({ client }) => client.finish(), ended: "client" },
  { name: "the server has finished", act: ({ server }) => server.finish(), ended: "server" },
  {
    name: "the client takes nothing",
    act: ({ client, server }) => (client.socket.pause(), server.send(flood)),
    stalled: "client",
  },
  {
    name: "the server takes nothing",
    act: ({ client, server }) => (server.socket.pause(), client.send(flood)),
    stalled: "server",
  },
  {
    name: "the client has finished and takes nothing",
    act: ({ client, server }) => (client.finish(), client.socket.pause(), server.send(flood)),
    ended: "client",
    stalled: "client",
  },
  {
    name: "the server has finished and takes nothing",
    act: ({ client, server }) => (server.finish(), server.socket.pause(), client.send(flood)),
    ended: "server",
    stalled: "server",
  },
  {
    name: "the client has finished behind bytes that the server does not take",
    act: ({ client, server }) => (server.socket.pause(), client.send(flood), client.finish()),
    stalled: "server",
  },
];

const names = ["clientMs", "serverMs", "tunnelMs", "clientFinMs", "serverFinMs"] as const;

/** Each limit as the one that is shorter than the others, with and without `tunnel`, and beside one other alone. */
function* limitSets(shortMs: number, longMs: number): Iterable<Partial<RelayLimits>> {
  const all = Object.fromEntries(names.map((name) => [name, longMs]));
  for (const name of names) {
    yield { ...all, [name]: shortMs };
    yield { ...all, tunnelMs: 0, [name]: shortMs };
    yield { clientMs: longMs, [name]: shortMs };
    yield { serverMs: longMs, [name]: shortMs };
  }
}

interface Outcome {
  readonly by: "client" | "server";
  readonly atMs: number;
}

/** What becomes of a session that is left in a state: `ended` has finished, `stalled` takes nothing of what it is sent. */
export function expected({ ended, stalled }: Pick<State, "ended" | "stalled">, limits: RelayLimits): Outcome {
  const side = (name: "client" | "server", other: "client" | "server"): SideActivity & { ended: boolean } => ({
    heardAt: 0,
    toldAt: 0,
    ended: ended === name,
    reading: ended !== name && stalled !== other,
    writing: stalled === name,
    shut: ended === other,
  });
  const sides = { client: side("client", "server"), server: side("server", "client") };
  let by: "client" | "server" | null = null;
  for (;;) {
    const deadline = idleDeadline(sides.client, sides.server, limits);
    by ??= deadline.side;
    const [silent, other] = deadline.side === "client" ? [sides.client, sides.server] : [sides.server, sides.client];
    if (deadline.fault === "stalled" || other.ended || deadline.atMs === Infinity) return { by, atMs: deadline.atMs };
    silent.ended = other.shut = true;
    silent.reading = false;
    const finMs = deadline.side === "client" ? limits.serverFinMs : limits.clientFinMs;
    if (finMs > 0) other.heardAt = deadline.atMs;
  }
}

/** Tests of `relay` with time. `halvesFull`: a socket whose peer has finished may be full. */
export function deadlineContract(transport: Transport, { halvesFull }: Pick<Capabilities, "halvesFull">): void {
  const states = halvesFull ? allStates : allStates.filter(({ ended, stalled }) => !(ended && stalled));
  // At once, because all that they do is wait. Stalls are few: each moves what the kernel's buffers take.
  test("every limit in every state", async () => {
    using stage = await Stage.set(transport);
    const [shortMs, longMs] = [200, 800];
    const cases = states.flatMap((state) => {
      const sets = Array.from(limitSets(shortMs, longMs), (limits) => ({ state, limits }));
      return state.stalled === undefined ? sets : sets.filter((_, at) => at % 4 === 1);
    });
    await timed(async (lag) => {
      const told: Promise<string | null>[] = [];
      for (const one of cases) {
        // What goes on for ever is seen to outlast two limits, one after the other.
        const { atMs } = expected(one.state, { ...noLimits, ...one.limits });
        const withinMs = 2 * longMs + (atMs === Infinity ? 200 : 1000);
        told.push(tell(one, await stage.session(one.limits), withinMs, lag));
      }
      expect((await Promise.all(told)).filter((text) => text !== null)).toEqual([]);
    });
  });

  // One after the other: whoever looks after all deadlines when one has come might find these by chance.
  test("a limit that a state brings forward", async () => {
    using stage = await Stage.set(transport);
    const [shortMs, longMs] = [50, 20_000];
    for (const state of states.slice(1)) {
      for (const limits of limitSets(shortMs, longMs)) {
        const [before, after] = [states[0] as State, state].map(
          (one) => expected(one, { ...noLimits, ...limits }).atMs,
        );
        if (before === shortMs || (after as number) > 3 * shortMs) continue;
        await timed(async (lag) =>
          expect(await tell({ state, limits }, await stage.session(limits), 5000, lag)).toBeNull(),
        );
      }
    }
  });
}

/** Null where it came as it should. */
async function tell(
  { state, limits }: { readonly state: State; readonly limits: Partial<RelayLimits> },
  session: Session,
  withinMs: number,
  lag: Lag,
): Promise<string | null> {
  const { by, atMs } = expected(state, { ...noLimits, ...limits });
  const actedAt = performance.now();
  state.act(session);
  const ended = session.relay.ended.then((relayed) => ({ ...relayed, at: performance.now() }));
  const seen = await Promise.race([ended, new Promise<null>((resolve) => setTimeout(() => resolve(null), withinMs))]);
  if (seen === null) session.relay.kill();
  // No sooner than since it began, and not much later than since it came into this state, for which a stall takes its time.
  const lateMs = (state.stalled === undefined ? 500 : 3000) + 2 * lag.worstMs;
  const isInTime = seen !== null && seen.at - session.begunAt > atMs - 10 && seen.at - actedAt < atMs + lateMs;
  if (seen === null ? atMs === Infinity : seen.by === by && seen.how === "timeout" && isInTime) return null;
  const text = seen === null ? "goes on" : `${seen.how} by ${seen.by} after ${(seen.at - actedAt).toFixed(0)} ms`;
  return `${state.name}, ${JSON.stringify(limits)}: ${text}, not ${by} after ${atMs} ms`;
}
