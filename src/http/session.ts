/** A client's connection in `mode http`: one request after the other, each an exchange of its own. */
import { clockMs } from "../clock.ts";
import type { Connection, Stream, StreamOwner } from "../net/transport.ts";
import type { Frontend } from "../proxy/frontend/frontend.ts";
import type { BoundListener, Serving } from "../proxy/frontend/listener.ts";
import type { Server } from "../proxy/backend/server.ts";
import type { Membership } from "../roster.ts";
import { arrive } from "../proxy/session/arrival.ts";
import type { Cause } from "../proxy/session/search/seeker.ts";
import type { RunningSession, Sessions } from "../proxy/session/sessions.ts";
import type { SessionContext } from "../proxy/session/context/session-context.ts";
import { tellFailed } from "../proxy/session/context/telling.ts";
import { releaseTracked, type Tracked } from "../rules/stick/tracking.ts";
import type { ClientEnd, ClientSide, HttpLimits, HttpProcess } from "./client/client-side.ts";
import { Exchange } from "./exchange/exchange.ts";
import { Inbox } from "./bytes/inbox.ts";
import type { IdlePlace, ServerConnection } from "./server/server-connection.ts";
import { TimedSession } from "./timed-session.ts";

/** How long a client that may still send may take to read the last answer. */
const lingerMs = 10_000;
const nothing = new Uint8Array(0);

/**
 * `start` → `admitted` → (a request's head comes → an exchange → `exchanged`), again and again, until the client leaves, its time is
 * over, or an answer was the last. `leave` is the only way out, and gives back what the connection took.
 */
export class HttpSession extends TimedSession implements Serving, StreamOwner, ClientSide, IdlePlace, RunningSession {
  readonly inbox = new Inbox();
  tracked: Tracked | null = null;
  hasEnded = false;
  last: { readonly server: Server; readonly status: number } | null = null;
  own: ServerConnection | null = null;
  protected exchange: Exchange;
  protected isBusy = false;
  #isServing = false;
  #isReading = false;
  /** Among those that run; null: not yet. */
  #place: Membership<RunningSession> | null = null;
  constructor(
    readonly sessions: Sessions,
    front: Frontend,
    readonly listener: BoundListener,
    public client: Connection,
    readonly http: HttpProcess,
    readonly limits: HttpLimits,
    now: number,
    former: SessionContext | null,
  ) {
    super(front, now);
    this.tracked = former === null ? null : former.ownTracked;
    this.exchange = new Exchange(this, now, former);
    if (former === null) return;
    this.exchange.acceptedAt = this.idleDate = former.acceptedAt;
    this.exchange.handshakeMs = former.handshakeMs;
  }

  /** Serving. */
  start(): void {
    this.#place = this.sessions.running.add(this);
    this.sessions.bytesOut.begin();
    try {
      this.isBusy = true;
      arrive(this.exchange);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Goes on where a session in `mode tcp` has come to. */
  goOn(): void {
    this.#place = this.sessions.running.add(this);
    this.admitted();
  }

  secured(client: Connection): void {
    this.client = client;
  }

  /** There was no PROXY header, or no handshake. */
  unheard(reason: string): void {
    const exchange = this.exchange;
    exchange.vanish("gone");
    tellFailed(exchange, exchange.record(false), reason);
  }

  admitted(): void {
    const { client } = this;
    // What had to come first has a time of its own.
    if (this.isBusy && this.exchange.handshakeMs > 0) this.heardAt = this.idleAt = clockMs();
    this.isBusy = false;
    const { ownTracked } = this.exchange;
    this.tracked = ownTracked === null ? null : [...ownTracked];
    client.onLost = null;
    client.owner = this;
    this.#isReading = true;
    const { held } = client;
    if (held.length > 0) {
      client.held = nothing;
      this.data(client, held, held.length);
    }
    if (this.isOver) return;
    if (client.ended) return this.end();
    this.arm();
    if (this.#isReading) client.resume();
  }

  // StreamOwner.

  data(_: Stream, buffer: Uint8Array, length: number): boolean {
    try {
      return this.#data(buffer, length);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #data(buffer: Uint8Array, length: number): boolean {
    this.heardAt = clockMs();
    this.inbox.give(buffer, length);
    const goesOn = this.#serve();
    this.inbox.keep();
    if (this.isOver) return false;
    if (!this.isBusy) this.wait();
    if (this.isOver) return false;
    if (goesOn) this.#isReading = true;
    else this.pause();
    return goesOn;
  }

  drained(_: Stream, isAll: boolean): void {
    if (this.hasBegun || this.isBusy) this.exchange.clientDrained(isAll);
  }

  end(): void {
    if (this.isOver || this.hasEnded) return;
    this.hasEnded = true;
    if (this.hasBegun) return this.exchange.clientEnded();
    this.safely(this.#endIdle);
  }

  closed(): void {
    if (!this.isOver) this.safely(this.#closed);
  }

  #closed(): void {
    if (this.hasBegun) return this.exchange.clientLost();
    if (!this.isBusy) {
      if (!this.isFirst || !this.#isTalkative) return this.leave("gone");
      this.#begin();
    }
    this.hasBegun = true;
    this.exchange.refuseRequest(400, "C");
  }

  /** Takes requests out of what has come, one after the other. False: nothing more is to be read for now. */
  #serve(): boolean {
    if (this.#isServing) return false;
    this.#isServing = true;
    try {
      while (!this.isOver) {
        if (this.hasBegun) {
          const goesOn = this.exchange.requestCame();
          // Its last bytes may have been all that it waited for.
          if (this.hasBegun) return goesOn;
          continue;
        }
        if (this.inbox.length === 0) return true;
        if (!this.#readHead()) return !this.isOver;
      }
      return false;
    } catch (error) {
      this.#fail(error);
      return false;
    } finally {
      this.#isServing = false;
    }
  }

  /** Goes on with a request's head. False: it is not whole. */
  #readHead(): boolean {
    const { inbox } = this;
    if (!this.isBusy) this.#begin();
    const exchange = this.exchange;
    const message = exchange.incoming;
    const { reader } = message;
    const progress = reader.read(inbox.bytes, inbox.from, inbox.end);
    if (progress === "need-more") {
      // Line ends before a request are none of it yet.
      this.arm();
      return false;
    }
    this.hasBegun = true;
    if (progress === "refused") {
      exchange.refuseHead();
      return false;
    }
    exchange.begin();
    return true;
  }

  /** The first byte of a request has come. */
  #begin(): void {
    this.isBusy = true;
    this.headAt = clockMs();
    if (!this.isFirst) {
      this.exchange = new Exchange(this, this.idleAt, this.exchange);
      this.exchange.acceptedAt = this.idleDate;
    }
    this.exchange.heard(this.http.requests.take(this.limits.head, this.httpPlan.acceptsInvalidRequest));
  }

  // ClientSide.

  get clientCase(): ReadonlyMap<string, string> | undefined {
    return this.httpPlan.adjustsCaseForClients ? this.limits.caseAdjust : undefined;
  }

  get serverCase(): ReadonlyMap<string, string> | undefined {
    const back = this.exchange.at?.plan.http;
    return back?.adjustsCaseForServers === true ? this.limits.caseAdjust : undefined;
  }

  readOn(): void {
    if (this.isOver || this.#isReading || this.hasEnded) return;
    this.#isReading = true;
    this.client.resume();
  }

  pause(): void {
    this.#isReading = false;
    this.client.pause();
  }

  exchanged(end: ClientEnd): void {
    this.isBusy = this.hasBegun = false;
    this.isFirst = false;
    if (end !== "keep") return this.leave(end);
    this.rest();
    if (this.#isServing) return;
    this.safely(this.#goOn);
  }

  #goOn(): void {
    // Whoever comes here reads from somewhere else: what is left of the client's is in a buffer of its own.
    if (!this.#serve()) return;
    if (this.hasEnded) return this.#endIdle();
    this.wait();
    this.readOn();
  }

  /** Nothing more can come, and no request is under way. */
  #endIdle(): void {
    if (this.isBusy || (this.isFirst && this.#isTalkative)) {
      if (!this.isBusy) this.#begin();
      this.hasBegun = true;
      return this.exchange.refuseRequest(400, "C");
    }
    this.leave("close");
  }

  /** A connection that ends without a request gets an answer, and a line. */
  get #isTalkative(): boolean {
    return !this.httpPlan.ignoresProbes;
  }

  /** Timed. */
  timedOut(): void {
    if (!this.isOver) this.safely(this.#timedOut);
  }

  #timedOut(): void {
    if (this.hasBegun) this.exchange.expire(clockMs());
    else if (!this.isBusy && (!this.isFirst || !this.#isTalkative)) this.leave("close");
    else {
      if (!this.isBusy) this.#begin();
      this.hasBegun = true;
      this.exchange.refuseRequest(408, "c");
    }
    this.arm();
  }

  // The end.

  /** Gives back the client's place. */
  protected leave(end: ClientEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.disarm();
    this.#place?.end();
    try {
      this.own?.discard();
      this.exchange.releaseConnection();
      if (this.tracked !== null) releaseTracked(this.tracked);
    } finally {
      try {
        this.#closeClient(end);
      } finally {
        this.listener.leave(this.exchange.addresses.tls !== null);
        this.front.leave();
      }
    }
  }

  #closeClient(end: ClientEnd): void {
    const { client } = this;
    if (end === "gone" || this.exchange.giveUpHandshake() || client.closed) return;
    client.owner = null;
    try {
      if (end === "reset") client.reset();
      else if (end === "drop") this.exchange.drop();
      else if (end === "linger" && !this.hasEnded) client.closeWith(nothing, lingerMs);
      else client.close();
    } catch (error) {
      client.terminate();
      throw error;
    }
  }

  #cut(): void {
    this.leave("reset");
  }

  protected safely(step: () => void): void {
    try {
      step.call(this);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Something threw, of an exchange or between two. Never throws. */
  #fail(error: unknown): void {
    this.exchange.fail(error);
    try {
      this.#cut();
    } catch (another) {
      this.front.process.faults.note(another, "in a connection of mode http that was being ended");
    }
  }

  /** IdlePlace: its own server connection has gone. */
  remove(connection: ServerConnection): void {
    if (this.own !== connection) return;
    this.own = null;
  }

  /** Ends it at once, whatever it does. `letter`: why. */
  kill(letter: Cause): void {
    if (!this.isBusy) return this.safely(this.#cut);
    // Else its client may go on with another request.
    if (this.front.process.stopping) this.leaveNext();
    this.exchange.kill(letter);
  }
}
