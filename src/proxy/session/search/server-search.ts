/** The way to a server that was chosen: waiting for a slot there, connecting with retries and redispatches. */
import { clockMs } from "../../../clock.ts";
import { type Connection, type ConnectOptions, TransportError } from "../../../net/transport.ts";
import type { ServerRefusal } from "../../../ssh-facts.ts";
import type { TlsFacts } from "../../../tls-facts.ts";
import type { Queue, Waiting } from "../../backend/queue.ts";
import type { Server } from "../../backend/server.ts";
import type { Cause } from "./seeker.ts";
import { ServerChoice } from "./server-choice.ts";
import type { SourcePorts } from "../../backend/source-ports.ts";
import { StartupSlot, type StartupUnderWay } from "./startup-slot.ts";
import { HandshakeError, SecuredConnect, type SecuredConnectHandler, type Wanted } from "../../tls/secured-connect.ts";
import { type ServerFault, serverFault } from "../../tls/server-fault.ts";
import { wantedOf } from "../../tls/server-tls.ts";

/** The pause before another attempt at the server that just refused. */
const retryMs = 1000;

/** Local ports of a range that one attempt tries, where others have them already. */
const mostPortTries = 10;

/**
 * `begin` → `#request` → (a queue) → `#connect` → `found`, or `abandon` when no server can be had.
 *
 * The slot at a server belongs to the search until `leave`, which the seeker's end calls. What others call catches
 * whatever is thrown, and gives it to `fail`.
 */
export class ServerSearch extends ServerChoice implements Waiting<Server>, SecuredConnectHandler {
  // Queued
  queue: Queue<Waiting<Server>> | null = null;
  queueNext: Waiting<Server> | null = null;
  queuePrevious: Waiting<Server> | null = null;
  priorityClass = 0;
  priorityKey = 0;

  get queueSource(): string {
    return this.#startup.source;
  }

  state: "rules" | "queued" | "connecting" = "rules";

  // What the log tells. Since the seeker began; -1: not come that far.
  queuedMs = -1;
  serverQueue = 0;
  backendQueue = 0;

  #holdsSlot = false;
  readonly #startup = new StartupSlot(this.seeker, this.backend);
  #countsAtServer = false;
  #isConnected = false;
  /** Of the last attempt's handshake; null: it had none, or that was no failure. */
  fault: ServerFault | null = null;
  /** How the last attempt's server has turned it down though it could be connected to; null: it has not. */
  refusal: ServerRefusal | null = null;
  /** See `clientSilent`. */
  #isClientSilent = false;
  #connecting: { cancel(): void } | null = null;
  #lent: { readonly ports: SourcePorts; readonly port: number } | null = null;
  #portTries = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #queuedAtTaken = 0;

  /** Chooses a server, and goes there. */
  begin(): void {
    this.prefer();
    this.#request();
  }

  /** Finds a server with a free slot, or a place in a queue. */
  #request(): void {
    const backend = this.backend;
    if (this.server === null && !this.choose()) return;
    const server = this.server as Server | null;
    this.#startup.ask();
    if (server === null) return this.#enqueue(backend.queue);
    if (server.address === null) return this.failed("S", "C");
    if (!server.hasSlotFor(this.queueSource)) return this.#wait(server);
    this.#take(server);
    this.queuedMs = this.seeker.elapsed();
    this.#connect();
  }

  /** There is no slot at the server that was chosen. */
  #wait(server: Server): void {
    const backend = this.backend;
    // There is, but not for its source, which may have one elsewhere.
    if (server.hasSlot && !this.isDirect && backend.isTakingTurns && server !== backend.direct) {
      this.server = null;
      return this.#enqueue(backend.queue);
    }
    if (server.plan.maxqueue === 0 || server.queue.length < server.plan.maxqueue) return this.#enqueue(server.queue);
    if (!this.isDirect || this.isForced || backend.plan.redispatch === 0) {
      this.#startup.refused(server);
      return this.failed("S", "Q");
    }
    this.isDirect = false;
    this.previous = server;
    this.server = null;
    this.#request();
  }

  #take(server: Server): void {
    this.#holdsSlot = true;
    server.take();
    this.#startup.take(server);
  }

  #enqueue(queue: Queue<Waiting<Server>>): void {
    const backend = this.backend;
    this.state = "queued";
    this.#startup.await(this.server);
    this.priorityClass = this.seeker.priorityClass;
    this.priorityKey = clockMs() + this.seeker.priorityOffsetMs;
    queue.add(this);
    this.#queuedAtTaken = queue.taken;
    const counters = queue === backend.queue ? backend.counters : (this.server as Server).counters;
    if (queue.length > counters.queuedMax) counters.queuedMax = queue.length;
    const { queueMs } = backend.plan.timeouts;
    if (queueMs > 0) this.#timer = setTimeout(() => this.#queueTimedOut(), queueMs);
    this.seeker.watchClient();
    if (queue === backend.queue && backend.limitsStartups) backend.spread();
  }

  /** Its start-up at the server that it has; null: none that counts. */
  get startup(): StartupUnderWay | null {
    return this.#startup.underWay;
  }

  #queueTimedOut(): void {
    this.#timer = null;
    try {
      this.#startup.refused(this.server);
      this.#unqueue();
      this.failed("s", "Q");
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  /** Leaves the queue it is in without a slot. */
  #unqueue(): void {
    const { queue } = this;
    if (queue === null) return;
    queue.remove(this);
    this.#noteQueue(queue, queue.taken - this.#queuedAtTaken + 1);
  }

  /** `place`: how many got a slot from there since it came, itself included. */
  #noteQueue(queue: Queue<Waiting<Server>>, place: number): void {
    // Of a client that was silent for too long HAProxy tells no waiting time.
    this.queuedMs = this.#isClientSilent ? -1 : this.seeker.elapsed();
    if (queue === this.backend.queue) this.backendQueue += place;
    else this.serverQueue += place;
  }

  /** Called by the backend: out of `queue`, which may have left it out of its count, for a slot of `server`, which it takes. */
  dequeued(queue: Queue<Waiting<Server>>, server: Server, isCounted: boolean): void {
    this.server = server;
    try {
      this.#take(server);
      this.#stopTimer();
      this.#noteQueue(queue, queue.taken - this.#queuedAtTaken + (isCounted ? 0 : 1));
    } catch (error) {
      return this.seeker.fail(error);
    }
    // Not at once: whoever gave the slot up is still on its way out.
    queueMicrotask(() => this.#again());
  }

  /** Called by the backend when the server that it waited for went away; it is in no queue any more. */
  chooseAgain(): void {
    try {
      this.#stopTimer();
      this.isDirect = false;
      this.server = null;
      this.#request();
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  /** Opens the connection to `server`, whose slot is taken. */
  #connect(): void {
    const server = this.server as Server;
    // Its name may have lost its address since it was chosen.
    if (server.address === null) return this.failed("S", "C");
    this.state = "connecting";
    this.#countsAtServer = true;
    server.counters.enter();
    const now = clockMs();
    server.counters.begin(now);
    server.noteNeed(now);
    server.counters.lastSessionAt = server.backend.counters.lastSessionAt = now;
    // In `mode http` there may be one open.
    if (this.seeker.openConnection === undefined) server.countConnect();
    const open = this.seeker.openConnection?.(server) ?? null;
    // It may have found another answer.
    if (this.seeker.isOver) return;
    if (open !== null) {
      this.#isConnected = true;
      return this.seeker.found(open);
    }
    const { sourcePorts } = server;
    // Only what there is to be sent at once can carry the handshake's last ACK: a server that speaks first must not wait for it.
    const options = server.connectOptions(this.seeker, server.savesAck && this.#hasFirstBytes(server));
    if (sourcePorts !== null) return this.#connectFrom(sourcePorts, options);
    this.#open(options);
  }

  #hasFirstBytes(server: Server): boolean {
    if (server.plan.proxyHeader !== null || server.usesTls) return true;
    return this.seeker.hasFirstBytes();
  }

  #open(options: ConnectOptions): void {
    const server = this.server as Server;
    const { transport, tls } = server.backend.process;
    if (server.usesTls) {
      const connecting = new SecuredConnect(tls, this);
      this.#connecting = connecting;
      connecting.begin(transport, options);
    } else {
      const connecting = transport.connect(options);
      this.#connecting = connecting;
      connecting.whenDone(this);
    }
    if (this.retries === 0) this.seeker.sessions.slow.add(this.seeker);
  }

  /** From a local port of its own, which it keeps until the session ends or the attempt has failed. */
  #connectFrom(ports: SourcePorts, options: ConnectOptions): void {
    const port = ports.take();
    if (port === null) return this.#refused(new TransportError("EADDRNOTAVAIL", "No free source port"));
    this.#lent = { ports, port };
    this.#open({ ...options, source: { host: options.source?.host ?? "0.0.0.0", port } });
  }

  #givePortBack(): void {
    const lent = this.#lent;
    if (lent === null) return;
    this.#lent = null;
    lent.ports.give(lent.port);
  }

  /** ConnectHandler. */
  connected(connection: Connection): void {
    try {
      // Given up by the seeker itself.
      if (this.#connecting === null) return connection.reset();
      this.#connecting = null;
      this.#isConnected = true;
      this.fault = this.refusal = null;
      this.seeker.sessions.slow.delete(this.seeker);
      this.seeker.found(connection);
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  /** SecuredConnectHandler. */
  secureBy(connection: Connection): Wanted {
    const server = this.server as Server;
    this.seeker.introduce(connection);
    return wantedOf(server, this.seeker);
  }

  /** SecuredConnectHandler. */
  shaken(facts: TlsFacts | null): void {
    (this.server as Server).counters.tls.count(facts);
    this.backend.counters.tls.count(facts);
  }

  /** SecuredConnectHandler. */
  broken(error: unknown): void {
    if (error instanceof TransportError) return this.refused(error);
    this.#connecting = null;
    this.seeker.fail(error);
  }

  /**
   * The connection that was found has come to nothing before the server answered: another is looked for. `isStale`: it had
   * served others before, which is no attempt; else to be called only while attempts are left.
   */
  tryAgain(isStale: boolean): void {
    const server = this.server as Server;
    this.#isConnected = false;
    this.#givePortBack();
    if (this.#countsAtServer) server.counters.current -= 1;
    this.#countsAtServer = false;
    if (!isStale) this.#moveOn(server);
    this.state = "connecting";
    queueMicrotask(() => this.#again());
  }

  /**
   * The server that was found has turned the session down before it said who it is, and its connection is closed: as if there had been
   * none. `isLast`: no other may be asked.
   */
  turnedDown(refusal: ServerRefusal, isLast: boolean): void {
    const server = this.server as Server;
    this.#isConnected = false;
    this.state = "connecting";
    this.refusal = refusal;
    this.#givePortBack();
    server.rest(refusal);
    this.#failed(server, { cause: "S", isAtOnce: false, isLast });
  }

  /**
   * `timeout client` has passed without a byte of the client's. As in HAProxy that ends the wait in a queue and between two
   * attempts at once; an attempt under way may succeed.
   */
  clientSilent(): void {
    this.#isClientSilent = true;
    if (!this.seeker.isOver && this.#connecting === null) this.seeker.abandon("c", this.state === "queued" ? "Q" : "C");
  }

  /** ConnectHandler. */
  refused(failure: TransportError): void {
    if (this.#connecting === null) return;
    this.fault = failure instanceof HandshakeError ? serverFault(failure.cause) : null;
    this.refusal = null;
    try {
      this.#refused(failure);
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  #refused(failure: TransportError): void {
    const backend = this.backend;
    const server = this.server as Server;
    this.#connecting = null;
    const { sourcePorts } = server;
    // Somebody else has this port: another of the range may be free.
    if (
      failure.code === "EADDRINUSE" &&
      this.#lent !== null &&
      sourcePorts !== null &&
      ++this.#portTries < mostPortTries
    ) {
      this.#givePortBack();
      return this.#connectFrom(sourcePorts, server.connectOptions(this.seeker));
    }
    const lacksPort = sourcePorts !== null && (this.#lent === null || failure.code === "EADDRINUSE");
    if (lacksPort)
      backend.process.noticeOnce(`Cannot bind to source address before connect() for backend ${backend.plan.name}.`);
    this.#givePortBack();
    this.#portTries = 0;
    const cause = failure.deadline ? "s" : isOurs(failure.code) ? "R" : "S";
    // As in HAProxy there is no pause where a port was missing.
    this.#failed(server, { cause, isAtOnce: failure.deadline || lacksPort, isLast: false });
  }

  /** An attempt has come to nothing. `isAtOnce`: the next one, if there is one, does not wait. */
  #failed(server: Server, { cause, isAtOnce, isLast }: FailedAttempt): void {
    const { backend } = this;
    // Seen while it counts: the server may be marked down for it, and end this session.
    server.observe(false);
    if (this.seeker.isOver) return;
    this.#countsAtServer = false;
    server.counters.current -= 1;
    if (isLast || this.retries >= backend.plan.retries) {
      server.counters.connectErrors += 1;
      backend.counters.connectErrors += 1;
      return this.seeker.abandon(this.#isClientSilent ? "c" : cause, "C");
    }
    const isMoving = this.#moveOn(server);
    if (isAtOnce || (isMoving && backend.activeServers > 1)) return this.#again();
    const { connectMs } = backend.plan.timeouts;
    this.#timer = setTimeout(() => this.#again(), connectMs > 0 ? Math.min(retryMs, connectMs) : retryMs);
    this.seeker.watchClient();
  }

  /** Another attempt follows: at another server, or (false) at `server` again. */
  #moveOn(server: Server): boolean {
    this.retries += 1;
    this.previous = server;
    const isMoving = this.maySwitch(server);
    if (isMoving) {
      this.isDirect = false;
      this.server = null;
      this.#releaseSlot(server);
    } else {
      server.counters.retries += 1;
      this.backend.counters.retries += 1;
    }
    return isMoving;
  }

  #again(): void {
    this.#timer = null;
    if (this.seeker.isOver) return;
    try {
      if (this.server === null) this.#request();
      else this.#connect();
    } catch (error) {
      this.seeker.fail(error);
    }
  }

  #releaseSlot(server: Server): void {
    this.#holdsSlot = false;
    this.#startup.end();
    server.release();
    server.backend.dequeue(server);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Gives up the search, or the place at the server: queue, timer, attempt and slot. */
  leave(): void {
    const { server } = this;
    try {
      this.#stopTimer();
      this.#unqueue();
      const connecting = this.#connecting;
      this.#connecting = null;
      if (!this.#isConnected) this.seeker.sessions.slow.delete(this.seeker);
      connecting?.cancel();
    } finally {
      try {
        // The slot goes first, while the session still counts for the limits that rise with the backend's load.
        if (this.#holdsSlot && server !== null) this.#releaseSlot(server);
      } finally {
        this.#givePortBack();
        if (this.#countsAtServer && server !== null) server.counters.current -= 1;
      }
    }
  }
}

interface FailedAttempt {
  readonly cause: Cause;
  readonly isAtOnce: boolean;
  /** There is no other, whatever `retries` says. */
  readonly isLast: boolean;
}

/** Errors of our own system rather than of the server. As in HAProxy a local address or port that is missing is none. */
function isOurs(code: string): boolean {
  return ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"].includes(code);
}
