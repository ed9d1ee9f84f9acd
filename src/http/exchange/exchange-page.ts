/** A page made elsewhere on its way to the client: slice by slice, no faster than that takes it. */
import { clockMs } from "../../clock.ts";
import type { Cause, Phase } from "../../proxy/session/search/seeker.ts";
import { lastChunk } from "../../wire/http/chunks.ts";
import { reasonOf } from "../../wire/http/reasons.ts";
import type { ClientEnd } from "../client/client-side.ts";
import { AnsweringExchange, type Ending } from "./exchange-answer.ts";
import { putChunk } from "../bytes/chunk-out.ts";
import { outgoing } from "../bytes/outgoing.ts";
import type { ServiceAnswer } from "../answers/responder.ts";

const nothing = new Uint8Array(0);

/** An exchange as far as a page answers it. */
export abstract class PagingExchange extends AnsweringExchange {
  /** Wakes who waits for the client to take what was written. */
  #wake: ((goesOn: boolean) => void) | null = null;

  /** A service answers: as in the log of HAProxy, it is a server that is there at once. */
  protected serveBy(label: string): void {
    this.service = label;
    this.heldMs = this.connectedMs = this.preparedMs;
  }

  /** Sends what comes of it, and ends. `label`: the service's name. */
  protected page(label: string, making: Promise<ServiceAnswer>): void {
    this.serveBy(label);
    this.captureRequestCookie();
    this.stage = "pouring";
    if (this.requestMessage !== null) this.readAccepted(this.requestMessage.reader.head);
    void making.then((answer) => this.#send(answer)).catch((error: unknown) => this.fail(error));
  }

  async #send({ status, fields, pour }: ServiceAnswer): Promise<void> {
    if (this.isOver) return;
    const isChunked = this.version !== "HTTP/1.0";
    const hasBody = pour !== null && this.method !== "HEAD";
    const framing: (readonly [string, string])[] =
      pour === null ? [["content-length", "0"]] : isChunked && hasBody ? [["transfer-encoding", "chunked"]] : [];
    this.answeredMs = this.connectedMs;
    const answer = { status, reason: reasonOf(status), fields: [...fields, ...framing], body: nothing };
    const last = { cause: "L", phase: "R", client: this.beginOwn(answer, isChunked || !hasBody, hasBody) } as const;
    if (!hasBody) return this.flush(last);
    this.#endWrite(outgoing.sentBytes);
    if (await pour((text) => this.#write(text, isChunked))) this.#finish(isChunked, last);
    else this.cutShort("I", "D");
  }

  #write(text: string, isChunked: boolean): Promise<boolean> {
    if (this.isOver) return Promise.resolve(false);
    const bytes = Buffer.from(text);
    // An empty chunk would be the last.
    if (bytes.length === 0) return Promise.resolve(true);
    const { compression } = this;
    outgoing.begin(this.client);
    if (compression !== null) {
      compression.put(outgoing, bytes, 0, bytes.length);
      compression.flush(outgoing);
    } else if (isChunked) putChunk(outgoing, bytes, 0, bytes.length);
    else outgoing.put(bytes, 0, bytes.length);
    this.#endWrite();
    if (!this.isClientFull) return Promise.resolve(!this.isOver);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #endWrite(headBytes = 0): void {
    const isTaken = outgoing.end();
    this.countSent(headBytes);
    this.clientToldAt = clockMs();
    if (isTaken) return;
    this.isClientFull = true;
    this.side.arm();
  }

  #finish(isChunked: boolean, last: Ending): void {
    if (this.isOver) return;
    outgoing.begin(this.client);
    this.compression?.finish(outgoing);
    if (isChunked) outgoing.put(lastChunk, 0, lastChunk.length);
    this.flush(last);
  }

  override clientDrained(isAll: boolean): void {
    super.clientDrained(isAll);
    if (!this.isClientFull) this.#go(true);
  }

  protected override end(cause: Cause, phase: Phase, client: ClientEnd): void {
    try {
      super.end(cause, phase, client);
    } finally {
      this.#go(false);
    }
  }

  #go(goesOn: boolean): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.(goesOn);
  }
}
