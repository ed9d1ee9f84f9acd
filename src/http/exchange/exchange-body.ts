/** What has come of a request's body, for rules that look at it: waited for, and never more than a buffer of it. */
import { clockMs } from "../../clock.ts";
import type { HttpProxyPlan } from "../../plan/http.ts";
import type { BodyView } from "../../rules/http-view.ts";
import { unchunked } from "../bytes/body-flow.ts";
import { TimedExchange } from "./exchange-time.ts";

const nothing = new Uint8Array(0);
const goOn = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1");

/** An exchange as far as the body of its request is looked at before it goes anywhere. */
export abstract class LookingExchange extends TimedExchange {
  /** Rules wait for more of it. */
  protected isBodyWanted = false;
  /** Rules of content decide by what has come when their time is over. */
  protected isInspecting = false;

  /** InspectedExchange. */
  endsBrokenOff(): boolean {
    if (!this.side.hasEnded || this.isBodyHere) return false;
    this.end("C", "R", "close");
    return true;
  }

  inspectUntil(at: number | null): void {
    this.isInspecting = this.isBodyWanted = at !== null;
    this.waitsUntil = at ?? Infinity;
  }

  /** How long a body may take to come that one half waits for. */
  protected bodyWaitMs({ httpTimeouts }: HttpProxyPlan): number {
    return httpTimeouts.httpRequestMs || this.front.plan.timeouts.clientMs || Infinity;
  }

  protected get isBodyHere(): boolean {
    const { requestMessage, side } = this;
    if (requestMessage === null) return false;
    const { body, limits } = requestMessage;
    if (body.kind === "chunked") return unchunked(side.inbox, limits, side.limits.bodyBytes).isWhole;
    return body.isDone || body.left <= side.inbox.length;
  }

  /** A form that fits. */
  protected get form(): Uint8Array | null {
    const { requestBody, requestMessage, side } = this;
    const isTooLong = requestMessage !== null && requestMessage.body.left > side.limits.bodyBytes;
    return this.isBodyHere && !isTooLong ? requestBody.bytes : null;
  }

  get requestBody(): BodyView {
    const { requestMessage, side } = this;
    // Nothing of it has gone as long as there is no server.
    const isHere = this.stage === "rules" || this.stage === "search";
    if (requestMessage === null || !isHere) return { bytes: nothing, final: true };
    const { body } = requestMessage;
    const { inbox } = side;
    if (body.isDone) return { bytes: nothing, final: true };
    const { bodyBytes } = side.limits;
    const isFull = inbox.length >= bodyBytes || side.hasEnded;
    if (body.kind === "chunked") {
      const { bytes, isOver } = unchunked(inbox, requestMessage.limits, bodyBytes);
      return { bytes, final: isOver || isFull };
    }
    const length = Math.min(inbox.length, body.left, bodyBytes);
    return { bytes: inbox.bytes.subarray(inbox.from, inbox.from + length), final: length === body.left || isFull };
  }

  get requestBodyBytes(): number | null {
    const framing = this.requestMessage?.framing;
    if (framing === undefined || framing.body === "none") return 0;
    return framing.body === "length" ? framing.length : null;
  }

  hasBody(atLeast: number, waitMs: number): boolean {
    if (this.answeredMs >= 0) return this.hasAnswerBody(atLeast, waitMs);
    const { bytes, final } = this.requestBody;
    if (this.endsBrokenOff()) return false;
    if (final || (atLeast > 0 && bytes.length >= atLeast)) {
      this.isBodyWanted = false;
      this.waitsUntil = Infinity;
      return true;
    }
    if (!this.isBodyWanted) {
      this.isBodyWanted = true;
      this.waitsUntil = clockMs() + waitMs;
    }
    return false;
  }

  protected awaitBody(): void {
    const { requestMessage, client } = this;
    if (requestMessage?.framing.expectsContinue === true) {
      requestMessage.framing.expectsContinue = false;
      requestMessage.reader.head.fields.remove("expect");
      client.send(goOn, goOn.length);
      this.finalBytesOut += goOn.length;
    }
    this.side.arm();
    this.side.readOn();
  }
}
