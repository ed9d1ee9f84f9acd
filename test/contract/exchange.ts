/** One exchange between a client and a server through a relay, step by step, and what must come of it whatever moves its bytes. */
import { tappedMostBytes } from "../../src/net/relay/promotion.ts";
import type { ConnectOptions, RelayLimits, Tap } from "../../src/net/transport.ts";
import { Gate } from "../../src/net/gate.ts";
import type { Lag } from "../lag.ts";
import { contentOf, isContentOf } from "./content.ts";
import { expected } from "./deadlines.ts";
import type { Peer } from "./peer.ts";
import { noLimits, type Session, type Stage } from "./stage.ts";

export type End = "client" | "server";

/** What one of the two does, or what is waited for. */
export type Step =
  | { readonly do: "send"; readonly from: End; readonly bytes: number }
  /** Messages one after the other, each when the one before has come; with `answered` the other end sends as much back. */
  | {
      readonly do: "talk";
      readonly from: End;
      readonly bytes: number;
      readonly times: number;
      readonly answered: boolean;
    }
  /** All that was sent, and every FIN, has come. */
  | { readonly do: "settle" }
  | { readonly do: "wait"; readonly ms: number }
  /** Reads no more until `resume`. */
  | { readonly do: "stop"; readonly end: End }
  | { readonly do: "resume"; readonly end: End }
  | { readonly do: "finish"; readonly end: End };

/** How it is over: both finish, this one (if it has not yet) first; one resets; it is killed; or nothing happens any more until a limit is reached. */
export type Ending =
  | { readonly how: "fins"; readonly first: End }
  | { readonly how: "reset"; readonly by: End }
  | { readonly how: "kill" }
  | { readonly how: "silence"; readonly limits: Partial<RelayLimits> }
  /** `by` stops reading, and the other one sends more than there is room for. */
  | { readonly how: "stall"; readonly by: End; readonly limits: Partial<RelayLimits> };

export interface Exchange {
  /** What it is about; empty where chance made it. */
  readonly name: string;
  readonly steps: readonly Step[];
  readonly ending: Ending;
  /** So many bytes of each direction are shown to a tap; 0: there is none. */
  readonly tapped: number;
  /** The server's bytes are held back until there are so many, or it has finished; 0: no gate. */
  readonly gated: number;
}

/** More than all buffers on the way hold. */
const floodBytes = 64 * 1024 * 1024;

/** A worker's clock stands still within a turn, and nobody can tell how long another thread's turn was. The limits differ by more. */
const staleMs = 75;

let owners = 0;

/** One end as the exchange goes on. */
class Actor {
  readonly owner = owners++;
  sent = 0;
  hasFinished = false;
  /** As many of its bytes as a tap was shown. */
  shown = 0;
  /** What was wrong with what it got. */
  fault: string | null = null;

  constructor(
    readonly end: End,
    readonly peer: Peer,
  ) {}

  /** Expects all it gets to be `other`'s. */
  listen(other: Actor): void {
    this.peer.take = (bytes) => {
      if (!isContentOf(other.owner, this.peer.count, bytes))
        this.fault ??= `the ${this.end} got other bytes at ${this.peer.count}`;
      this.peer.count += bytes.length;
      if (this.peer.count > other.sent) this.fault ??= `the ${this.end} got more than was sent`;
      this.peer.changed();
    };
  }

  send(bytes: number): void {
    const from = this.sent;
    this.sent += bytes;
    for (const chunk of contentOf(this.owner, from, bytes)) this.peer.send(chunk);
  }

  finish(): void {
    if (!this.hasFinished) this.peer.finish();
    this.hasFinished = true;
  }

  /** All that `other` sent has come, and its FIN. Throws where an end comes before that. */
  async settled(other: Actor): Promise<void> {
    const { peer, end } = this;
    const isOver = (): boolean => peer.log.length > 0;
    const hasAll = (): boolean => peer.count >= other.sent && (!other.hasFinished || isOver());
    await peer.until(`the ${end} has ${other.sent} bytes`, () => hasAll() || isOver());
    if (!hasAll()) throw new Error(`the ${end} got ${peer.count} of ${other.sent} bytes and saw ${peer.log.join()}`);
  }
}

class Play {
  readonly client: Actor;
  readonly server: Actor;
  #firstEnd: End | null = null;
  /** Between these two instants something last moved, and nothing has since. */
  #movedAt = performance.now();
  #restedAt = performance.now();

  constructor(
    readonly exchange: Exchange,
    readonly session: Session,
  ) {
    this.client = new Actor("client", session.client);
    this.server = new Actor("server", session.server);
    this.client.listen(this.server);
    this.server.listen(this.client);
  }

  actor(end: End): Actor {
    return end === "client" ? this.client : this.server;
  }

  other(end: End): Actor {
    return end === "client" ? this.server : this.client;
  }

  async settle(): Promise<void> {
    await Promise.all([this.client.settled(this.server), this.server.settled(this.client)]);
    this.#restedAt = performance.now();
  }

  #finish(end: End): void {
    // Where both ends' FINs are under way nobody can say which one comes first.
    const other = this.other(end);
    if (other.hasFinished && this.actor(end).peer.log.length === 0) this.#firstEnd = null;
    else if (!other.hasFinished) this.#firstEnd = end;
    this.actor(end).finish();
  }

  async step(step: Step): Promise<void> {
    if (step.do === "send") this.#movedAt = performance.now();
    switch (step.do) {
      case "send":
        return this.actor(step.from).send(step.bytes);
      case "talk":
        return this.#talk(step.from, step.bytes, step.times, step.answered);
      case "settle":
        return this.settle();
      case "wait":
        return new Promise((resolve) => setTimeout(resolve, step.ms));
      case "stop":
        return this.actor(step.end).peer.socket.pause();
      case "resume":
        return this.actor(step.end).peer.socket.resume();
      case "finish":
        return this.#finish(step.end);
    }
  }

  async #talk(from: End, bytes: number, times: number, isAnswered: boolean): Promise<void> {
    const [speaker, other] = [this.actor(from), this.other(from)];
    for (let time = 0; time < times; time++) {
      this.#movedAt = performance.now();
      speaker.send(bytes);
      await other.settled(speaker);
      if (!isAnswered) continue;
      other.send(bytes);
      await speaker.settled(other);
    }
  }

  /** Takes every step, to the end; null where all is as it should be, or what is not. */
  async toTheEnd(lag: Lag): Promise<string | null> {
    const { ending, steps } = this.exchange;
    for (const step of steps) await this.step(step);
    const wrong =
      ending.how === "fins"
        ? await this.#fins(ending.first)
        : ending.how === "reset"
          ? await this.#reset(ending.by)
          : ending.how === "kill"
            ? await this.#kill()
            : ending.how === "silence"
              ? await this.#silence(ending.limits, lag)
              : await this.#stall(ending.by, ending.limits, lag);
    return this.client.fault ?? this.server.fault ?? wrong;
  }

  async #fins(first: End): Promise<string | null> {
    for (const end of [first, this.other(first).end]) {
      if (!this.actor(end).hasFinished) this.#finish(end);
      this.actor(end).peer.socket.resume();
    }
    await this.settle();
    const { by, how, bytesIn, bytesOut } = await this.session.relay.ended;
    const is = { by, how, bytesIn, bytesOut };
    const wanted = { by: this.#firstEnd ?? by, how: "fin", bytesIn: this.client.sent, bytesOut: this.server.sent };
    for (const { end, peer } of [this.client, this.server])
      if (peer.log.some((event) => event !== "fin" && event !== "closed")) return `the ${end} saw ${peer.log.join()}`;
    // Of a stream it may be shown no more before it has had enough.
    const isStream = this.client.sent + this.server.sent >= tappedMostBytes;
    for (const { end, sent, shown } of isStream ? [] : [this.client, this.server])
      if (shown < Math.min(sent, this.exchange.tapped)) return `the tap saw ${shown} bytes of the ${end}`;
    return differing(is, wanted);
  }

  async #reset(by: End): Promise<string | null> {
    const other = this.other(by);
    this.actor(by).peer.reset();
    other.peer.socket.resume();
    return (await this.#cut([other])) ?? this.#told(by, "reset");
  }

  async #kill(): Promise<string | null> {
    this.session.relay.kill();
    for (const { peer } of [this.client, this.server]) peer.socket.resume();
    return (await this.#cut([this.client, this.server])) ?? this.#told("proxy", "killed");
  }

  /** Those see that it was cut short. */
  async #cut(actors: readonly Actor[]): Promise<string | null> {
    for (const { peer, end } of actors) {
      await peer.until(`the ${end}'s end`, () => peer.isOver);
      // Of a reset after a FIN the system says EPIPE, and who writes meets the error first: what is read then is an end.
      const seen = peer.log.join();
      const mayBe = ["fin,ECONNRESET", "ECONNRESET", "fin,EPIPE", ...(peer.unsentBytes > 0 ? ["fin,closed"] : [])];
      if (!mayBe.includes(seen)) return `the ${end} saw ${seen}`;
    }
    return null;
  }

  /** It ended so, and no more is counted than was sent and no less than has come. */
  async #told(by: End | "proxy", how: string): Promise<string | null> {
    const relayed = await this.session.relay.ended;
    const { client, server } = this;
    const wrong = differing({ by: relayed.by, how: relayed.how }, { by, how });
    if (wrong !== null) return wrong;
    if (relayed.bytesIn > client.sent || relayed.bytesIn < server.peer.count) return `${relayed.bytesIn} bytes in`;
    if (relayed.bytesOut > server.sent || relayed.bytesOut < client.peer.count) return `${relayed.bytesOut} bytes out`;
    return differing(relayed, { ...relayed, ...this.session.relay.counts() });
  }

  async #silence(limits: Partial<RelayLimits>, lag: Lag): Promise<string | null> {
    await this.settle();
    const { client, server } = this;
    const wrong = await this.#timeOut({ ended: this.#ended, stalled: null }, limits, lag, 500);
    if (wrong !== null) return wrong;
    const { bytesIn, bytesOut } = this.session.relay.counts();
    return differing({ bytesIn, bytesOut }, { bytesIn: client.sent, bytesOut: server.sent });
  }

  get #ended(): End | null {
    return this.client.hasFinished ? "client" : this.server.hasFinished ? "server" : null;
  }

  async #stall(by: End, limits: Partial<RelayLimits>, lag: Lag): Promise<string | null> {
    await this.settle();
    const source = this.other(by);
    this.#movedAt = performance.now();
    this.actor(by).peer.socket.pause();
    source.send(floodBytes);
    this.#restedAt = performance.now();
    const wrong = await this.#timeOut({ ended: this.#ended, stalled: by }, limits, lag, 3000);
    this.actor(by).peer.socket.resume();
    // What was cut short must not look whole.
    return wrong ?? (await this.#cut([this.actor(by)])) ?? this.#told(by, "timeout");
  }

  /** It times out as it should: no sooner than since something last moved may have, and not much later than since it was seen to rest. */
  async #timeOut(
    state: { readonly ended: End | null; readonly stalled: End | null },
    limits: Partial<RelayLimits>,
    lag: Lag,
    slackMs: number,
  ): Promise<string | null> {
    const { by, atMs } = expected(state, { ...noLimits, ...limits });
    const seen = await this.session.relay.ended;
    const at = performance.now();
    const wrong = differing({ by: seen.by, how: seen.how }, { by, how: "timeout" });
    if (wrong !== null) return wrong;
    const [atLeast, atMost] = [at - this.#movedAt, at - this.#restedAt];
    if (atLeast > atMs - staleMs && atMost < atMs + slackMs + 2 * lag.worstMs) return null;
    return `${atLeast.toFixed(0)} ms after it moved and ${atMost.toFixed(0)} after it came to rest, not ${atMs}`;
  }
}

function differing(is: object, wanted: object): string | null {
  const [one, other] = [JSON.stringify(is), JSON.stringify(wanted)];
  return one === other ? null : `${one}, not ${other}`;
}

/** The first bytes of each end, as a tap sees them, until it has seen `enough` of it. */
function tapOf(play: () => Play, enough: number): Tap {
  const looking = (end: End) => {
    return (bytes: Uint8Array): boolean => {
      const actor = play().actor(end);
      const seen = actor.shown;
      if (!isContentOf(actor.owner, seen, bytes)) actor.fault ??= `the tap saw other bytes of the ${end} at ${seen}`;
      actor.shown += bytes.length;
      return actor.shown < enough;
    };
  };
  return { fromClient: looking("client"), fromServer: looking("server") };
}

/** A gate that opens when `enough` has come, or no more will. */
function gateOf(enough: number): Gate {
  const gate: Gate = new Gate(enough, () => {
    if (gate.isWhole) gate.open();
  });
  return gate;
}

/** Opens a session and begins; `over` tells what was not as it should have been. Sessions are opened one after the other: each takes the stage's next. */
export async function begin(
  stage: Stage,
  exchange: Exchange,
  connecting: Partial<ConnectOptions>,
  lag: Lag,
): Promise<{ readonly over: Promise<string | null> }> {
  const client = await stage.client();
  const server = await stage.server(connecting);
  const { ending, tapped, gated } = exchange;
  const limits = { ...noLimits, ...("limits" in ending ? ending.limits : {}) };
  const tap = tapped === 0 ? undefined : tapOf(() => play, tapped);
  const gate = gated === 0 ? undefined : gateOf(gated);
  const begunAt = performance.now();
  const ends = { client: client.peer, server: server.peer, begunAt };
  const relay = stage.transport.relay(client.connection, server.connection, limits, tap && [tap], gate);
  const play: Play = new Play(exchange, { ...ends, relay });
  const over = play
    .toTheEnd(lag)
    .catch((error: unknown) => String(error))
    .then((wrong) => (wrong === null ? null : `${JSON.stringify(exchange)}: ${wrong}`));
  return { over };
}
