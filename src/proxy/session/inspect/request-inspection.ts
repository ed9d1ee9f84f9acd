/** Content rules over bytes that are still coming: asked again at each piece, until they decide or `inspect-delay` has passed. */
import type { Verdict } from "../../../rules/actions/effects.ts";
import { clockMs } from "../../../clock.ts";
import type { Connection } from "../../../net/transport.ts";
import type { Payload } from "../../../rules/context.ts";
import type { RuleRun } from "../../../rules/ruleset.ts";
import { Sniffing } from "../../../rules/sniffing.ts";
import { type NextLook, nextLook } from "../../time/inspection-pace.ts";

const nothing = new Uint8Array(0);

/** What has come by the time a rule asks for it: most ask for none, and reading costs. */
export class FirstLook implements Payload {
  readonly final: boolean;
  readonly bufferBytes: number;
  readonly #client: Connection;
  readonly #limitBytes: number;
  #bytes: Uint8Array | null = null;
  #sniffing: Sniffing | null = null;

  constructor(client: Connection, room: Room, final: boolean) {
    this.#client = client;
    this.#limitBytes = room.limitBytes;
    this.bufferBytes = room.bufferBytes;
    this.final = final;
  }

  get sniffing(): Sniffing {
    return (this.#sniffing ??= new Sniffing());
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= this.#client.present?.(this.#limitBytes) ?? nothing);
  }

  /** Whoever asks from now on gets what was seen: the connection may be another's. */
  close(): void {
    this.#bytes ??= nothing;
  }
}

/** What the rules said in the end; `ended` when the peer was lost or silent beyond its timeout before they could tell. */
export interface Inspected {
  readonly verdict: Verdict;
  readonly ended: "lost" | "idle" | null;
}

/** How much rules see. */
export interface Room {
  /** Bytes that are looked at, at most. */
  readonly limitBytes: number;
  /** The whole buffer: who asks for more waits in vain. */
  readonly bufferBytes: number;
}

/** What an inspection asks of its session. */
export interface RequestInspector {
  readonly client: Connection;
  /** It has ended: nobody wants to know any more. */
  readonly isOver: boolean;
  /** What the rules are to see from now on. */
  request: Payload | null;
  /** A rule waits for an answer (a name's address, whose password it is); `whenAnswered` is called once there is one. */
  readonly awaitsAnswer: boolean;
  whenAnswered: (() => void) | null;
  giveUpAnswer(): void;
  /** The rules' last word, once. */
  inspected(verdict: Verdict, ended: Inspected["ended"]): void;
  /** Something threw. Never throws. */
  fail(error: unknown): void;
}

/** Runs content rules over what the client sends, for `delayMs` at most. What this throws at once `fail` has not heard of. */
export function inspectRequest(
  run: RuleRun,
  bounds: Omit<InspectBounds, "firstLookMs">,
  inspector: RequestInspector,
): void {
  const { client } = inspector;
  const { delayMs } = bounds;
  // What came with the connection is seen at the first look.
  inspector.request = new FirstLook(client, bounds, delayMs === 0);
  // Where only waiting can tell what has come, the first look waits a moment.
  const firstLookMs = client.present === undefined && delayMs > 0 ? 1 : 0;
  const verdict = firstLookMs > 0 ? "wait" : run.step();
  if (verdict === "wait" && (delayMs > 0 || inspector.awaitsAnswer))
    void inspectMore(run, { ...bounds, firstLookMs }, inspector);
  else inspector.inspected(verdict, null);
}

async function inspectMore(run: RuleRun, bounds: InspectBounds, inspector: RequestInspector): Promise<void> {
  try {
    const inspected = await inspect(run, bounds, inspector);
    if (inspected !== null) inspector.inspected(inspected.verdict, inspected.ended);
  } catch (error) {
    inspector.fail(error);
  }
}

export interface InspectBounds extends Room {
  readonly delayMs: number;
  /** The side's own timeout; 0: none. */
  readonly idleMs: number;
  /** So long bytes that came with the connection may take to be seen at the first look; 0 where they have been. */
  readonly firstLookMs: number;
}

/** What an inspection needs of its inspector while it goes on. */
type Inspecting = Pick<
  RequestInspector,
  "client" | "isOver" | "request" | "awaitsAnswer" | "whenAnswered" | "giveUpAnswer"
>;

/**
 * Goes on with `run`, which said "wait", as bytes arrive from the client, or a rule has its answer; consumes none. Null: the session
 * has ended meanwhile. What still waits for more at the end counts as passed.
 *
 * The rules are asked at every piece, as in HAProxy; less often where what they look at again has become too much (see nextLook).
 */
export async function inspect(run: RuleRun, bounds: InspectBounds, inspector: Inspecting): Promise<Inspected | null> {
  const { idleMs, limitBytes, bufferBytes, firstLookMs } = bounds;
  const startedAt = clockMs();
  const deadline = startedAt + bounds.delayMs;
  const sniffing = new Sniffing();
  let have = 0;
  let idleFrom = startedAt;
  let isFirst = firstLookMs > 0;
  // Once such a time has gone by without a byte there is nothing to look at: the next one is looked at when it comes.
  let isRested = false;
  for (;;) {
    if (inspector.awaitsAnswer) {
      const isLost = await answered(inspector, bounds.delayMs > 0 ? Math.max(1, deadline - clockMs()) : 0);
      if (inspector.isOver) return null;
      if (isLost) return { verdict: "pass", ended: "lost" };
      const verdict = run.step();
      if (verdict !== "wait") return { verdict, ended: null };
      if (inspector.awaitsAnswer) continue;
    }
    const nowMs = clockMs();
    const leftMs = Math.max(1, deadline - nowMs);
    const idleLeftMs = idleMs > 0 ? Math.max(1, idleFrom + idleMs - nowMs) : Number.POSITIVE_INFINITY;
    const lastMs = Math.min(leftMs, idleLeftMs);
    const next: NextLook = isRested
      ? { atLeast: have + 1, waitMs: 0 }
      : nextLook(have, sniffing.lookedAtBytes, limitBytes, startedAt, nowMs);
    const pauseMs = isFirst ? firstLookMs : next.waitMs;
    const isPause = pauseMs > 0 && (isFirst || pauseMs < lastMs);
    const { bytes, state } = await inspector.client.peek(next.atLeast, limitBytes, isPause ? pauseMs : lastMs);
    if (inspector.isOver) return null;
    const isPaused = state === "timeout" && isPause;
    isRested = isPaused && !isFirst && bytes.length === have;
    if (isRested) continue;
    isFirst = false;
    have = bytes.length;
    idleFrom = clockMs();
    const final = (state !== "open" && !isPaused) || have >= limitBytes;
    inspector.request = { bytes, final, bufferBytes, sniffing };
    const verdict = run.step();
    if (verdict === "wait" && (!final || inspector.awaitsAnswer)) continue;
    const ended = state === "lost" ? "lost" : state === "timeout" && !isPaused && idleLeftMs < leftMs ? "idle" : null;
    return { verdict: verdict === "wait" ? "pass" : verdict, ended };
  }
}

/** Until there is an answer, or `mostMs` (0: as long as it takes) have passed, whereupon it is given up. True: the client is lost. */
function answered(inspector: Inspecting, mostMs: number): Promise<boolean> {
  const { client } = inspector;
  return new Promise((resolve) => {
    const end = (isLost: boolean): void => {
      if (timer !== null) clearTimeout(timer);
      client.onLost = inspector.whenAnswered = null;
      resolve(isLost);
    };
    const late = (): void => {
      inspector.giveUpAnswer();
      end(false);
    };
    const timer = mostMs > 0 ? setTimeout(late, mostMs) : null;
    inspector.whenAnswered = () => end(false);
    client.onLost = () => end(true);
  });
}

/** Whether a verdict turns the session away. */
export function isDenial(verdict: Verdict): boolean {
  return verdict === "reject" || verdict === "silent-drop" || verdict === "tarpit";
}
