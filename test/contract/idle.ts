/** Contract: idle time-outs, as HAProxy 2.6 was seen to behave; limits are scaled down, instants compared within 100 ms. */
import { expect, test } from "bun:test";
import { type Lag, timed } from "../lag.ts";
import type { RelayLimits, Transport } from "../../src/net/transport.ts";
import { filled, flood, type Session, Stage } from "./stage.ts";

/** What happens in a session and what is to come of it. Instants in ms from its beginning. */
interface IdleCase {
  readonly name: string;
  readonly limits: Partial<RelayLimits>;
  readonly act?: (session: Session) => void | Promise<void>;
  readonly by: "client" | "server";
  readonly endsAt: number;
  /** When the peers see their connection end, in either way; left out where the test does not look. */
  readonly clientEndsAt?: number;
  readonly serverEndsAt?: number;
}

const cases: readonly IdleCase[] = [
  {
    name: "a silent client is taken to have finished; the server's own limit ends it",
    limits: { clientMs: 200, serverMs: 600 },
    by: "client",
    serverEndsAt: 200,
    clientEndsAt: 600,
    endsAt: 600,
  },
  {
    name: "a silent server is taken to have finished; the client's own limit ends it",
    limits: { clientMs: 600, serverMs: 200 },
    by: "server",
    clientEndsAt: 200,
    serverEndsAt: 600,
    endsAt: 600,
  },
  {
    name: "with equal limits it is the client",
    limits: { clientMs: 200, serverMs: 200 },
    by: "client",
    clientEndsAt: 200,
    serverEndsAt: 200,
    endsAt: 200,
  },
  { name: "tunnel replaces both", limits: { clientMs: 200, serverMs: 200, tunnelMs: 500 }, by: "client", endsAt: 500 },
  { name: "tunnel may be shorter", limits: { clientMs: 600, serverMs: 600, tunnelMs: 200 }, by: "client", endsAt: 200 },
  {
    name: "bytes to a side count for it",
    limits: { clientMs: 300, serverMs: 500 },
    act: ({ server }) => talk(server, 4, 150),
    by: "client",
    serverEndsAt: 900,
    endsAt: 1100,
  },
  {
    name: "bytes from a side count for both",
    limits: { clientMs: 500, serverMs: 300 },
    act: ({ client }) => talk(client, 4, 150),
    by: "server",
    clientEndsAt: 900,
    endsAt: 1100,
  },
  {
    name: "bytes to a side do not count for it where its directions are independent",
    limits: { clientMs: 300, serverMs: 500, clientIndependent: true },
    act: ({ server }) => talk(server, 4, 150),
    by: "client",
    serverEndsAt: 300,
    endsAt: 1100,
  },
  {
    name: "bytes from a side count for the other alone where that one's are not independent",
    limits: { clientMs: 500, serverMs: 300, serverIndependent: true },
    act: ({ client }) => talk(client, 4, 150),
    by: "server",
    clientEndsAt: 300,
    endsAt: 1100,
  },
  {
    name: "a silence goes on through the moment in which a session turns out to be a stream",
    limits: { clientMs: 300, serverMs: 500, clientIndependent: true },
    act: ({ server }) => after(150, () => server.send(filled(512 * 1024, 1))),
    by: "client",
    serverEndsAt: 300,
    endsAt: 650,
  },
  {
    name: "after the client's end only the server is waited for",
    limits: { clientMs: 150, serverMs: 400 },
    act: ({ client }) => client.finish(),
    by: "server",
    endsAt: 400,
  },
  {
    name: "after the server's end only the client is waited for",
    limits: { clientMs: 400, serverMs: 150 },
    act: ({ server }) => server.finish(),
    by: "client",
    endsAt: 400,
  },
  {
    name: "server-fin limits the server once the client has finished",
    limits: { clientMs: 900, serverMs: 900, clientFinMs: 150, serverFinMs: 350 },
    act: ({ client }) => client.finish(),
    by: "server",
    endsAt: 350,
  },
  {
    name: "client-fin limits the client once the server has finished",
    limits: { clientMs: 900, serverMs: 900, clientFinMs: 150, serverFinMs: 350 },
    act: ({ server }) => server.finish(),
    by: "client",
    endsAt: 150,
  },
  {
    name: "fin limits may be longer than the others",
    limits: { clientMs: 150, serverMs: 150, clientFinMs: 500, serverFinMs: 500 },
    act: ({ client }) => client.finish(),
    by: "server",
    endsAt: 500,
  },
  {
    name: "fin limits count under tunnel",
    limits: { clientMs: 900, serverMs: 900, tunnelMs: 1200, clientFinMs: 150, serverFinMs: 350 },
    act: ({ client }) => client.finish(),
    by: "server",
    endsAt: 350,
  },
  {
    name: "tunnel goes on after a half-close without fin limits",
    limits: { clientMs: 900, serverMs: 900, tunnelMs: 400 },
    act: ({ client }) => client.finish(),
    by: "server",
    endsAt: 400,
  },
  {
    name: "server-fin is refreshed by what the server says",
    limits: { clientMs: 900, serverMs: 900, serverFinMs: 250 },
    act: ({ client, server }) => (client.finish(), talk(server, 4, 150)),
    by: "server",
    endsAt: 850,
  },
  {
    name: "one limit alone: the other side ends it",
    limits: { serverMs: 200 },
    act: async ({ client }) => (await client.until("the end", () => client.log.includes("fin")), client.finish()),
    by: "server",
    clientEndsAt: 200,
    endsAt: 200,
  },
];

/** Tests of `relay` with time. They run at once, inside one test each, because all that they do is wait. */
export function idleContract(transport: Transport): void {
  test(`${cases.length} ways of being silent`, async () => {
    using stage = await Stage.set(transport);
    await timed(async (lag) => {
      const outcomes: Promise<string>[] = [];
      for (const idle of cases) outcomes.push(outcomeOf(idle, await stage.session(idle.limits), lag));
      expect(await Promise.all(outcomes)).toEqual(cases.map(({ name }) => `${name}: as it should`));
    });
  });

  test("a side that does not take its bytes ends it, whatever the other's limit", async () => {
    using stage = await Stage.set(transport);
    const stalls = [
      ["client", { clientMs: 300, serverMs: 900 }],
      ["client", { clientMs: 800, serverMs: 500 }],
      ["server", { clientMs: 900, serverMs: 300 }],
      ["server", { clientMs: 500, serverMs: 800 }],
    ] as const;
    await timed(async () => {
      const stalled: Promise<void>[] = [];
      for (const [staller, limits] of stalls) stalled.push(expectStall(await stage.session(limits), staller));
      await Promise.all(stalled);
    });
  });
}

async function outcomeOf(idle: IdleCase, session: Session, lag: Lag): Promise<string> {
  const start = performance.now();
  const endOf = async (peer: Session["client"]): Promise<number> => {
    await peer.until("its end", () => peer.log.length > 0);
    return performance.now() - start;
  };
  const clientEnd = endOf(session.client);
  const serverEnd = endOf(session.server);
  const acting = idle.act?.(session);
  const { by, how } = await session.relay.ended;
  const times = { relay: performance.now() - start, client: await clientEnd, server: await serverEnd };
  await acting;
  const wrong: string[] = [];
  if (by !== idle.by || how !== "timeout") wrong.push(`${how} by ${by}`);
  const wanted = { relay: idle.endsAt, client: idle.clientEndsAt, server: idle.serverEndsAt };
  for (const who of ["relay", "client", "server"] as const) {
    const at = wanted[who];
    if (at !== undefined && Math.abs(times[who] - at) > 100 + 2 * lag.worstMs)
      wrong.push(`${who} at ${times[who].toFixed(0)} ms, not ${at}`);
  }
  return `${idle.name}: ${wrong.join(", ") || "as it should"}`;
}

async function expectStall({ client, server, relay }: Session, staller: "client" | "server"): Promise<void> {
  const [source, sink] = staller === "client" ? [server, client] : [client, server];
  sink.socket.pause();
  source.send(flood);
  const { by, how } = await relay.ended;
  expect([by, how]).toEqual([staller, "timeout"]);
  await source.until("its end", () => source.log.length > 0);
  sink.socket.resume();
  await sink.until("its end", () => sink.log.length > 0);
  // HAProxy sends FIN here; what was cut short must not look whole.
  expect([source.isOver, sink.log.includes("fin")]).toEqual([true, false]);
}

async function after(ms: number, act: () => void): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  act();
}

async function talk(peer: { send(bytes: string): void }, times: number, everyMs: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    peer.send(".");
  }
}
