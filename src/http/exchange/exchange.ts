/** One request and its answer, from the head to the log line: what its client and its server bring it to, step by step. */
import type { Connection } from "../../net/transport.ts";
import type { ServedSession } from "../../proxy/backend/backend.ts";
import type { Arriving } from "../../proxy/session/arrival.ts";
import type { Cause, Phase } from "../../proxy/session/search/seeker.ts";
import { frameRequest } from "../../wire/http/framing.ts";
import type { SessionRecord } from "../../session-record.ts";
import type { Head } from "../../wire/http/head.ts";
import { captureFields, emptySlots } from "../fields/captures.ts";
import { RuledExchange } from "./exchange-rules.ts";
import { type Message, strictFaultAt } from "../bytes/message.ts";
import { rawPage, versionPage } from "../answers/pages.ts";
import { tellAccepted } from "../../proxy/session/context/telling.ts";
import { ExchangeView, type Viewed } from "./view.ts";

/** Servers of HTTP/1.0 may not look for a body behind these, and would take it for another request. */
const withoutPayload = new Set(["GET", "HEAD", "DELETE"]);

/**
 * A chain of steps: `begin` → `proceed`, rule by rule → `findServer` → `found` → `#send` → `answerCame` → `answered`. `end` is the
 * only way out. What is called from outside catches whatever is thrown, and ends the exchange by `fail`.
 */
export class Exchange extends RuledExchange implements Arriving, ServedSession, Viewed {
  #view: ExchangeView | null = null;

  get http(): ExchangeView {
    return (this.#view ??= new ExchangeView(this));
  }

  get state(): "rules" | "queued" | "connecting" | "relaying" {
    if (this.stage === "search") return this.search?.state ?? "rules";
    return this.connection === null && this.stage !== "tunnel" ? "rules" : "relaying";
  }

  get requestHead(): Head | null {
    return this.method === "" ? null : (this.requestMessage?.reader.head ?? null);
  }

  get isFirstExchange(): boolean {
    return this.side.isFirst;
  }

  // Arriving: the first exchange of a connection is there before its request.

  admitted(): void {
    this.addresses.isAdmitted = true;
    this.side.admitted();
  }

  secured(client: Connection): void {
    this.client = client;
    this.side.secured(client);
  }

  unheard(reason: string): void {
    this.side.unheard(reason);
  }

  leave(): void {
    this.vanish("gone");
  }

  // The request.

  /** Its first byte has come; `message` is read into. */
  heard(message: Message): void {
    this.requestMessage = message;
    this.stage = "rules";
    this.firstByteMs = this.elapsed();
  }

  /** What has come is no head. */
  refuseHead(): void {
    const { reader } = this.incoming;
    const { inbox } = this.side;
    const isPreface = reader.fault === "http2-preface";
    if (!isPreface) this.captureRequest(inbox.bytes, inbox.from, inbox.end, inbox.from + reader.faultAt, "head");
    this.refuseRequest(isPreface ? 505 : 400, "P");
  }

  /** Its head is whole; with it begins what has come. */
  begin(): void {
    try {
      this.#begin(this.requestMessage as Message);
    } catch (error) {
      this.fail(error);
    }
  }

  #begin(message: Message): void {
    const { head } = message.reader;
    const { framing } = message;
    const { inbox } = this.side;
    this.headMs = this.elapsed();
    this.finalBytesIn += head.size;
    this.countRequest();
    const fault = frameRequest(head, framing);
    const strictly = message.acceptsInvalid ? strictFaultAt(message, inbox.bytes, inbox.from, inbox.end) : -1;
    if (fault !== null || strictly >= 0) {
      const at = inbox.from + (fault === null ? strictly : framing.faultAt);
      this.captureRequest(inbox.bytes, inbox.from, inbox.end, at, fault === null ? "accepted" : "field");
    }
    inbox.take(head.size);
    if (fault !== null) return this.refuseRequest(fault === "other-coding" ? 422 : 400, "P");
    this.note(head);
    const { front } = this;
    if (front.isLogging && front.plan.logFormat === null && front.plan.mode === "http") tellAccepted(this);
    if (framing.body !== "none" && head.version === 10 && !this.side.limits.acceptsAnyPayload) {
      if (withoutPayload.has(head.method)) return this.refuseRequest(413, "P");
    }
    message.body.begin(framing.body, framing.length, message.limits);
    this.#capture(head);
    if (!this.restrictNames(head, this.plan.fieldNames)) return;
    this.proceed();
  }

  #capture({ fields }: Head): void {
    const { requestCaptures } = this.plan;
    if (requestCaptures.length > 0) captureFields(requestCaptures, fields, this.requestSlots());
  }

  requestSlots(): (string | null)[] {
    return (this.capturedRequest ??= emptySlots(this.plan.requestCaptures));
  }

  answerSlots(): (string | null)[] {
    return (this.capturedResponse ??= emptySlots(this.plan.responseCaptures));
  }

  /** What came is no request, or not all of one in time: answers, unless there is nothing to be said, and ends. */
  refuseRequest(status: 400 | 408 | 413 | 422 | 505, cause: Cause): void {
    if (status !== 408 && cause === "P") this.countRequestError();
    this.finalBytesIn += this.side.inbox.length;
    this.status = status;
    if (this.headMs < 0) this.countRequest();
    // As in HAProxy: what is too late is late since it could have come.
    if (status === 408) this.firstByteMs = -1;
    this.hideTimes();
    if (this.method === "" && this.requestMessage !== null) this.requestMessage.framing.isPersistent = false;
    if (this.client.closed) return this.end(cause, "R", "gone");
    if (status === 505) return this.sendRaw(versionPage, cause, "R");
    if (this.front.rules.http?.pages.has(status) === true) return this.refuse(status, cause, "R");
    this.sendRaw(rawPage(status), cause, "R");
  }

  /** More of the client has come. False: nothing more is to be read for now. */
  requestCame(): boolean {
    try {
      return this.#requestCame();
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  #requestCame(): boolean {
    const { inbox, limits } = this.side;
    if (this.stage === "rules" && this.isBodyWanted) this.proceed();
    if (this.isOver) return false;
    const { stage } = this;
    if (stage === "waiting" || stage === "answering") return this.passRequest();
    if (stage === "rules") return this.isBodyWanted && inbox.length < limits.bodyBytes;
    return stage === "search" && this.at?.plan.abortOnClose === true && inbox.length < limits.bodyBytes;
  }

  // The client's going, and other ends.

  /** The client has sent FIN, and everything before it is in the inbox. */
  clientEnded(): void {
    try {
      this.#clientEnded();
    } catch (error) {
      this.fail(error);
    }
  }

  #clientEnded(): void {
    const isWhole = this.requestMessage?.body.isDone ?? false;
    switch (this.stage) {
      case "rules":
        if (this.isBodyWanted) this.proceed();
        return;
      case "tarpit":
        return this.end("C", "T", "close");
      case "search":
        if (this.at?.plan.abortOnClose === true) this.#abort(this.search?.state === "queued" ? "Q" : "C");
        return;
      case "waiting":
        if (!isWhole) this.#abort("D");
        else if (this.at?.plan.abortOnClose === true) this.#abort("H");
        return;
      case "answering":
        if (!isWhole && this.answerMessage?.body.isDone !== true) this.#abort("D");
        else if (!isWhole) this.gone();
        return;
      default:
    }
  }

  /** The client's connection is gone. */
  clientLost(): void {
    try {
      if (this.stage === "search") this.#abort(this.search?.state === "queued" ? "Q" : "C", "gone");
      else if (this.stage === "tarpit") this.end("C", "T", "gone");
      else
        this.#abort(this.stage === "rules" ? "R" : this.stage === "waiting" && this.isBodyThere() ? "H" : "D", "gone");
    } catch (error) {
      this.fail(error);
    }
  }

  /** Nobody is there any more who wants an answer. */
  #abort(phase: Phase, client: "close" | "gone" = "close"): void {
    const status = phase === "Q" || phase === "C" ? 503 : 400;
    if (phase !== "D") this.status = status;
    if (phase === "H") {
      for (const counters of [this.at?.counters, this.target?.counters]) if (counters) counters.clientAborts += 1;
    }
    // It may still read.
    if (client === "close" && phase !== "D") return this.refuse(status, "C", phase);
    this.dropServer();
    this.end("C", phase, client);
  }

  clientSilent(): void {
    this.search?.clientSilent();
  }

  /** Seeker: there is no server to be had. */
  abandon(cause: Cause, phase: Phase): void {
    if (this.isOver) return;
    if (cause === "C") return this.#abort(phase);
    if (cause === "D" || cause === "U" || cause === "K") return this.kill(cause);
    this.refuse(503, cause, phase);
  }

  /** Ends it at once, whatever it does. `letter`: why. Its client is told as of a server that leaves, if it takes that at once. */
  kill(letter: Cause): void {
    if (this.isOver) return;
    this.killedBy = letter;
    try {
      if (this.relay !== null) return this.relay.kill();
      this.#tellKilled(letter);
      if (this.isOver) return;
      this.dropServer();
      this.end(letter, this.answeredMs >= 0 ? "D" : "R", "reset");
    } catch (error) {
      this.fail(error);
    }
  }

  #tellKilled(letter: Cause): void {
    const { stage, search, answerMessage } = this;
    if (stage === "waiting") this.refuse(502, letter, "H");
    else if (stage === "search") this.refuse(503, letter, search?.state === "queued" ? "Q" : "C");
    else if (stage === "answering" && answerMessage?.body.isDone !== true) {
      for (const one of [this.at, this.target]) if (one !== null) one.counters.serverAborts += 1;
      this.cutShort(letter, "D");
    }
  }

  override recordSoFar(): SessionRecord {
    return this.recordUnnamed();
  }

  // Effects.

  capture(from: "request" | "response", slot: number, text: string): void {
    const plans = from === "request" ? this.plan.requestCaptures : this.plan.responseCaptures;
    const plan = plans[slot];
    if (plan === undefined) return;
    const slots = from === "request" ? this.requestSlots() : this.answerSlots();
    slots[slot] = text.slice(0, plan.length);
  }
}
