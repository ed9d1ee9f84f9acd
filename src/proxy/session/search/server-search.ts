/** The way to a server whose slot is taken: connecting, with retries and redispatches. */
import { clockMs } from "../../../clock.ts";
import { type Connection, type ConnectOptions, TransportError } from "../../../net/transport.ts";
import type { Membership } from "../../../roster.ts";
import type { ServerRefusal } from "../../../ssh-facts.ts";
import type { TlsFacts } from "../../../tls-facts.ts";
import type { Server } from "../../backend/server.ts";
import type { Cause } from "./seeker.ts";
import { SlotSearch } from "./slot-search.ts";
import type { SourcePorts } from "../../backend/source-ports.ts";
import { HandshakeError, SecuredConnect, type SecuredConnectHandler, type Wanted } from "../../tls/secured-connect.ts";
import { type ServerFault, serverFault } from "../../tls/server-fault.ts";
import { wantedOf } from "../../tls/server-tls.ts";

/** The pause before another attempt at the server that just refused. */
const retryMs = 1000;

/** Local ports of a range that one attempt tries, where others have them already. */
const mostPortTries = 10;

/**
 * `begin` → (a queue) → `connect` → `found`, or `abandon` when no server can be had.
 *
 * The slot at a server belongs to the search until `leave`, which the seeker's end calls. What others call catches
 * whatever is thrown, and gives it to `fail`.
 */
export class ServerSearch extends SlotSearch implements SecuredConnectHandler {
  #countsAtServer = false;
  /** Of the last attempt's handshake; null: it had none, or that was no failure. */
  fault: ServerFault | null = null;
  /** How the last attempt's server has turned it down though it could be connected to; null: it has not. */
  refusal: ServerRefusal | null = null;
  #connecting: { cancel(): void } | null = null;
  #lent: { readonly ports: SourcePorts; readonly port: number } | null = null;
  #portTries = 0;
  /** It connects, and may turn out to be slow; null: it does not. */
  #slow: Membership<unknown> | null = null;

  protected override connect(): void {
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
    if (open !== null) return this.seeker.found(open);
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
    if (this.retries > 0) return;
    this.#endSlow();
    this.#slow = this.seeker.sessions.slow.add(this.seeker);
  }

  /** It does not count as one that may be slow any more. */
  #endSlow(): void {
    this.#slow?.end();
    this.#slow = null;
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
      this.fault = this.refusal = null;
      this.#endSlow();
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
    this.#givePortBack();
    if (this.#countsAtServer) server.counters.current -= 1;
    this.#countsAtServer = false;
    if (!isStale) this.#moveOn(server);
    this.state = "connecting";
    queueMicrotask(() => this.again());
  }

  /**
   * The server that was found has turned the session down before it said who it is, and its connection is closed: as if there had been
   * none. `isLast`: no other may be asked.
   */
  turnedDown(refusal: ServerRefusal, isLast: boolean): void {
    const server = this.server as Server;
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
    this.isClientSilent = true;
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
      return this.seeker.abandon(this.isClientSilent ? "c" : cause, "C");
    }
    const isMoving = this.#moveOn(server);
    if (isAtOnce || (isMoving && backend.activeServers > 1)) return this.again();
    const { connectMs } = backend.plan.timeouts;
    this.timer = setTimeout(() => this.again(), connectMs > 0 ? Math.min(retryMs, connectMs) : retryMs);
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
      this.releaseSlot(server);
    } else {
      server.counters.retries += 1;
      this.backend.counters.retries += 1;
    }
    return isMoving;
  }

  /** Gives up the search, or the place at the server: queue, timer, attempt and slot. */
  leave(): void {
    const { server } = this;
    try {
      this.stopTimer();
      this.unqueue();
      const connecting = this.#connecting;
      this.#connecting = null;
      this.#endSlow();
      connecting?.cancel();
    } finally {
      try {
        // The slot goes first, while the session still counts for the limits that rise with the backend's load.
        if (this.holdsSlot && server !== null) this.releaseSlot(server);
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
