/** What a server answers, and what becomes of it before the client has it. */
import { clockMs, dateMs } from "../../clock.ts";
import type { Connection, Relay, Relayed, RelayHandler } from "../../net/transport.ts";
import type { Backend } from "../../proxy/backend/backend.ts";
import { cachingOf } from "../../proxy/backend/cookies/answer-caching.ts";
import type { CookiePersistence } from "../../proxy/backend/cookies/cookie-persistence.ts";
import type { AnswerFault } from "../../proxy/check/answer-fault.ts";
import type { Server } from "../../proxy/backend/server.ts";
import { remember } from "../../proxy/backend/sticking.ts";
import type { Cause } from "../../proxy/session/search/seeker.ts";
import { frameResponse } from "../../wire/http/framing.ts";
import type { Head } from "../../wire/http/head.ts";
import { countFailure } from "../../rules/stick/tracking.ts";
import { JudgingExchange } from "./exchange-judging.ts";
import type { Inbox } from "../bytes/inbox.ts";
import { type Message, strictFaultAt } from "../bytes/message.ts";
import { outgoing } from "../bytes/outgoing.ts";
import type { ServerConnection } from "../server/server-connection.ts";

const asPlanned: Readonly<Record<"client" | "server" | "tunnel", number>> = { client: -1, server: -1, tunnel: -1 };

/** An exchange as far as its server answers. */
export abstract class ReceivingExchange extends JudgingExchange implements RelayHandler {
  /** `set-timeout`, ms; -1: as planned. */
  protected timeouts = asPlanned;
  protected killedBy: Cause | null = null;

  abstract get requestHead(): Head | null;

  answerCame(): boolean {
    try {
      return this.#answerCame();
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  #answerCame(): boolean {
    const { connection } = this;
    if (connection === null) return false;
    if (this.stage === "answering") {
      this.serverHeardAt = clockMs();
      return this.#passMore(connection);
    }
    while (this.stage === "waiting") {
      const { answerMessage } = this;
      if (answerMessage === null) return false;
      if (this.isJudging) {
        this.serverHeardAt = clockMs();
        return this.#judge(answerMessage, connection);
      }
      const { reader, framing } = answerMessage;
      const { inbox } = connection;
      const progress = reader.read(inbox.bytes, inbox.from, inbox.end);
      if (progress === "need-more") return true;
      if (progress === "refused" || this.#frame(answerMessage) !== null) {
        const [at, part] =
          progress === "refused" ? [reader.faultAt, "head" as const] : [framing.faultAt, "field" as const];
        this.captureResponse(inbox.bytes, inbox.from, inbox.end, inbox.from + at, part);
        this.#badAnswer();
        return false;
      }
      if (answerMessage.acceptsInvalid) this.#captureLoose(answerMessage, inbox);
      inbox.take(reader.head.size);
      // As in HAProxy a head has so much time and no more for coming in pieces.
      this.serverHeardAt = clockMs();
      if (answerMessage.framing.isInterim) {
        this.target?.counters.http.answered(reader.head.status);
        this.sendInterim(reader.head);
      } else return this.#startAnswer(answerMessage, connection);
    }
    return false;
  }

  /** More of its body has come; or something behind it, which is no answer to anything. */
  #passMore({ inbox }: ServerConnection): boolean {
    const { answerMessage } = this;
    if (answerMessage === null || this.isClientFull) return false;
    if (!answerMessage.body.isDone) return this.passAnswer(false);
    answerMessage.framing.isPersistent = false;
    inbox.clear();
    return true;
  }

  /** What only `accept-invalid-http-response` lets through can be looked at afterwards. */
  #captureLoose(message: Message, { bytes, from, end }: Inbox): void {
    const at = strictFaultAt(message, bytes, from, end);
    if (at >= 0) this.captureResponse(bytes, from, end, from + at, "accepted");
  }

  #frame({ reader, framing }: Message): string | null {
    const asked = this.requestMessage?.framing.isUpgrade === true;
    return frameResponse(reader.head, this.requestHead?.method ?? this.method, asked, framing);
  }

  /** 1xx: the answer is still to come. */
  protected sendInterim(head: Head): void {
    if (this.version === "HTTP/1.0") return;
    outgoing.begin(this.client);
    outgoing.head(head, this.side.clientCase);
    outgoing.end();
    this.finalBytesOut += outgoing.sentBytes;
  }

  /** What came is no answer. */
  #badAnswer(): void {
    this.countFailure("headers");
    if (this.back.retryOn.junkResponse && this.retry(false)) return;
    if (this.ownTracked !== null) countFailure(this.ownTracked);
    this.refuse(502, "P", "H");
  }

  /** The answer's head is whole. False: nothing more is to be read for now. */
  #startAnswer(message: Message, connection: ServerConnection): boolean {
    const { head } = message.reader;
    const { framing } = message;
    const { statuses } = this.back.retryOn;
    if (statuses.length > 0 && statuses.includes(head.status) && this.retry(false)) return false;
    this.answeredMs = this.elapsed();
    // What it says, whatever rules make of that.
    this.target?.counters.http.answered(head.status);
    const isFailure = head.status >= 500 && head.status !== 501 && head.status !== 505;
    this.observeAnswer(isFailure ? "status" : null);
    this.canReplay = false;
    this.replay = null;
    message.body.begin(framing.body === "tunnel" ? "none" : framing.body, framing.length, message.limits);
    this.status = head.status;
    this.captureAnswer(head);
    this.#stick();
    if (message.body.kind === "length" || message.body.kind === "chunked") this.beginCompression(head, true);
    return this.#judge(message, connection);
  }

  /** Its rules, which may wait for the body. False: nothing more is to be read for now. */
  #judge(message: Message, connection: ServerConnection): boolean {
    const verdict = this.runAnswerRules();
    if (verdict === "wait") {
      this.side.arm();
      return true;
    }
    if (verdict === "pass") return this.#beginAnswer(message, connection);
    this.denyAnswer(verdict);
    return false;
  }

  #beginAnswer(message: Message, connection: ServerConnection): boolean {
    const { head } = message.reader;
    const { framing } = message;
    this.captureAnswerCookie(head);
    const isSecret = this.back.checksCache && setsCookie(head);
    if (this.cookies !== null) this.#writeCookie(this.cookies, head);
    if (isSecret && this.#isKept(head)) {
      this.denyAnswer("reject");
      return false;
    }
    if (!this.runAfterRules()) {
      this.denyAnswer("answer");
      return false;
    }
    this.status = head.status;
    this.#fitBody(message);
    this.tellCompression(head, message.body.kind !== "none");
    message.body.coder = this.compression;
    if (framing.body === "tunnel") {
      this.#tunnel(head, connection);
      return false;
    }
    if (this.version === "HTTP/1.0" && framing.body === "chunked") {
      message.body.form = "plain";
      head.fields.remove("transfer-encoding");
    }
    const endsWithConnection = framing.body === "until-close" || message.body.form === "plain";
    this.setPersistence(head, endsWithConnection || !this.clientGoesOn);
    this.stage = "answering";
    this.tellEarly(head);
    this.countLive();
    const goesOn = this.passAnswer(true);
    if (!this.isOver) this.side.arm();
    return goesOn;
  }

  /** Rules may have made it an answer with a body, or without one, that the server's is not: the client must not be misled. */
  #fitBody({ reader, framing, body }: Message): void {
    const { fields, status } = reader.head;
    if (framing.body === "tunnel") return;
    const isEmpty = status === 204 || status === 304;
    if (framing.body === "none") {
      const length = fields.find("content-length");
      if (isEmpty || this.method === "HEAD" || (length >= 0 && fields.value(length) === "0")) return;
      fields.remove("transfer-encoding");
      fields.set("content-length", "0");
    } else if (isEmpty || this.method === "HEAD") {
      // What the server is about to say is for nobody.
      body.begin("none", 0, this.side.limits.head);
      framing.isPersistent = false;
      fields.remove("transfer-encoding");
      if (status === 204) fields.remove("content-length");
    }
  }

  /** Caches may keep the answer with its cookies. */
  #isKept({ fields }: Head): boolean {
    const { answer, cookies } = cachingOf(fields, this.method, this.status);
    return answer && cookies;
  }

  /** `cookie`: tells the client which server it is at. */
  #writeCookie(cookies: CookiePersistence<Server>, { fields }: Head): void {
    const { search, target, method, status } = this;
    if (search === null || target === null || target.name === "") return;
    const { isDirect, isIgnored } = search;
    cookies.writeAnswer(fields, { server: target, isDirect, isIgnored, method, status }, Math.floor(dateMs() / 1000));
    this.cookieState = cookies.letters;
  }

  /** Remembers the server, under what its answer says as well: as it came, before the rules for it. */
  #stick(): void {
    const { at, target } = this;
    if (at === null || target === null) return;
    const { sticking } = at.rules;
    if (sticking !== null && !target.plan.nonStick) remember(sticking, this.search?.stores ?? [], this, target);
  }

  protected countLive(): void {
    if (this.front.plan.contStats || this.ownTracked !== null) this.live ??= this.sessions.liveBytes.add(this);
  }

  /** All of the answer has gone, and the request may still be going. */
  protected answered(): void {
    const { requestMessage, answerMessage, connection } = this;
    if (this.isOver || requestMessage === null || answerMessage === null) return;
    if (connection !== null && (!requestMessage.body.isDone || this.isServerFull)) return this.side.arm();
    if (connection !== null) {
      this.side.last = { server: connection.server, status: this.status };
      this.keep(connection, answerMessage.framing.isPersistent);
    }
    this.end("-", "-", this.clientEnd);
  }

  serverEnded(): void {
    try {
      this.#serverEnded();
    } catch (error) {
      this.fail(error);
    }
  }

  #serverEnded(): void {
    const { answerMessage } = this;
    if (this.stage === "waiting") {
      if (!this.isJudging) return this.#unanswered("close");
      if (answerMessage?.body.kind !== "until-close") return this.answerBroken("close");
      // It is as long as what has come.
      this.hasAnswerEnded = true;
      this.answerCame();
    }
    if (this.stage !== "answering" || answerMessage === null) return;
    if (answerMessage.body.kind === "until-close" && !answerMessage.body.isDone) return this.endAnswer();
    this.gone();
  }

  serverLost(code: string | null): void {
    this.connection = null;
    try {
      const fault = code === null ? "close" : "read-error";
      if (this.stage === "waiting" && this.isJudging) this.answerBroken(fault);
      else if (this.stage === "waiting") this.#unanswered(fault);
      else if (this.stage === "answering") this.gone();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The server has left in the midst of an answer, or behind it while the request was still coming. */
  protected gone(): void {
    const { answerMessage } = this;
    if (answerMessage?.body.isDone !== true) {
      this.countFailure("close");
      return this.cutShort("S", "D");
    }
    this.dropServer();
    if (this.isClientFull) return;
    this.answered();
  }

  /** The server has left without an answer. */
  #unanswered(fault: AnswerFault): void {
    if (this.isStale && this.retry(true)) return;
    this.countFailure(fault);
    const hasBegun = (this.connection?.inbox.length ?? 0) > 0;
    if (!hasBegun && this.back.retryOn.emptyResponse && this.retry(false)) return;
    if (this.side.isFirst || hasBegun || !this.isReused) return this.refuse(502, "S", "H");
    // Its client will send it again by itself, as it does where a server closes an idle connection.
    this.dropServer();
    this.logLevel = "silent";
    this.end("S", "H", "linger");
  }

  /** 101, or CONNECT: from here on bytes are nobody's but the two ends'. */
  #tunnel(head: Head, connection: ServerConnection): void {
    const { side } = this;
    outgoing.begin(this.client);
    outgoing.head(head, side.clientCase);
    outgoing.end();
    this.finalBytesOut += outgoing.sentBytes;
    this.stage = "tunnel";
    this.tellEarly(null);
    this.connection = null;
    const server = connection.release();
    try {
      this.relay = this.#joined(server);
    } catch (error) {
      server.reset();
      throw error;
    }
    this.countLive();
    this.relay.whenEnded(this);
    side.arm();
  }

  /** The client's connection and the server's are the relay's. */
  #joined(server: Connection): Relay {
    const { client, side, front } = this;
    side.inbox.keep();
    if (side.inbox.length > 0) client.held = side.inbox.copy();
    side.inbox.clear();
    client.owner = null;
    const limits = front.limitsWith(this.at as Backend);
    const { transport } = front.process;
    const tunnelMs = this.timeouts.tunnel;
    return transport.relay(client, server, tunnelMs < 0 ? limits : { ...limits, tunnelMs });
  }

  relayed(relayed: Relayed): void {
    try {
      if (!this.isOver) this.#relayed(relayed);
    } catch (error) {
      this.fail(error);
    }
  }

  #relayed(relayed: Relayed): void {
    this.finalBytesIn += relayed.bytesIn;
    this.finalBytesOut += relayed.bytesOut;
    this.relay = null;
    const isClient = relayed.by === "client";
    if (relayed.fault !== undefined) this.front.process.faults.note(relayed.fault, "in a tunnel, which was ended");
    if (relayed.how === "fin") this.end("-", "-", "gone");
    else if (relayed.how === "killed") this.end(this.killedBy ?? "I", "D", "gone");
    else if (relayed.how === "timeout") this.end(isClient ? "c" : "s", "D", "gone");
    else this.end(isClient ? "C" : "S", "D", "gone");
  }
}

function setsCookie({ fields }: Head): boolean {
  return fields.has("set-cookie") || fields.has("set-cookie2");
}
