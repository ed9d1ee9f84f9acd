/** How an exchange ends: in one place, which gives back what was taken, counts and tells. */
import { type CapturedFault, capturedBytes, type FaultyPart, type Named } from "../../proxy/process/captured-fault.ts";
import { account } from "../../proxy/session/accounting.ts";
import type { Cause, Phase } from "../../proxy/session/search/seeker.ts";
import { tell } from "../../proxy/session/context/telling.ts";
import { countError, countFailure, countRequest, countStatus, type Tracked } from "../../rules/stick/tracking.ts";
import type { SessionRecord } from "../../session-record.ts";
import { type Head, headLength } from "../../wire/http/head.ts";
import type { ClientEnd } from "../client/client-side.ts";
import { ExchangeContext } from "./exchange-context.ts";
import type { Compression } from "../compression/compression.ts";
import type { Message } from "../bytes/message.ts";
import type { ServerConnection } from "../server/server-connection.ts";

/** An exchange with what it holds, and its only way out. */
export abstract class EndingExchange extends ExchangeContext {
  isOver = false;
  /** Null before its head has begun, and after the end. */
  protected requestMessage: Message | null = null;
  /** Null while no server was asked. */
  protected answerMessage: Message | null = null;
  /** What its answer's body goes through; null: nothing. */
  protected compression: Compression | null = null;
  /** The connection to its server. */
  protected connection: ServerConnection | null = null;
  /** `option logasap`: its one line has been written. */
  #isTold = false;

  /** The one way out of an exchange that has begun. `client`: what becomes of that connection. */
  protected end(cause: Cause, phase: Phase, client: ClientEnd): void {
    if (this.isOver) return;
    this.endedMs = this.elapsed();
    // Mostly nothing is to be told, for which no text is made.
    this.termination = cause === "-" && phase === "-" ? "--" : cause + phase;
    try {
      this.search?.leave();
    } catch (error) {
      this.#blame(error);
    }
    this.isOver = true;
    try {
      if (this.at !== null) this.at.counters.current -= 1;
      this.countBytes();
      account(this, cause, phase, this.answeredMs);
      this.#countAnswer();
      // Told while its tracked entries are held and its heads are there, for a format may ask.
      if (this.front.isLogging && !this.#isTold) tell(this, this.#record(this.front.plan.logAsap));
    } finally {
      this.#giveBack(client);
    }
  }

  /** It has not become an exchange: nothing is counted or told. */
  vanish(client: ClientEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#giveBack(client);
  }

  #giveBack(client: ClientEnd): void {
    const { requests, answers } = this.side.http;
    try {
      // Whoever wanted to keep it has taken it before.
      this.endCompression();
      this.connection?.cut();
      this.connection = this.serverConnection = null;
      this.live?.end();
      this.giveUpAnswer();
      this.endTransaction();
      this.releaseOwnTracked();
    } finally {
      if (this.requestMessage !== null) requests.give(this.requestMessage);
      if (this.answerMessage !== null) answers.give(this.answerMessage);
      this.requestMessage = this.answerMessage = null;
      this.side.exchanged(client);
    }
  }

  /** Gives back what compressing takes. */
  protected endCompression(): void {
    this.compression?.close();
    this.compression = null;
  }

  /** Its connection is over, and it was the last: gives back what lasts as long as that. */
  releaseConnection(): void {
    this.releaseVariables();
  }

  /** What its head is read by. */
  get incoming(): Message {
    return this.requestMessage as Message;
  }

  /** What throws while it ends changes how it has ended, and nothing else. */
  #blame(error: unknown): void {
    this.front.process.faults.note(error, "at the end of an exchange");
    this.termination = `I${this.termination[1] ?? "-"}`;
  }

  /** The line is told even if its unique ID cannot be made: that throws once only. */
  #record(unfinished: boolean): SessionRecord {
    try {
      return this.record(unfinished);
    } catch (error) {
      if (!this.isOver) throw error;
      this.#blame(error);
      return this.record(unfinished);
    }
  }

  doLog(): void {
    tell(this, this.#record(true));
  }

  /** Keeps a bad request for the operator: `bytes` up to `end`, of which that at `at` is wrong. */
  protected captureRequest(bytes: Uint8Array, from: number, end: number, at: number, part: FaultyPart): void {
    const { at: backend, target, front } = this;
    const other = backend === null || backend.plan.name === front.plan.name ? null : backend.plan;
    front.counters.http.lastFault = this.#captured(bytes, [from, end, at], part, other, target);
  }

  /** Likewise of a bad response. */
  protected captureResponse(bytes: Uint8Array, from: number, end: number, at: number, part: FaultyPart): void {
    const { at: backend, target, front } = this;
    if (backend === null) return;
    backend.counters.http.lastFault = this.#captured(bytes, [from, end, at], part, front.plan, target);
  }

  #captured(
    bytes: Uint8Array,
    [from, end, at]: readonly [number, number, number],
    part: FaultyPart,
    other: Named | null,
    server: Named | null,
  ): CapturedFault {
    const { front, listener, side } = this;
    const { process } = front;
    process.capturedFaults += 1;
    return {
      at: Date.now(),
      event: process.capturedFaults - 1,
      client: this.source,
      listenerId: listener.id,
      other: other === null ? null : { name: other.name, id: other.id },
      server: server === null ? null : { name: server.name, id: server.id },
      isFirst: side.isFirst,
      isPersistent: this.requestMessage?.framing.isPersistent === true,
      part,
      bytes: capturedBytes(bytes, from, end, process.bufsizeBytes),
      position: at - from,
      bufferBytes: process.bufsizeBytes,
    };
  }

  /** `option logasap`, once the answer's head is there. `unsent`: that head, which is told as sent; null: it has been. */
  protected tellEarly(unsent: Head | null): void {
    if (!this.front.plan.logAsap || !this.front.isLogging || this.#isTold) return;
    const known = this.#record(true);
    const record = { ...known, bytesOut: known.bytesOut + (unsent === null ? 0 : headLength(unsent)) };
    if (this.front.plan.dontLogNormal && !record.redispatched && record.retries === 0) return;
    tell(this, record, true);
    this.#isTold = true;
  }

  /** A request has come, whatever it says. */
  protected countRequest(): void {
    this.front.countRequest(this.side.isFirst);
    if (this.ownTracked !== null) countRequest(this.ownTracked);
  }

  #countAnswer(): void {
    const { status, at } = this;
    if (this.method === "" && status < 0) return;
    this.front.counters.http.answered(status);
    if (at !== null) at.counters.http.answered(status);
    if (this.ownTracked !== null) this.#countFault(this.ownTracked);
  }

  /** Whose fault it was: what the server's answer says, or, where there was none, the letters. */
  #countFault(tracked: Tracked): void {
    if (this.answeredMs >= 0) return countStatus(tracked, this.status);
    if (this.status >= 400 && /^(?:P[RT]|[cC]R)$/.test(this.termination)) countError(tracked);
    else if (/^[sS]H$/.test(this.termination)) countFailure(tracked);
  }

  /** Something of ours went wrong in it. */
  protected countInternalError(): void {
    this.listener.internalErrors += 1;
    for (const one of [this.front, this.at, this.target]) if (one !== null) one.counters.http.internalErrors += 1;
  }

  countFailedWrite(): void {
    this.listener.failedRewrites += 1;
    for (const one of [this.front, this.at, this.target]) if (one !== null) one.counters.http.failedRewrites += 1;
  }

  /** Something threw. Never throws. */
  fail(error: unknown): void {
    const { process } = this.front;
    process.faults.note(error, "in an exchange, which was ended");
    if (this.isOver) return;
    this.countInternalError();
    try {
      this.relay?.kill();
      this.end("I", this.answeredMs >= 0 ? "D" : "R", "reset");
    } catch (another) {
      process.faults.note(another, "in an exchange that was being ended");
    }
  }

  override countBytes(): void {
    try {
      super.countBytes();
    } catch (error) {
      this.fail(error);
    }
  }
}
