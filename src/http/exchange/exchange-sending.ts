/** A request on its way to a server: which one, over which connection, and again where that came to nothing. */
import { clockMs, dateMs } from "../../clock.ts";
import type { Connection } from "../../net/transport.ts";
import type { HttpBackendPlan } from "../../plan/http.ts";
import type { Backend } from "../../proxy/backend/backend.ts";
import { CookiePersistence, type CookieTerms } from "../../proxy/backend/cookies/cookie-persistence.ts";
import { dependsOnClient, routeOf, sourceField } from "../../proxy/backend/server-options.ts";
import type { Server } from "../../proxy/backend/server.ts";
import type { AnswerFault } from "../../proxy/check/answer-fault.ts";
import type { Cause, Phase, Seeker } from "../../proxy/session/search/seeker.ts";
import { writeHeader } from "../../proxy/session/proxy-header/sent-header.ts";
import { serverNameFor } from "../../proxy/tls/server-tls.ts";
import { ServerSearch } from "../../proxy/session/search/server-search.ts";
import type { Head } from "../../wire/http/head.ts";
import { PagingExchange } from "./exchange-page.ts";
import { outgoing } from "../bytes/outgoing.ts";
import { plainBackend } from "./plain-plans.ts";
import { addAddresses, setServerPersistence } from "../fields/request-fields.ts";
import { ServerConnection, type ServerUser } from "../server/server-connection.ts";

/** Methods that may be sent again though nobody knows whether the server has seen them (RFC 9110, 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** An exchange as far as its request is at a server. */
export abstract class SendingExchange extends PagingExchange implements Seeker, ServerUser {
  /** Null where its backend has no `cookie`. */
  protected cookies: CookiePersistence<Server> | null = null;
  /** Its server's connection had served others before. */
  protected isReused = false;
  #mustOpen = false;
  #mayRetry = true;
  /** The body as it was sent, for another attempt; null: there is none, or it is not whole. */
  protected replay: Uint8Array | null = null;
  protected canReplay = false;

  abstract abandon(cause: Cause, phase: Phase): void;
  abstract clientSilent(): void;
  abstract clientEnded(): void;
  abstract answerCame(): boolean;
  abstract serverEnded(): void;
  abstract serverLost(code: string | null): void;

  protected findServer(): void {
    this.stage = "search";
    this.captureRequestCookie();
    const search = new ServerSearch(this, this.at as Backend);
    this.search = search;
    search.begin();
  }

  /** Seeker: what connects may be answered in the same packet as the request, which is there. */
  override hasFirstBytes(): boolean {
    return true;
  }

  /** Seeker: which server the request's cookie names. */
  serverByCookie(search: { readonly cookieTerms: CookieTerms<Server> }): Server | null {
    if (this.requestMessage === null) return null;
    const { head } = this.requestMessage.reader;
    const server = this.#readCookie(head, search);
    // What is added to it may say which server it is for, and from where.
    this.#prepare(head);
    return server;
  }

  #readCookie({ fields }: Head, search: { readonly cookieTerms: CookieTerms<Server> }): Server | null {
    const { cookie } = this.back;
    if (cookie === null) return null;
    this.cookies = new CookiePersistence<Server>(cookie);
    const server = this.cookies.readRequest(fields, search.cookieTerms, Math.floor(dateMs() / 1000));
    this.cookieState = this.cookies.letters;
    return server;
  }

  /** `option prefer-last-server`, and what authenticates connections. */
  get lastServer(): Server | null {
    const { last } = this.side;
    const most = this.back.maxKeepAliveQueue;
    if (last === null || (most >= 0 && last.server.queue.length > most)) return null;
    return this.back.prefersLastServer || last.status === 401 || last.status === 407 ? last.server : null;
  }

  watchClient(): void {
    if (this.stage === "search" && this.at?.plan.abortOnClose === true) this.side.readOn();
  }

  openConnection(server: Server): Connection | null {
    const { redirectPrefix } = server.plan.http;
    if (redirectPrefix !== null && (this.method === "GET" || this.method === "HEAD")) {
      this.#sendTo(redirectPrefix);
      return null;
    }
    if (sourceField(server, this) === undefined) {
      // It is to be told by a field that is not there.
      this.countInternalError();
      this.refuse(500, "I", "C");
      return null;
    }
    const open = this.#mustOpen ? null : this.#takeOpen(server);
    if (open === null) server.countConnect();
    return open;
  }

  /** A connection that is open already. */
  #takeOpen(server: Server): Connection | null {
    const { side } = this;
    const { own } = side;
    side.own = null;
    const { reuse } = this.back;
    let open: ServerConnection | null = null;
    const serverName = serverNameFor(server, this);
    const isFit = own !== null && own.server === server && own.isCurrent && own.serverName === serverName;
    if (isFit && own.route === routeOf(server, this)) open = own;
    else {
      own?.discard();
      open = side.http.pools.take(server, reuse, side.isFirst, serverName);
    }
    if (open === null) return null;
    open.use(this);
    this.connection = open;
    this.isReused = true;
    server.countReuse();
    return open.stream;
  }

  /** A server's `redir`: its client finds it by itself. */
  #sendTo(prefix: string): void {
    const target = this.requestMessage?.reader.head.target ?? "/";
    const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
    const fields = [
      ["cache-control", "no-cache"],
      ["content-length", "0"],
      ["location", prefix + path],
    ] as const;
    this.reply({ kind: "made", status: 302, reason: null, fields, body: null }, "L", "C");
  }

  protected get back(): HttpBackendPlan {
    return this.backPlan ?? plainBackend;
  }

  introduce(stream: Connection): void {
    writeHeader(this, this.target as Server, stream);
  }

  found(stream: Connection): void {
    // Its client has another answer already, and has yet to take it.
    if (this.stage !== "search") return stream.reset();
    const server = this.target as Server;
    this.serverConnection = stream;
    this.connectedMs = this.elapsed();
    if (this.connection === null) {
      this.connection = new ServerConnection(
        stream,
        server,
        this,
        routeOf(server, this),
        stream.tls?.serverName ?? null,
      );
      this.isReused = false;
      // Of `observe layer7` only an answer is a success.
      if (server.plan.observe !== "layer7") server.observe(true);
      if (stream.tls === undefined) this.introduce(stream);
    }
    this.noteServerSide();
    this.#send(this.connection, server);
  }

  /** Sends the head, and what is there of the body. */
  #send(connection: ServerConnection, server: Server): void {
    const { requestMessage, side } = this;
    if (requestMessage === null) return;
    const { head } = requestMessage.reader;
    const { body } = requestMessage;
    const { serverNameHeader, retryOn } = this.back;
    if (serverNameHeader !== null && server.name !== "") head.fields.set(serverNameHeader.toLowerCase(), server.name);
    const replay = this.replay;
    const mayRetry = this.#mayRetry && (this.isReused || isSet(retryOn));
    outgoing.begin(connection.stream);
    outgoing.head(head, side.serverCase);
    const before = side.inbox.length;
    const isKept = mayRetry && replay === null && !body.isDone && before <= side.limits.bodyBytes;
    const kept = isKept ? side.inbox.copy() : null;
    if (replay !== null) outgoing.put(replay, 0, replay.length);
    const isSound = body.pass(side.inbox, outgoing);
    this.finalBytesIn += before - side.inbox.length;
    if (kept !== null && body.isDone) this.replay = kept.subarray(0, before - side.inbox.length);
    this.canReplay = mayRetry && body.isDone;
    this.stage = "waiting";
    const now = clockMs();
    this.serverToldAt = this.serverHeardAt = now;
    this.isServerFull = !outgoing.end();
    if (!isSound) return this.spoilt(before);
    this.#listen(connection);
    side.arm();
    // Not at once: the buffer may be in use.
    connection.stream.resume();
    if (!body.isDone && !this.isServerFull) this.#awaitBody();
  }

  /** Nothing is there any more of the request's body, and that was not all. */
  #awaitBody(): void {
    if (this.side.hasEnded) this.clientEnded();
    else this.side.readOn();
  }

  /** Makes ready to read an answer. */
  #listen(connection: ServerConnection): void {
    connection.inbox.clear();
    const { http, limits } = this.side;
    if (this.answerMessage === null)
      this.answerMessage = http.answers.take(limits.head, this.back.acceptsInvalidResponse);
    else this.answerMessage.reader.reset();
  }

  /** Adds what goes with the request to whatever server. */
  #prepare(head: Head): void {
    const { fields } = head;
    const { plan } = this;
    if (plan.uniqueIdHeader !== null) {
      const id = this.uniqueId();
      if (id !== null) fields.add(plan.uniqueIdHeader.toLowerCase(), id);
    }
    addAddresses(fields, plan, this.back, this);
    this.readAccepted(head);
    setServerPersistence(head, this.closesServer && !this.back.pretendsKeepAlive);
  }

  /** The server's connection ends with the answer. */
  protected get closesServer(): boolean {
    return this.back.connection !== "keep-alive" || this.plan.connection !== "keep-alive";
  }

  protected passRequest(): boolean {
    const { requestMessage, connection, side } = this;
    if (requestMessage === null || connection === null || this.isServerFull) return false;
    const { body } = requestMessage;
    if (body.isDone) return false;
    outgoing.begin(connection.stream);
    const before = side.inbox.length;
    const isSound = body.pass(side.inbox, outgoing);
    const isTaken = outgoing.end();
    this.finalBytesIn += before - side.inbox.length;
    this.serverToldAt = clockMs();
    if (!isSound) {
      this.spoilt(before);
      return false;
    }
    if (isTaken) {
      if (!body.isDone) return true;
      this.requestSent();
      return false;
    }
    this.isServerFull = true;
    side.arm();
    return false;
  }

  /** All of the request has gone. */
  protected requestSent(): void {
    this.serverHeardAt = clockMs();
    if (this.stage === "answering" && this.answerMessage?.body.isDone === true && !this.isClientFull) this.answered();
    else this.side.arm();
  }

  /** A chunk of the request's is none. `had`: as many bytes had come, and not gone. */
  protected spoilt(had: number): void {
    const { bytes, from, end } = this.side.inbox;
    const part = this.requestMessage === null ? "chunk-size" : this.requestMessage.body.faultyPart;
    this.captureRequest(bytes, end - had, end, from, part);
    this.countRequestError();
    if (this.stage === "answering") return this.cutShort("P", "D");
    if (this.requestMessage !== null) this.requestMessage.framing.isPersistent = false;
    this.refuse(400, "P", "H");
  }

  serverDrained(isAll: boolean): void {
    try {
      this.serverToldAt = clockMs();
      if (!isAll) return;
      this.isServerFull = false;
      const { requestMessage } = this;
      if (requestMessage === null) return;
      if (requestMessage.body.isDone) return this.requestSent();
      if (this.passRequest()) this.#awaitBody();
      if (!this.isOver) this.side.arm();
    } catch (error) {
      this.fail(error);
    }
  }

  /** `observe layer7`. Null: its answer is a good one. */
  protected observeAnswer(fault: AnswerFault | null): void {
    const { target } = this;
    if (target !== null && target.plan.observe === "layer7") target.observe(fault === null, fault);
  }

  protected countFailure(fault: AnswerFault): void {
    this.observeAnswer(fault);
    for (const counters of [this.at?.counters, this.target?.counters]) if (counters) counters.http.responseErrors += 1;
  }

  /** Keeps the server's connection for the next exchange, this one's client's or anybody's. */
  protected keep(connection: ServerConnection, isPersistent: boolean): void {
    const { side, front } = this;
    const { server } = connection;
    const { maxReuse } = server.plan.http;
    const mayStay =
      isPersistent &&
      connection.isCurrent &&
      !this.closesServer &&
      connection.inbox.length === 0 &&
      !connection.stream.ended &&
      server.sourcePorts === null &&
      (maxReuse < 0 || connection.uses <= maxReuse);
    this.connection = null;
    if (!mayStay || front.process.stopping) return connection.discard();
    const { reuse } = this.back;
    const isOwn =
      reuse === "never" || connection.isPrivate || server.plan.proxyHeader !== null || dependsOnClient(server);
    if (isOwn) {
      connection.isPrivate = true;
      // A client has one at the most.
      if (this.clientEnd !== "keep" || this.plan.maxSessionServerConnections === 0) return connection.discard();
      side.own?.discard();
      side.own = connection;
      return connection.rest(side);
    }
    const { process } = front;
    const isKept = side.http.pools.give(connection, Math.max(0, process.maxconn - process.current));
    if (isKept) connection.rest(side.http.pools);
    else connection.discard();
  }

  /** A connection that others used before may have been closed before the request came: nobody has seen that, as far as it matters. */
  protected get isStale(): boolean {
    return this.isReused && (this.connection?.inbox.length ?? 0) === 0 && idempotent.has(this.method);
  }

  /** Sends the request again, to this server or another. False: it cannot be. */
  protected retry(isStale: boolean): boolean {
    const { search } = this;
    if (!this.canReplay || search === null || (!isStale && search.retries >= this.back.retries)) return false;
    this.#mustOpen = true;
    this.dropServer();
    this.serverConnection = null;
    this.isServerFull = false;
    this.stage = "search";
    this.connectedMs = -1;
    search.tryAgain(isStale);
    return true;
  }

  disableRetry(): void {
    this.#mayRetry = false;
  }
}

function isSet({ emptyResponse, junkResponse, responseTimeout, statuses }: HttpBackendPlan["retryOn"]): boolean {
  return emptyResponse || junkResponse || responseTimeout || statuses.length > 0;
}
