/** An answer on its way to the client: a server's, or one of ours. */
import { clockMs } from "../../clock.ts";
import type { HttpBackendPlan } from "../../plan/http.ts";
import type { Ruleset } from "../../rules/ruleset.ts";
import type { HttpReply } from "../../rules/http-view.ts";
import type { Cause, Phase } from "../../proxy/session/search/seeker.ts";
import { removePersistence, saysClose } from "../../wire/http/framing.ts";
import { Head } from "../../wire/http/head.ts";
import { answerOf, fillHead } from "../answers/answers.ts";
import { captureFields, capturedCookie } from "../fields/captures.ts";
import type { ClientEnd } from "../client/client-side.ts";
import { CompressingExchange } from "./exchange-compression.ts";
import { outgoing } from "../bytes/outgoing.ts";
import type { Answer } from "../answers/pages.ts";

/** How far an exchange has come. */
export type Stage =
  /** The rules of its connection run. */
  | "arriving"
  /** Its head comes, or has come and rules run. */
  | "rules"
  /** A rule holds it. */
  | "tarpit"
  /** It looks for a server. */
  | "search"
  /** Its request goes, and the answer's head is waited for. */
  | "waiting"
  /** The answer's body comes. */
  | "answering"
  /** A page is made, no faster than the client takes it. */
  | "pouring"
  /** The client has yet to take what was sent. */
  | "flushing"
  | "tunnel";

/** How it ends once the client has its answer. */
export interface Ending {
  readonly cause: Cause;
  readonly phase: Phase;
  readonly client: ClientEnd;
}

interface OwnAnswer {
  readonly head: Head;
  readonly body: Uint8Array;
}

/** An exchange as far as its client gets an answer. */
export abstract class AnsweringExchange extends CompressingExchange {
  protected stage: Stage = "arriving";
  /** The client, or the server, does not take all that is sent. */
  protected isClientFull = false;
  protected isServerFull = false;
  /** Monotonic ms: when something went to or came from a side last. */
  protected clientToldAt = 0;
  protected serverHeardAt = 0;
  protected serverToldAt = 0;
  /** An answer in a server's place; null: there is none, or not yet. */
  protected own: OwnAnswer | null = null;
  #last: Ending | null = null;
  /** The client's connection ends with the answer. */
  #closes = false;

  /** The whole answer has gone. */
  protected abstract answered(): void;

  get answerHead(): Head | null {
    if (this.own !== null) return this.own.head;
    return this.answeredMs >= 0 || this.stage === "waiting" ? (this.answerMessage?.reader.head ?? null) : null;
  }

  protected get backPlan(): HttpBackendPlan | null {
    return this.at === null ? null : this.at.plan.http;
  }

  /** Whether there can be another request behind this one. */
  protected canGoOn(): boolean {
    return this.clientGoesOn && this.isBodyThere();
  }

  /** Whether the client may send another request once all of this one has come. */
  protected get clientGoesOn(): boolean {
    const { front, plan, side, listener } = this;
    if (this.requestMessage?.framing.isPersistent !== true || side.hasEnded) return false;
    if (side.isLeaving) return false;
    // Under another plan it is to begin anew.
    if (front.process.closing === null && (listener.frontend !== front || !listener.isBound)) return false;
    // A backend's `option httpclose` is for servers.
    return plan.connection !== "close";
  }

  /** All of the request has come; what of it nobody wants is dropped. */
  protected isBodyThere(): boolean {
    const { requestMessage, side } = this;
    if (requestMessage === null) return false;
    if (this.connection === null && !requestMessage.body.isDone) requestMessage.body.pass(side.inbox, null);
    return requestMessage.body.isDone;
  }

  /** Gives the server up: what it was about to say is void. */
  protected dropServer(): void {
    const { connection } = this;
    this.connection = null;
    connection?.cut();
  }

  /** Answers in a server's place, and ends. */
  protected reply(reply: HttpReply, cause: Cause, phase: Phase): void {
    this.dropServer();
    const halves = [this.at === null ? null : this.at.rules.http, this.front.rules.http];
    const answer = answerOf(reply, halves, this);
    if (answer !== null)
      return this.#sendOwn(answer, reply.kind === "page" ? reply.status : answer.status, cause, phase);
    this.status = reply.status;
    this.end(cause, phase, "linger");
  }

  /** The page of a status, which a failure is answered with. */
  protected refuse(status: number, cause: Cause, phase: Phase): void {
    this.reply({ kind: "page", status }, cause, phase);
  }

  /** `status`: what is told, whatever page stands for it. */
  #sendOwn(answer: Answer, status: number, cause: Cause, phase: Phase): void {
    const client = this.beginOwn(answer, true);
    if (this.status === answer.status) this.status = status;
    if (this.method !== "HEAD") outgoing.put(answer.body, 0, answer.body.length);
    this.flush({ cause, phase, client });
  }

  /**
   * Puts the head of an answer of ours into `outgoing`; what becomes of the client behind it. `isPoured`: its body follows piece by piece, and may
   * be compressed.
   */
  protected beginOwn(answer: Answer, mayGoOn: boolean, isPoured = false): ClientEnd {
    const head = new Head();
    fillHead(head, answer);
    this.own = { head, body: answer.body };
    this.status = head.status;
    if (isPoured) this.beginCompression(head, false);
    this.runAfterRules();
    this.tellCompression(head, isPoured);
    this.status = head.status;
    const goesOn = mayGoOn && !saysClose(head.fields) && this.canGoOn();
    this.setPersistence(head, !goesOn);
    outgoing.begin(this.client);
    outgoing.head(head, this.side.clientCase);
    return goesOn ? "keep" : "linger";
  }

  /** Bytes as they are, and the end: to whom nothing else can be said. */
  protected sendRaw(bytes: Uint8Array, cause: Cause, phase: Phase): void {
    outgoing.begin(this.client);
    outgoing.put(bytes, 0, bytes.length);
    this.flush({ cause, phase, client: "linger" });
  }

  /** Ends once the client has taken what is in `outgoing`. */
  protected flush(last: Ending): void {
    const isTaken = outgoing.end();
    this.countSent(0);
    if (isTaken) return this.end(last.cause, last.phase, last.client);
    this.#last = last;
    this.stage = "flushing";
    this.isClientFull = true;
    this.clientToldAt = clockMs();
    this.side.arm();
  }

  /** What Connection says to the client. */
  protected setPersistence(head: Head, closes: boolean): void {
    this.#closes = closes;
    const { fields } = head;
    removePersistence(fields);
    // HTTP/1.0 closes where nothing is said, HTTP/1.1 goes on.
    const isOld = head.version === 10;
    if (closes ? isOld : !isOld && this.version !== "HTTP/1.0") return;
    fields.add("connection", closes ? "close" : "keep-alive");
  }

  get isToProxy(): boolean {
    const first = this.uri.charAt(0);
    return this.plan.usesProxyConnection && first !== "/" && first !== "*";
  }

  /** `http-after-response`, of the backend and then of the frontend. False: one could not do what it says. */
  protected runAfterRules(): boolean {
    const back = this.at === null ? null : this.at.rules.http;
    const front = this.front.rules.http;
    if (!this.#runAll(back === null ? null : back.afterResponse)) return false;
    return this.isOneSection || this.#runAll(front === null ? null : front.afterResponse);
  }

  #runAll(rules: Ruleset | null): boolean {
    return rules?.start(this, this).step() !== "answer";
  }

  /** It stays in its `listen`, whose rules both halves have. */
  protected get isOneSection(): boolean {
    return this.at !== null && this.at === this.front.own;
  }

  /** Keeps what the log wants of the answer's fields. */
  protected captureAnswer(head: Head): void {
    const { responseCaptures } = this.plan;
    if (responseCaptures.length > 0) captureFields(responseCaptures, head.fields, this.answerSlots());
  }

  /** Keeps the request's cookie as rules have left it, once they have let it pass. */
  protected captureRequestCookie(): void {
    const { captureCookie } = this.plan;
    if (captureCookie === null || this.requestMessage === null) return;
    this.requestCookie = capturedCookie(captureCookie, this.requestMessage.reader.head.fields, "cookie");
  }

  /** The same of the answer's. */
  protected captureAnswerCookie({ fields }: Head): void {
    const { captureCookie } = this.plan;
    if (captureCookie !== null) this.responseCookie = capturedCookie(captureCookie, fields, "set-cookie");
  }

  abstract answerSlots(): (string | null)[];

  /** Sends the server's answer: its head, where it `begins`, and what is there of its body. False: nothing more is to be read. */
  protected passAnswer(begins: boolean): boolean {
    const { answerMessage, connection } = this;
    if (answerMessage === null || connection === null) return false;
    const { body } = answerMessage;
    outgoing.begin(this.client);
    if (begins) outgoing.head(answerMessage.reader.head, this.side.clientCase);
    const before = connection.inbox.length;
    const headBytes = outgoing.sentBytes;
    const isSound = body.pass(connection.inbox, outgoing);
    const isTaken = outgoing.end();
    this.countSent(headBytes);
    this.clientToldAt = clockMs();
    if (!isSound) {
      const { bytes, end, from } = connection.inbox;
      this.captureResponse(bytes, end - before, end, from, body.faultyPart);
      this.cutShort("P", "D");
      return false;
    }
    if (!isTaken) {
      this.isClientFull = true;
      connection.stream.pause();
      this.side.arm();
      return false;
    }
    if (!body.isDone) return true;
    this.answered();
    // While the rest of the request still goes to it, its leaving has to be seen.
    return !this.isOver && this.connection === connection;
  }

  /** Counts what went out; of what is compressed what it was before, as HAProxy does. */
  protected countSent(headBytes: number): void {
    const { compression } = this;
    this.finalBytesOut += compression === null ? outgoing.sentBytes : headBytes + compression.takeCount();
  }

  /** What of the answer was sent is not whole, and the client has to see that. */
  protected cutShort(cause: Cause, phase: Phase): void {
    const kind = this.answerMessage?.body.kind;
    this.dropServer();
    this.end(cause, phase, kind === "until-close" ? "reset" : "linger");
  }

  /** The server has finished, which is the end of an answer that says so. */
  protected endAnswer(): void {
    const { answerMessage } = this;
    if (answerMessage === null) return;
    outgoing.begin(this.client);
    answerMessage.body.end(outgoing);
    if (!outgoing.end()) this.isClientFull = true;
    this.finalBytesOut += outgoing.sentBytes;
    if (!this.isClientFull) this.answered();
  }

  /** Called by the client's side: it took some of what waited. */
  clientDrained(isAll: boolean): void {
    try {
      this.#clientDrained(isAll);
    } catch (error) {
      this.fail(error);
    }
  }

  #clientDrained(isAll: boolean): void {
    if (this.isOver) return;
    this.clientToldAt = clockMs();
    if (!isAll) return;
    this.isClientFull = false;
    if (this.#last !== null) return this.end(this.#last.cause, this.#last.phase, this.#last.client);
    const { answerMessage, connection } = this;
    if (answerMessage === null || this.stage !== "answering") return;
    if (answerMessage.body.isDone) return this.answered();
    this.serverHeardAt = this.clientToldAt;
    this.side.arm();
    connection?.stream.readOn();
  }

  /** What becomes of the client's connection once the whole answer has gone. */
  protected get clientEnd(): ClientEnd {
    // What of the request is still to come must never be taken for another one.
    if (!this.isBodyThere()) return "linger";
    return this.#closes ? "close" : "keep";
  }
}
