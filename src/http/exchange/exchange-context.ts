/** What is known of an exchange, a request and its answer, while it runs: what its rules may ask, and what its log line will tell. */
import type { SocketAddress } from "../../address.ts";
import type { HttpFrontendPlan } from "../../plan/http.ts";
import { plainFrontend } from "./plain-plans.ts";
import { nameOf, SessionContext } from "../../proxy/session/context/session-context.ts";
import { releaseTracked, type Tracked } from "../../rules/stick/tracking.ts";
import type { HttpRecord } from "../../session-record.ts";
import type { Head } from "../../wire/http/head.ts";
import type { ClientSide } from "../client/client-side.ts";
import { emptySlots } from "../fields/captures.ts";

const nothing: readonly (string | null)[] = [];

interface Rewritten {
  readonly source: SocketAddress | null;
  readonly destination: SocketAddress | null;
}

/**
 * The passive half of an `Exchange`: it holds, `Exchange` acts.
 *
 * One is made for each request, of all that stands in its classes: with more than 94 fields JavaScriptCore takes twice as long to make one. What
 * few exchanges need stands in objects of its own.
 */
export abstract class ExchangeContext extends SessionContext {
  // Whole ms since it began; -1: not come that far.
  /** The first byte of the head. */
  firstByteMs = -1;
  /** The same where it is not told by itself. */
  #activeFromMs = -1;
  /** All of the head. */
  headMs = -1;
  /** All of the answer's. */
  answeredMs = -1;
  /** It has been held, and by then. */
  heldMs = -1;

  /** As they came, whatever rules make of them; "" where no head has become whole. */
  method = "";
  uri = "";
  version = "";
  /** -1: none. */
  status = -1;
  requestCookie: string | null = null;
  responseCookie: string | null = null;
  cookieState = "--";
  /** What answers in a server's place, as logs name it; null: nothing does. */
  protected service: string | null = null;
  capturedRequest: (string | null)[] | null = null;
  capturedResponse: (string | null)[] | null = null;
  /** What rules of the request have made of its addresses. */
  #rewritten: Rewritten | null = null;

  constructor(
    readonly side: ClientSide,
    startedAt: number,
    former: SessionContext | null,
  ) {
    super(side.sessions, side.front, side.listener, side.client, startedAt, former);
    if (former === null) return;
    // Rules of content saw the connection's first bytes: those are the first request's.
    if (this.front.plan.http === null) this.capturedRequest = former.capturedSlots;
    this.addresses.isAdmitted = true;
    if (side.tracked !== null) this.ownTracked = [...side.tracked];
  }

  /** Rules of HTTP see messages, and no payload. */
  get response(): null {
    return null;
  }

  get plan(): HttpFrontendPlan {
    return this.front.plan.http ?? plainFrontend;
  }

  // What a rule of the request makes of them lasts no longer than that.
  override get source(): SocketAddress {
    return this.#rewritten?.source ?? this.addresses.source;
  }

  override set source(address: SocketAddress) {
    if (this.addresses.isAdmitted) this.#rewritten = { destination: null, ...this.#rewritten, source: address };
    else this.addresses.source = address;
  }

  override get destination(): SocketAddress {
    return this.#rewritten?.destination ?? this.addresses.destination;
  }

  override set destination(address: SocketAddress) {
    if (this.addresses.isAdmitted) this.#rewritten = { source: null, ...this.#rewritten, destination: address };
    else this.addresses.destination = address;
  }

  /** No times are told of it: it was none, or has been turned away. */
  protected hideTimes(): void {
    this.#activeFromMs = this.firstByteMs;
    this.headMs = this.firstByteMs = -1;
  }

  /** Notes a request's head as it came. */
  protected note(head: Head): void {
    this.method = head.method;
    this.uri = head.target;
    this.version = head.version === 11 ? "HTTP/1.1" : "HTTP/1.0";
  }

  override get server(): string | null {
    return this.service ?? nameOf(this.target);
  }

  override get queuedMs(): number {
    if (this.heldMs >= 0) return this.heldMs;
    return this.search === null ? -1 : this.search.queuedMs;
  }

  override get idleForMs(): number {
    return Math.max(0, this.firstByteMs);
  }

  override get preparedMs(): number {
    return Math.max(this.handshakeMs, this.firstByteMs, this.headMs);
  }

  protected override httpRecord(): HttpRecord {
    const { handshakeMs, firstByteMs, headMs, answeredMs, connectedMs, endedMs } = this;
    const nowMs = endedMs < 0 ? this.elapsed() : endedMs;
    return {
      method: this.method === "" ? "<BADREQ>" : this.method,
      target: this.uri,
      version: this.version,
      status: this.status,
      requestMs: headMs < 0 ? -1 : headMs - firstByteMs,
      idleMs: firstByteMs < 0 ? -1 : firstByteMs - handshakeMs,
      responseMs: answeredMs < 0 || connectedMs < 0 ? -1 : answeredMs - connectedMs,
      activeMs: nowMs - Math.max(handshakeMs, firstByteMs, this.#activeFromMs),
      requestCookie: this.requestCookie,
      responseCookie: this.responseCookie,
      capturedRequest: this.capturedRequest ?? nothing,
      capturedResponse: this.capturedResponse ?? this.#emptyAnswerSlots(),
      requestLine: this.#requestLine(),
      cookieState: this.#cookieLetters(),
    };
  }

  /** There are slots for an answer as soon as there is a request. */
  #emptyAnswerSlots(): readonly (string | null)[] {
    const { responseCaptures } = this.plan;
    return this.method === "" || responseCaptures.length === 0 ? nothing : emptySlots(responseCaptures);
  }

  /** Where there was no search for a server, `NN` if its backend has `cookie`; a `listen` is one from the first. */
  #cookieLetters(): string {
    // The server that it names could not be had.
    if (this.cookieState.charAt(0) === "V" && this.search?.isRedispatched === true)
      return `D${this.cookieState.charAt(1)}`;
    if (this.cookieState !== "--" || this.method === "") return this.cookieState;
    const own = this.front.defaultBackend?.plan ?? null;
    const plan = this.at?.plan ?? (own?.isListen === true && own.name === this.frontend ? own : null);
    return (plan?.http?.cookie ?? null) === null ? "--" : "NN";
  }

  /** None before there is a request. */
  override uniqueId(): string | null {
    return this.method === "" ? null : super.uniqueId();
  }

  /** As much of it as the log has. */
  #requestLine(): string {
    if (this.method === "") return "<BADREQ>";
    const line = `${this.method} ${this.uri} ${this.version}`;
    const { logUriLength } = this.side.limits;
    return line.length <= logUriLength ? line : line.slice(0, logUriLength);
  }

  protected override endTransaction(): void {
    super.endTransaction();
    this.uri = "";
    this.capturedRequest = this.capturedResponse = this.requestCookie = this.responseCookie = null;
  }

  /** Gives back what it tracks beyond what its connection does. */
  protected releaseOwnTracked(): void {
    const own = this.ownTracked;
    if (own === null) return;
    this.ownTracked = null;
    const shared = this.side.tracked;
    const ours: Tracked = own.filter((entry, slot) => entry !== undefined && entry !== shared?.[slot]);
    if (ours.length > 0) releaseTracked(ours);
  }
}
