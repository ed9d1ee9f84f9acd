/** What is known of a session while it runs: what rules may ask of it, and what its log line will tell. */
import type { RuleEffects } from "../../../rules/actions/effects.ts";
import { clockMs, dateMs } from "../../../clock.ts";
import type { Connection, Relay } from "../../../net/transport.ts";
import type { SocketAddress } from "../../../address.ts";
import type { HttpRecord, SessionRecord } from "../../../session-record.ts";
import type { TcpInfo } from "../../../tcp-info.ts";
import type { TlsFacts } from "../../../tls-facts.ts";
import type { Payload, InternalStates, SampleContext, Variables } from "../../../rules/context.ts";
import type { ServerRefusal, SshFacts } from "../../../ssh-facts.ts";
import type { Membership } from "../../../roster.ts";
import { ownText } from "../../../rules/value/own.ts";
import { type Tracked, countBytes } from "../../../rules/stick/tracking.ts";
import type { Backend } from "../../backend/backend.ts";
import type { Frontend } from "../../frontend/frontend.ts";
import type { BoundListener } from "../../frontend/listener.ts";
import type { Server } from "../../backend/server.ts";
import type { ServerSearch } from "../search/server-search.ts";
import { SessionTls } from "./session-tls.ts";
import type { Sessions } from "../sessions.ts";
import { tlsRecord } from "./tls-record.ts";
import type { SshReading, SshStanding } from "../../process/ssh-place.ts";
import { SessionVariables } from "../../process/variables.ts";

const noPriority: { readonly class: number; readonly offset: number } = { class: 0, offset: 0 };

/** The passive half of a `Session`: it holds, `Session` acts. */
export abstract class SessionContext extends SessionTls implements SampleContext, Omit<RuleEffects, "doLog"> {
  /** It has passed the rules of connections and sessions. */
  hasBegun = false;
  priority = noPriority;
  readonly sessionId: number;
  #serverSide: { readonly source: SocketAddress; readonly destination: SocketAddress } | null = null;
  /** Wall clock. */
  acceptedAt = Math.floor(dateMs());
  request: Payload | null = null;
  #variables: SessionVariables | null = null;
  /** Null while nothing is tracked, so that most sessions need no list. */
  ownTracked: Tracked | null = null;
  /** Its bytes are counted as they go; null: they are not. */
  protected live: Membership<unknown> | null = null;
  captured: (string | null)[] | null = null;
  #uniqueId: string | null = null;

  /** What came of its server that rules of content look at. */
  abstract readonly response: Payload | null;

  // Where it goes.
  at: Backend | null = null;
  /** How it comes by its server; null while it has not asked for one. */
  protected search: ServerSearch | null = null;
  protected relay: Relay | null = null;
  /** Reads SSH along, or has read what of it was there at the end; null: nobody does, or not yet. */
  protected reading: SshReading | null = null;
  standing: SshStanding | null = null;
  lastWord: { readonly text: string; readonly code: number } | null = null;

  // What the log tells. Instants are ms since accept, -1: not come that far.
  handshakeMs = 0;
  connectedMs = -1;
  finalBytesIn = 0;
  finalBytesOut = 0;
  termination = "--";
  logLevel: number | "silent" | null = null;

  constructor(
    sessions: Sessions,
    front: Frontend,
    listener: BoundListener,
    client: Connection,
    /** Monotonic. */
    readonly startedAt: number,
    /** Where that has ended it goes on, on the same connection: whose it is, and what was learnt of that, stays. */
    former: SessionContext | null = null,
  ) {
    super(sessions, front, listener, client, former);
    sessions.lastId += 1;
    this.sessionId = sessions.lastId;
    if (former === null) return;
    this.hasBegun = former.hasBegun;
    this.#variables = former.#variables;
  }

  /** What lasts no longer than a request and its answer goes, for its client may stay for long without another. */
  protected endTransaction(): void {
    this.#variables?.endTransaction();
    this.search = null;
    this.#serverSide = null;
  }

  /** Whole milliseconds since it began. */
  elapsed(): number {
    return Math.floor(clockMs() - this.startedAt);
  }

  hasFirstBytes(): boolean {
    return (this.client.present?.(this.front.process.bufsizeBytes).length ?? 0) > 0;
  }

  get serverSide(): { readonly source: SocketAddress; readonly destination: SocketAddress } | null {
    const connection = this.serverConnection;
    if (connection !== null) this.#serverSide ??= { source: connection.local, destination: connection.remote };
    return this.#serverSide;
  }

  get frontend(): string {
    return this.front.plan.name;
  }

  /** Bytes that have been counted, in what it tracks and in the counters of what it goes through. */
  #countedIn = 0;
  #countedOut = 0;

  /** Counts the bytes moved since the last time. Not before its server is chosen for good. */
  countBytes(): void {
    const { bytesIn, bytesOut } = this;
    const newIn = bytesIn - this.#countedIn;
    const newOut = bytesOut - this.#countedOut;
    this.#countedIn = bytesIn;
    this.#countedOut = bytesOut;
    const { target } = this;
    this.sessions.bytesOut.counted += newIn + newOut;
    addBytes(this.front.counters, newIn, newOut);
    addBytes(this.listener, newIn, newOut);
    // What ends in the first half of a `listen` counts in both, as in HAProxy.
    const at = this.at ?? this.front.own;
    if (at !== null) addBytes(at.counters, newIn, newOut);
    if (target !== null) addBytes(target.counters, newIn, newOut);
    if (this.ownTracked !== null) countBytes(this.ownTracked, newIn, newOut);
  }

  /** What came and never went on counts as received, as in HAProxy, whose buffer has it. Before the client is let go. */
  protected countUnread(): void {
    if (this.hasBegun) this.finalBytesIn += this.client.unread(this.front.process.inspectBytes);
  }

  /** Nobody moves its bytes any more: the relay has carried what it has. */
  protected takeBack(): void {
    const { bytesIn, bytesOut } = this;
    this.relay = null;
    this.finalBytesIn = bytesIn;
    this.finalBytesOut = bytesOut;
  }

  /** Its server is none after all. */
  protected forgetServer(): void {
    this.serverConnection = null;
    this.#serverSide = null;
    this.connectedMs = -1;
    this.reading = null;
  }

  /** Lets the client go without a word. */
  drop(): void {
    if (this.client.drop !== undefined) return this.client.drop();
    this.front.process.noticeOnce("'silent-drop' resets connections here: it needs libc, which cannot be called.");
    this.client.reset();
  }

  /** RST to both sides, whoever moves their bytes. */
  protected cutOff(): void {
    const { relay, client, serverConnection } = this;
    try {
      if (relay !== null) {
        relay.kill();
        // Its end is not waited for.
        this.takeBack();
      } else this.countUnread();
    } finally {
      try {
        if (!this.giveUpHandshake()) {
          client.onLost = null;
          client.reset();
        }
      } finally {
        serverConnection?.reset();
      }
    }
  }

  /** Asks for the server connection's addresses if a log line will tell them. */
  protected noteServerSide(): void {
    if (this.front.isLogging) this.#serverSide = this.serverSide;
    // The answer outlives the socket, but only of one that was asked.
    if (this.front.rules.logsTcpInfo) this.serverTcpInfo();
  }

  /** Rules have turned its request away. */
  protected countDeniedRequest(): void {
    this.front.counters.deniedRequests += 1;
    this.listener.deniedRequests += 1;
    if (this.at !== null) this.at.deniedRequests += 1;
  }

  /** Rules have turned its answer away. */
  protected countDeniedResponse(): void {
    this.front.counters.deniedResponses += 1;
    this.listener.deniedResponses += 1;
    for (const one of [this.at, this.target]) if (one !== null) one.counters.deniedResponses += 1;
  }

  /** What its client sent was no request, or not all of one. */
  countRequestError(): void {
    this.front.counters.requestErrors += 1;
    this.listener.requestErrors += 1;
  }

  /** Sender. */
  get uncountedBytes(): number {
    return this.bytesIn - this.#countedIn + this.bytesOut - this.#countedOut;
  }

  get backend(): string | null {
    return this.at === null ? null : this.at.plan.name;
  }

  /** The server chosen, whether or not a slot there is taken. */
  get target(): Server | null {
    return this.search === null ? null : this.search.server;
  }

  get server(): string | null {
    return nameOf(this.target);
  }

  get queuedMs(): number {
    return this.search === null ? -1 : this.search.queuedMs;
  }

  get internal(): InternalStates {
    return this.sessions.internal;
  }

  get variables(): Variables {
    this.#variables ??= new SessionVariables(this.front.process.variables);
    return this.#variables;
  }

  protected releaseVariables(): void {
    this.#variables?.release();
  }

  get tracked(): Tracked {
    this.ownTracked ??= [];
    return this.ownTracked;
  }

  get bytesIn(): number {
    return this.relay === null ? this.finalBytesIn : this.finalBytesIn + this.relay.counts().bytesIn;
  }

  get bytesOut(): number {
    return this.relay === null ? this.finalBytesOut : this.finalBytesOut + this.relay.counts().bytesOut;
  }

  /** HAProxy does not tell before the rules of the connection and the session are through. */
  clientTcpInfo(): TcpInfo | null {
    return this.hasBegun ? (this.client.tcpInfo?.() ?? null) : null;
  }

  serverTcpInfo(): TcpInfo | null {
    return this.serverConnection?.tcpInfo?.() ?? null;
  }

  /** Also of a handshake that has failed. */
  override get serverTls(): TlsFacts | null {
    return super.serverTls ?? this.search?.fault?.facts ?? null;
  }

  get ssh(): SshFacts | null {
    return this.reading === null ? null : this.reading.facts;
  }

  get serverRefusal(): ServerRefusal | null {
    return this.search?.refusal ?? null;
  }

  sshPenaltyMs(): number | null {
    const { process, plan } = this.front;
    return plan.ssh.penalties === null || process.ssh === null ? null : process.ssh.penaltyMs(this);
  }

  get serverError(): string | null {
    return this.search?.fault?.reason ?? null;
  }

  /** Whole milliseconds that passed before it could ask for a server. */
  get preparedMs(): number {
    return this.handshakeMs;
  }

  /** Whole milliseconds that passed before its client wanted anything. */
  get idleForMs(): number {
    return 0;
  }

  /** What the log tells of an exchange; null outside `mode http`. */
  protected httpRecord(): HttpRecord | null {
    return null;
  }

  get priorityClass(): number {
    return this.priority.class;
  }

  get priorityOffsetMs(): number {
    return this.priority.offset;
  }

  /** What rules of content have captured, a slot each. */
  get capturedSlots(): (string | null)[] {
    const { captured } = this;
    return Array.from({ length: this.front.rules.captureSlots }, (_, slot) => captured?.[slot] ?? null);
  }

  /** It as the access log tells it, now. Gauges as they stand. */
  record(unfinished: boolean): SessionRecord {
    return this.#record(unfinished, this.uniqueId());
  }

  /** The same for its rules, which make no unique ID of what is not all known yet. */
  recordSoFar(): SessionRecord {
    const record = this.recordUnnamed();
    // So HAProxy tells of what is no session yet.
    return this.hasBegun ? record : { ...record, termination: "PR" };
  }

  /** It as it stands, with its unique ID where that has been asked for. */
  protected recordUnnamed(): SessionRecord {
    return this.#record(false, this.#uniqueId);
  }

  #record(unfinished: boolean, uniqueId: string | null): SessionRecord {
    const { front, at, target, search, listener, serverSide, queuedMs, connectedMs, handshakeMs } = this;
    const { preparedMs, server } = this;
    return {
      id: this.sessionId,
      frontend: front.plan.name,
      backend: at === null ? front.plan.name : at.plan.name,
      server,
      listener: listener.plan.name,
      listenerId: listener.id,
      client: this.source,
      frontendAddress: this.destination,
      backendSource: serverSide === null ? null : serverSide.source,
      serverAddress: serverSide === null ? null : serverSide.destination,
      tls: listener.plan.tls === null ? null : tlsRecord(this.clientTls),
      acceptedAt: this.acceptedAt,
      handshakeMs,
      queueMs: queuedMs < 0 ? -1 : queuedMs - preparedMs,
      connectMs: connectedMs < 0 ? -1 : connectedMs - queuedMs,
      totalMs: this.endedMs < 0 ? Math.floor(clockMs() - this.startedAt) : this.endedMs,
      unfinished,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      termination: this.termination,
      processConnections: front.process.current,
      frontendConnections: front.counters.current,
      backendConnections: at === null ? 0 : at.counters.current,
      serverConnections: server === null || target === null ? 0 : target.counters.current,
      retries: search === null ? 0 : search.retries,
      redispatched: search !== null && search.isRedispatched,
      serverQueue: search === null ? 0 : search.serverQueue,
      backendQueue: search === null ? 0 : search.backendQueue,
      uniqueId,
      logCount: front.counters,
      logLevel: this.logLevel,
      captured: this.hasBegun && front.rules.captureSlots > 0 ? this.capturedSlots : undefined,
      http: this.httpRecord(),
    };
  }

  uniqueId(): string | null {
    const { rules } = this.front;
    if (rules.uniqueId === null) return null;
    if (this.#uniqueId === null) {
      // A format that names the ID itself finds none.
      this.#uniqueId = "";
      this.#uniqueId = ownText(rules.uniqueId(this.record(true), this));
    }
    return this.#uniqueId;
  }

  setMark(mark: number): void {
    if (this.client.setMark === undefined) this.#cannot("set-mark");
    else this.client.setMark(mark);
  }

  setTos(tos: number): void {
    if (this.client.setTos === undefined) this.#cannot("set-tos");
    else this.client.setTos(tos);
  }

  #cannot(action: string): void {
    this.front.process.noticeOnce(`'${action}' does nothing here: it needs libc, which cannot be called.`);
  }

  captureEarly(slot: number, text: string): void {
    const slots = (this.captured ??= []);
    while (slots.length < slot) slots.push(null);
    slots[slot] = text;
  }

  setLastWord(text: string, code: number): void {
    this.lastWord = { text, code };
  }

  setLogLevel(level: number | null): void {
    this.logLevel = level ?? "silent";
  }

  setPriority(priority: { readonly class: number } | { readonly offset: number }): void {
    this.priority = { ...this.priority, ...priority };
  }
}

/** A server as it is told of; null: there is none, or it has no name. */
export function nameOf(server: Server | null): string | null {
  return server === null || server.name === "" ? null : server.name;
}

function addBytes(counters: { bytesIn: number; bytesOut: number }, bytesIn: number, bytesOut: number): void {
  counters.bytesIn += bytesIn;
  counters.bytesOut += bytesOut;
}
