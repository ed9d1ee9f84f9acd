/** Contract: stretches of much and moments of little, one after the other and at once, whatever takes over when: every byte its owner's, every end as it was. */
import { expect } from "bun:test";
import type { RelayLimits, Transport } from "../../src/net/transport.ts";
import { type Lag, timed } from "../lag.ts";
import type { Random } from "../property/seed.ts";
import { begin, type End, type Ending, type Exchange, type Step } from "./exchange.ts";
import { Stage } from "./stage.ts";

/** What surrounds an exchange. */
export interface Surroundings {
  /** The congestion control of the relay's sockets, and of the two ends where they can be told; null: the system's. */
  readonly congestion: string | null;
  /** SO_RCVBUF of the relay's sockets; 0: the kernel's own. */
  readonly receiveBytes: number;
}

/** Where something changes hands, in bytes, and how long a stretch may be. */
export interface Sizes {
  readonly marks: readonly number[];
  readonly most: number;
}

const ends = ["client", "server"] as const;

function otherThan(end: End): End {
  return end === "client" ? "server" : "client";
}

const limitNames = ["clientMs", "serverMs", "tunnelMs", "clientFinMs", "serverFinMs"] as const;

/** Limits of which each counts somewhere: all of them, with and without `tunnel`, one being the shortest. */
function* limitSets(shortMs: number, longMs: number): Iterable<Partial<RelayLimits>> {
  for (const name of limitNames) {
    const all = { clientMs: longMs, serverMs: longMs, clientFinMs: longMs, serverFinMs: longMs };
    yield { ...all, [name]: shortMs };
    if (name.endsWith("FinMs")) yield { ...all, tunnelMs: longMs, [name]: shortMs };
  }
}

const limits = [...limitSets(300, 450)];

function send(from: End, bytes: number): Step {
  return { do: "send", from, bytes };
}

function dialogue(from: End, times = 3): Step {
  return { do: "talk", from, bytes: 20, times, answered: true };
}

const settle: Step = { do: "settle" };

/** What has gone on when the end comes, by name, and who still may send. */
interface Scene {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly finished?: End;
  /** A tap looks at the first byte of each end, so that nothing takes over before both have sent. */
  readonly isTapped?: boolean;
  /** The server's first bytes, so many, are held back until all of them have come. */
  readonly gated?: number;
}

function pause(from: End, bytes: number, ms: number): Scene {
  const steps: Step[] = [send(from, bytes), settle, { do: "wait", ms }, send(from, bytes)];
  return { name: `a stream of the ${from}'s that stops for ${ms} ms`, steps };
}

/** Scenes with a stream of one end's; `mark` is where it changes hands. */
function* scenesOf(from: End, mark: number): Iterable<Scene> {
  const to = otherThan(from);
  const much = 3 * mark;
  const who = `the ${from}'s`;
  yield { name: `a stream of ${who} under way`, steps: [send(from, much)] };
  yield { name: `a stream of ${who} that is over`, steps: [send(from, much), settle] };
  for (const by of [-1, 0, 1])
    yield { name: `a stream of ${who}, ${by} bytes from the mark`, steps: [send(from, mark + by), settle] };
  yield { name: `one byte after the mark of ${who}`, steps: [send(from, mark), settle, send(from, 1)] };
  yield { name: `dialogue after a stream of ${who}`, steps: [send(from, much), settle, dialogue(from), dialogue(to)] };
  yield {
    name: `dialogue, a stream of ${who}, dialogue, a stream`,
    steps: [dialogue(to), send(from, much), dialogue(from), send(from, much)],
  };
  yield pause(from, much, 4);
  yield pause(from, much, 6);
  yield {
    name: `a stream of ${who} that is not read for a while`,
    steps: [
      send(from, mark),
      settle,
      { do: "stop", end: to },
      send(from, 4 * much),
      { do: "wait", ms: 15 },
      { do: "resume", end: to },
    ],
  };
  yield {
    name: `more of ${who} than there is room for, and a stream of the other one's, who does not read`,
    steps: [
      { do: "stop", end: to },
      send(from, 8 * 1024 * 1024),
      { do: "wait", ms: 15 },
      send(to, much),
      { do: "wait", ms: 15 },
      { do: "resume", end: to },
    ],
    isTapped: true,
  };
  yield {
    name: `a stream of ${who} while the other one says little`,
    steps: [send(from, much), { do: "talk", from: to, bytes: 5, times: 5, answered: false }, send(from, much)],
  };
  yield {
    name: `the other one has finished within a stream of ${who}`,
    steps: [send(from, much), { do: "finish", end: to }, send(from, much)],
    finished: to,
  };
  yield {
    name: `a stream of ${who} and its end`,
    steps: [send(from, much), { do: "finish", end: from }],
    finished: from,
  };
  yield {
    name: `a byte at a time after a stream of ${who}`,
    steps: [send(from, much), { do: "talk", from, bytes: 1, times: 4, answered: false }],
  };
}

function* scenes(mark: number): Iterable<Scene> {
  yield { name: "dialogue", steps: [dialogue("client"), dialogue("server")] };
  yield { name: "nothing", steps: [] };
  for (const from of ends) yield* scenesOf(from, mark);
  yield {
    name: "a stream of the client's, and the first bytes of the server, which are held back",
    steps: [send("server", 10), send("client", 3 * mark), { do: "wait", ms: 15 }, send("server", 10), settle],
    gated: 20,
  };
  yield { name: "both stream", steps: [send("client", 3 * mark), send("server", 3 * mark)] };
  yield {
    name: "both have streamed",
    steps: [send("client", 3 * mark), send("server", 3 * mark), settle, dialogue("client")],
  };
}

/** All ways out of a scene. `at` counts the scenes: of each limit one in so many is taken, for they take their time. */
function* endings({ finished }: Scene, at: number): Iterable<Ending> {
  for (const first of finished === undefined ? ends : [finished]) yield { how: "fins", first };
  for (const by of ends) yield { how: "reset", by };
  yield { how: "kill" };
  for (const [index, set] of limits.entries()) if ((index + at) % 2 === 0) yield { how: "silence", limits: set };
  const by = ends[at % 2] as End;
  if (finished !== otherThan(by) && at % 4 < 2)
    yield { how: "stall", by, limits: limits[at % limits.length] as Partial<RelayLimits> };
}

/** Every scene with every end. */
export function everyExchange(mark: number): Exchange[] {
  return [...scenes(mark)].flatMap((scene, at) =>
    Array.from(endings(scene, at), (ending) => ({
      name: scene.name,
      steps: scene.steps,
      ending,
      tapped: scene.isTapped === true ? 1 : 0,
      gated: scene.gated ?? 0,
    })),
  );
}

/** One that chance has made. */
export function someExchange(random: Random, sizes: Sizes): Exchange {
  const steps: Step[] = [];
  let finished: End | undefined;
  let stopped: End | undefined;
  const size = (): number =>
    random.next() < 0.5
      ? Math.max(1, random.pick(sizes.marks) + random.between(-2, 2))
      : random.between(1, 2 ** random.between(4, Math.floor(Math.log2(sizes.most))));
  const speakers = (): readonly End[] => ends.filter((end) => end !== finished);
  for (let left = random.between(1, 8); left > 0; left--) {
    const from = random.pick(speakers());
    switch (random.between(0, 9)) {
      case 0:
      case 1:
      case 2:
        steps.push(send(from, size()));
        break;
      case 3:
        for (const end of speakers()) steps.push(send(end, size()));
        break;
      case 4:
        if (stopped === undefined)
          steps.push({
            do: "talk",
            from,
            bytes: random.between(1, 2000),
            times: random.between(1, 6),
            answered: finished === undefined,
          });
        break;
      case 5:
        if (stopped === undefined) steps.push(settle);
        break;
      case 6:
      case 7:
        steps.push({ do: "wait", ms: random.pick([1, 4, 5, 6, 12]) });
        break;
      case 8:
        if (stopped !== undefined) steps.push({ do: "resume", end: stopped });
        else steps.push({ do: "stop", end: from });
        stopped = stopped === undefined ? from : undefined;
        break;
      case 9:
        if (finished !== undefined || random.next() < 0.5) break;
        finished = from;
        steps.push({ do: "finish", end: from });
    }
  }
  if (stopped !== undefined) steps.push({ do: "resume", end: stopped });
  const ending = someEnding(random, finished);
  const gated = random.next() < 0.1 ? random.between(1, 40_000) : 0;
  // Without that the gate might stay shut.
  if (gated > 0) steps.unshift(send("server", gated));
  return { name: "", steps, ending, tapped: random.next() < 0.1 ? random.between(1, 200_000) : 0, gated };
}

function someEnding(random: Random, finished: End | undefined): Ending {
  const chance = random.next();
  if (chance < 0.45) return { how: "fins", first: finished ?? random.pick(ends) };
  if (chance < 0.7) return { how: "reset", by: random.pick(ends) };
  if (chance < 0.8) return { how: "kill" };
  const set = random.pick(limits);
  if (chance < 0.97) return { how: "silence", limits: set };
  return { how: "stall", by: finished ?? random.pick(ends), limits: set };
}

/** At so many a time: they meet each other's bytes if anybody's, and none waits long for its turn. */
const atOnce = 96;

/** Plays all, each in the next of the surroundings, and tells of what was not as it should have been. */
export async function playAll(
  transport: Transport,
  exchanges: readonly Exchange[],
  surroundings: readonly Surroundings[],
): Promise<void> {
  for (let at = 0; at < exchanges.length; at += atOnce)
    await timed((lag) => playGroup(transport, exchanges.slice(at, at + atOnce), surroundings, lag));
}

async function playGroup(
  transport: Transport,
  group: readonly Exchange[],
  surroundings: readonly Surroundings[],
  lag: Lag,
): Promise<void> {
  using stages = new DisposableStack();
  const begun: Promise<string | null>[] = [];
  for (const [index, { congestion, receiveBytes }] of surroundings.entries()) {
    const options = { congestion, buffers: { receiveBytes, sendBytes: 0, unsentBytes: 0 } };
    const stage = stages.use(await Stage.set(transport, undefined, options));
    for (const exchange of group.filter((_, at) => at % surroundings.length === index))
      begun.push((await begin(stage, exchange, options, lag)).over);
  }
  expect((await Promise.all(begun)).filter((text) => text !== null)).toEqual([]);
}
