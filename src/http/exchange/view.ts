/** An exchange as its rules see it, and what they may do to it: made for those that have rules that ask. */
import type {
  BodyView,
  HttpEffects,
  HttpReply,
  HttpRequestView,
  HttpResponseView,
  HttpView,
  ReplyCause,
} from "../../rules/http-view.ts";
import type { SessionRecord } from "../../session-record.ts";
import type { Fields } from "../../wire/http/fields.ts";
import type { Head } from "../../wire/http/head.ts";

/** Methods that HAProxy has numbers for. */
const knownMethods = new Set(["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"]);

/** What a view shows and hands on to: the exchange. */
export interface Viewed {
  /** As it came; "" where no head is whole. */
  readonly method: string;
  /** Null while it is not whole. */
  readonly requestHead: Head | null;
  readonly answerHead: Head | null;
  readonly compressedBy: string | null;
  readonly isFirstExchange: boolean;
  readonly requestBody: BodyView;
  readonly requestBodyBytes: number | null;
  readonly answerBody: BodyView;
  readonly answerBodyBytes: number | null;
  readonly isToProxy: boolean;
  requestSlots(): (string | null)[];
  answerSlots(): (string | null)[];
  recordSoFar(): SessionRecord;
  replyWith(reply: HttpReply, cause: ReplyCause): void;
  countFailedWrite(): void;
  earlyHint(name: string, value: string): void;
  setTimeout(which: "client" | "server" | "tunnel", ms: number): void;
  disableRetry(): void;
  hasBody(atLeast: number, waitMs: number): boolean;
  serve(name: string): boolean;
  capture(from: "request" | "response", slot: number, text: string): void;
}

class RequestView implements HttpRequestView {
  constructor(
    readonly head: Head,
    readonly viewed: Viewed,
  ) {}

  /** As in HAProxy, rules go on to see one that it knows, whatever they make of it. */
  get method(): string {
    const { method } = this.viewed;
    return knownMethods.has(method) ? method : this.head.method;
  }

  set method(method: string) {
    this.head.setMethod(method);
  }

  get target(): string {
    return this.head.target;
  }

  set target(target: string) {
    this.head.setTarget(target);
  }

  get version(): "1.0" | "1.1" {
    return this.head.version === 11 ? "1.1" : "1.0";
  }

  get fields(): Fields {
    return this.head.fields;
  }

  get body(): BodyView {
    return this.viewed.requestBody;
  }

  get bodyBytes(): number | null {
    return this.viewed.requestBodyBytes;
  }

  get isToProxy(): boolean {
    return this.viewed.isToProxy;
  }
}

class ResponseView implements HttpResponseView {
  constructor(
    readonly head: Head,
    readonly viewed: Viewed,
  ) {}

  get status(): number {
    return this.head.status;
  }

  set status(status: number) {
    this.head.setStatus(status, this.head.reason);
  }

  get reason(): string {
    return this.head.reason;
  }

  set reason(reason: string) {
    this.head.setStatus(this.head.status, reason);
  }

  get version(): "1.0" | "1.1" {
    return this.head.version === 11 ? "1.1" : "1.0";
  }

  get fields(): Fields {
    return this.head.fields;
  }

  get body(): BodyView {
    return this.viewed.answerBody;
  }

  get bodyBytes(): number | null {
    return this.viewed.answerBodyBytes;
  }
}

/** One object for what rules see and what they do, for both are asked of a session by the same name. */
export class ExchangeView implements HttpView, HttpEffects {
  #request: RequestView | null = null;
  #response: ResponseView | null = null;

  constructor(readonly viewed: Viewed) {}

  get request(): HttpRequestView | null {
    const head = this.viewed.requestHead;
    if (head === null) return null;
    if (this.#request?.head !== head) this.#request = new RequestView(head, this.viewed);
    return this.#request;
  }

  get response(): HttpResponseView | null {
    const head = this.viewed.answerHead;
    if (head === null) return null;
    if (this.#response?.head !== head) this.#response = new ResponseView(head, this.viewed);
    return this.#response;
  }

  get compression(): string | null {
    return this.viewed.compressedBy;
  }

  get isFirst(): boolean {
    return this.viewed.isFirstExchange;
  }

  /** Rules run over whole heads. */
  get isFinal(): boolean {
    return true;
  }

  get capturedRequest(): (string | null)[] {
    return this.viewed.requestSlots();
  }

  get capturedResponse(): (string | null)[] {
    return this.viewed.answerSlots();
  }

  record(): SessionRecord {
    return this.viewed.recordSoFar();
  }

  answer(reply: HttpReply, cause: ReplyCause): void {
    this.viewed.replyWith(reply, cause);
  }

  cannotWrite(): void {
    this.viewed.countFailedWrite();
  }

  hint(name: string, value: string): void {
    this.viewed.earlyHint(name, value);
  }

  setTimeout(which: "client" | "server" | "tunnel", ms: number): void {
    this.viewed.setTimeout(which, ms);
  }

  disableRetry(): void {
    this.viewed.disableRetry();
  }

  hasBody(atLeast: number, waitMs: number): boolean {
    return this.viewed.hasBody(atLeast, waitMs);
  }

  serve(name: string): boolean {
    return this.viewed.serve(name);
  }

  capture(from: "request" | "response", slot: number, text: string): void {
    this.viewed.capture(from, slot, text);
  }
}
