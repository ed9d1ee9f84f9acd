/** What becomes of a server's answer by its rules, and what of its body they may wait for. */
import { clockMs } from "../../clock.ts";
import type { AnswerFault } from "../../proxy/check/answer-fault.ts";
import type { RuleEffects, Verdict } from "../../rules/actions/effects.ts";
import type { BodyView, HttpReply, ReplyCause } from "../../rules/http-view.ts";
import type { RuleRun } from "../../rules/ruleset.ts";
import { unchunked } from "../bytes/body-flow.ts";
import { SendingExchange } from "./exchange-sending.ts";
import type { ExchangeView } from "./view.ts";

const nothing = new Uint8Array(0);

/** An exchange as far as rules judge its answer. */
export abstract class JudgingExchange extends SendingExchange implements RuleEffects {
  /** What a rule answers with. */
  protected ruleReply: { readonly reply: HttpReply; readonly cause: ReplyCause } | null = null;
  /** Monotonic ms: rules wait for more of the answer's body, at most until then. */
  protected answerWaitsUntil = Infinity;
  /** No more of the answer will come. */
  protected hasAnswerEnded = false;
  /** Rules of the answer that are under way, and those that come after them. */
  #run: RuleRun | null = null;
  #next: RuleRun | null = null;

  abstract get http(): ExchangeView;

  /** Rules have begun to look at the answer, and wait for more of it. */
  protected get isJudging(): boolean {
    return this.#run !== null;
  }

  /** `http-response`, of the backend and then of the frontend. "wait": to be called again when more has come. */
  protected runAnswerRules(): Verdict {
    if (this.#run === null) {
      const back = this.at === null ? null : this.at.rules.http;
      const front = this.front.rules.http;
      const first = back === null ? null : back.response;
      const second = front === null || this.isOneSection ? null : front.response;
      this.#run = first === null ? null : first.start(this, this);
      this.#next = second === null ? null : second.start(this, this);
    }
    for (;;) {
      const run = this.#run ?? this.#next;
      if (run === null) return "pass";
      if (this.#run === null) this.#next = null;
      this.#run = run;
      const verdict = run.step();
      if (verdict === "wait" && this.answerWaitsUntil < Infinity) return verdict;
      this.#run = null;
      if (verdict !== "pass" && verdict !== "accept" && verdict !== "wait") return verdict;
    }
  }

  /** `wait-for-body` of an answer: true when so much has come, or all that there is room for, or that will. */
  protected hasAnswerBody(atLeast: number, waitMs: number): boolean {
    const { answerMessage, connection } = this;
    const length = this.#isAnswerWhole ? Infinity : this.answerBody.bytes.length;
    const isThere = length === Infinity || (atLeast > 0 && length >= atLeast);
    if (isThere || answerMessage === null || connection === null) {
      this.answerWaitsUntil = Infinity;
      return true;
    }
    if (this.answerWaitsUntil === Infinity) this.answerWaitsUntil = clockMs() + waitMs;
    return false;
  }

  /** Nothing more of it can be waited for. */
  get #isAnswerWhole(): boolean {
    const { answerMessage, connection } = this;
    if (answerMessage === null || connection === null || this.hasAnswerEnded) return true;
    const { inbox } = connection;
    const { body, limits } = answerMessage;
    const { bodyBytes } = this.side.limits;
    if (body.isDone || inbox.length >= bodyBytes) return true;
    if (body.kind === "chunked") return unchunked(inbox, limits, bodyBytes).isOver;
    return body.kind === "length" && inbox.length >= body.left;
  }

  get answerBody(): BodyView {
    const { answerMessage, connection, own } = this;
    if (own !== null) return { bytes: own.body, final: true };
    if (answerMessage === null || connection === null) return { bytes: nothing, final: true };
    const { inbox } = connection;
    const { bodyBytes } = this.side.limits;
    if (answerMessage.body.kind === "chunked") {
      return { bytes: unchunked(inbox, answerMessage.limits, bodyBytes).bytes, final: true };
    }
    const length = Math.min(inbox.length, bodyBytes);
    return { bytes: inbox.bytes.subarray(inbox.from, inbox.from + length), final: true };
  }

  get answerBodyBytes(): number | null {
    if (this.own !== null) return this.own.body.length;
    const framing = this.answerMessage?.framing;
    if (framing === undefined || framing.body === "none") return 0;
    return framing.body === "length" ? framing.length : null;
  }

  /** A rule did not let the answer pass, or answers itself. */
  protected denyAnswer(verdict: Verdict): void {
    const decided = verdict === "answer" ? this.ruleReply : null;
    const isLocal = decided !== null && decided.cause !== "deny" && decided.cause !== "error";
    this.answeredMs = -1;
    if (decided?.cause === "error") this.countInternalError();
    else if (!isLocal) {
      this.countDeniedResponse();
    }
    const reply = decided?.reply ?? { kind: "page", status: 502 };
    if (verdict !== "silent-drop") return this.reply(reply, isLocal ? "L" : "P", "H");
    this.dropServer();
    this.end("P", "H", "drop");
  }

  /** The server has left before rules had what they wait for: nothing of the answer has gone yet. */
  protected answerBroken(fault: AnswerFault): void {
    this.countFailure(fault);
    this.answeredMs = -1;
    this.refuse(502, "S", "H");
  }

  /** The body that rules waited for has not come in time. */
  protected answerTooLate(): void {
    this.countFailure("read-timeout");
    this.answeredMs = -1;
    this.refuse(504, "s", "R");
  }
}
