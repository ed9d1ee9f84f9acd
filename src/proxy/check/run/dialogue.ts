/** The connection of one check: connecting, sending and receiving under the check's deadlines, and giving it all up. */
import { clockMs } from "../../../clock.ts";
import { formatProxyV1, formatProxyV2 } from "../../../wire/proxy-protocol.ts";
import { TransportError } from "../../../net/transport.ts";
import type {
  Connection,
  ConnectOptions,
  Peeked,
  PeekHandler,
  ProbeHandler,
  Transport,
} from "../../../net/transport.ts";
import type { SocketAddress } from "../../../address.ts";
import type { TlsFacts } from "../../../tls-facts.ts";
import type { CheckTlsPlan } from "../../../plan/tls.ts";
import { SecuredConnect, type SecuredConnectHandler, type Wanted } from "../../tls/secured-connect.ts";
import type { TlsProcess } from "../../tls/tls-process.ts";
import type { Abort, Cancellable } from "./abort.ts";
import { connectFailure, DialogueFailure } from "./dialogue-failure.ts";
import { type NextLook, nextLook } from "../../time/inspection-pace.ts";
import { Appointment } from "../../time/timetable.ts";

/** The backend's. `checkMs` 0: not set; the check's interval is then the time for everything. */
export interface CheckTimeouts {
  readonly connectMs: number;
  readonly checkMs: number;
}

/** How a check connects, and how long it may take (manual, `timeout check`). */
export interface DialogueSettings {
  readonly transport: Transport;
  readonly socket: Omit<ConnectOptions, "address" | "timeoutMs">;
  readonly interMs: number;
  readonly timeouts: CheckTimeouts;
  readonly bufsizeBytes: number;
  readonly proxyVersion: 1 | 2;
  readonly proxyChecksum: boolean;
  /** `pp2-never-send-local`: checks too say PROXY, with the connection's own ends. */
  readonly neverSendLocal: boolean;
  /** How TLS is spoken with the server; left out: it is not. */
  readonly secure?: CheckSecurity;
}

/** TLS of one server's checks. */
export interface CheckSecurity {
  readonly process: TlsProcess;
  readonly wanted: (plan: CheckTlsPlan) => Wanted;
  /** What a step of a script speaks by where it says nothing itself; null: nothing is planned. */
  readonly default: CheckTlsPlan | null;
}

/** Looks at what came so far; `final`: nothing more will come. May answer "wait" only while not final. */
export type Decide<T> = (answer: Uint8Array, final: boolean) => T | "wait";

/** The same for `listen`, which wants to know no more than whether to wait on. */
export type Judge = (answer: Uint8Array, final: boolean) => "wait" | "enough";

/** Who hears of what a dialogue was asked to do, once, with null for done, or with what went wrong: a DialogueFailure, or what a judge threw. */
export interface DialogueHandler {
  heard(failure: unknown): void;
}

/** Deadline of the connect phase and of the whole, in ms from the connect's start. */
export function connectBudgetMs(interMs: number, { connectMs, checkMs }: CheckTimeouts): number {
  return checkMs > 0 && connectMs > 0 ? Math.min(interMs, connectMs) : interMs;
}

/** How a dialogue begins. */
export interface Opening {
  readonly sendProxy: boolean;
  /** It will end with FIN instead of RST. */
  readonly lingers: boolean;
  /** Bytes are sent at once, and the handshake's last ACK with them. */
  readonly speaksFirst: boolean;
  /** Null: in the clear. */
  readonly tls: CheckTlsPlan | null;
}

const nothing = new Uint8Array(0);
/** How long a server has to close behind a last word. */
const partingMs = 1000;

/**
 * Talks over one connection at a time, and does one thing at a time. Whoever is called back is so once, and never before the
 * method returns; promises are for those who ask rarely.
 */
export class Dialogue implements Cancellable, SecuredConnectHandler, ProbeHandler, PeekHandler {
  /** What the server is sent when the dialogue ends in any way, before FIN; it is then given time to close. Null: nothing, and RST or FIN at once. */
  lastWord: Uint8Array | null = null;
  #connection: Connection | null = null;
  #answer: Uint8Array = nothing;
  #ended = false;
  #lingers = false;
  #sendsProxy = false;
  #tls: CheckTlsPlan | null = null;
  #address: SocketAddress | null = null;
  readonly #deadline = new Appointment(() => this.#expire());
  #isLate = false;
  #connecting: Cancellable | null = null;
  #isGivenUp = false;
  /** Of what is done now; null: nothing is. */
  #handler: DialogueHandler | null = null;
  /** Of who listens now. */
  #judge: Judge = enough;
  #listensSince = 0;
  #lookedAtBytes = 0;

  /** Is what of `abort` runs from here on. */
  constructor(
    private readonly settings: DialogueSettings,
    abort: Abort,
  ) {
    abort.running = this;
  }

  /** Gives it up: whoever waits for it hears of a failure. */
  cancel(): void {
    this.#isGivenUp = true;
    this.#connecting?.cancel();
    if (this.#connection !== null) this.#leave(this.#connection, false);
    this.#forget();
  }

  /** What came since the last `send`. */
  get answer(): Uint8Array {
    return this.#answer;
  }

  get local(): SocketAddress | null {
    return this.#connection?.local ?? null;
  }

  get remote(): SocketAddress | null {
    return this.#connection?.remote ?? null;
  }

  /** What TLS came to on its connection; null: none is spoken. */
  get tlsFacts(): TlsFacts | null {
    return this.#connection?.tls ?? null;
  }

  /** Opens a connection; the one before is closed first. */
  open(address: SocketAddress, opening: Opening, handler: DialogueHandler): void {
    const { sendProxy, lingers, speaksFirst, tls } = opening;
    this.finish();
    this.#tls = tls;
    this.#lingers = lingers;
    this.#sendsProxy = sendProxy;
    this.#address = address;
    this.#handler = handler;
    const { transport, socket, interMs, timeouts } = this.settings;
    const timeoutMs = connectBudgetMs(interMs, timeouts);
    this.#allow(timeoutMs);
    const quickAck = !speaksFirst && !sendProxy && tls === null;
    const options = { ...socket, address, timeoutMs, quickAck };
    if (tls === null) {
      const connecting = transport.connect(options);
      this.#connecting = connecting;
      connecting.whenDone(this);
    } else {
      const connecting = new SecuredConnect(this.#security.process, this);
      this.#connecting = connecting;
      connecting.begin(transport, options);
    }
    if (this.#isGivenUp) this.#connecting.cancel();
  }

  get #security(): CheckSecurity {
    const { secure } = this.settings;
    if (secure === undefined) throw new DialogueFailure("SOCKERR", "TLS is not spoken with this server");
    return secure;
  }

  /** SecuredConnectHandler. */
  secureBy(connection: Connection): Wanted {
    if (this.#sendsProxy) connection.write(this.#proxyHeader(connection));
    return this.#security.wanted(this.#tls as CheckTlsPlan);
  }

  /** SecuredConnectHandler. */
  shaken(): void {}

  /** SecuredConnectHandler. */
  broken(error: unknown): void {
    if (error instanceof TransportError) return this.refused(error);
    this.#connecting = null;
    this.#tell(error);
  }

  /** Opens a connection and resets it so that the server's accept() need not see it: all that is asked is whether it opens. */
  probe(address: SocketAddress, handler: DialogueHandler): void {
    this.finish();
    this.#address = address;
    this.#handler = handler;
    const { transport, socket, interMs, timeouts } = this.settings;
    const connecting = transport.probe({ ...socket, address, timeoutMs: connectBudgetMs(interMs, timeouts) }, this);
    this.#connecting = connecting;
    if (this.#isGivenUp) connecting.cancel();
  }

  /** Sends at once. What came before and was looked at is forgotten. */
  send(bytes: Uint8Array): void {
    const connection = this.#connection;
    if (connection === null) return;
    if (this.#answer.length > 0) connection.consume(this.#answer.length);
    this.#answer = nothing;
    connection.write(bytes);
  }

  /**
   * Receives until `judge` has enough: true if it has already, and then `handler` is not called. What came stays for the next look.
   *
   * Asked at every piece, but less often where looking at the whole answer again has become too much (see nextLook). Throws what
   * `judge` throws, and DialogueFailure where nothing more can come.
   */
  listen(judge: Judge, handler: DialogueHandler): boolean {
    this.#judge = judge;
    this.#listensSince = clockMs();
    this.#lookedAtBytes = 0;
    if (this.#hasEnough()) return true;
    this.#handler = handler;
    this.#wait(this.#nextLook());
    return false;
  }

  /** As `listen`, for those who want `decide`'s answer. */
  async receive<T>(decide: Decide<T>): Promise<T> {
    let decided: T | "wait" = "wait";
    const judge: Judge = (answer, final) => {
      decided = decide(answer, final);
      return decided === "wait" ? "wait" : "enough";
    };
    await done((handler) => {
      if (this.listen(judge, handler)) handler.heard(null);
    });
    return decided as T;
  }

  /** Closes what is open: with RST, so that the server keeps no TIME_WAIT, unless told to linger. */
  finish(): void {
    this.#deadline.cancel();
    if (this.#connection !== null) this.#leave(this.#connection, this.#lingers);
    this.#forget();
  }

  #leave(connection: Connection, lingers: boolean): void {
    const { lastWord } = this;
    this.lastWord = null;
    if (this.#ended) connection.close();
    else if (lastWord !== null) connection.closeWith(lastWord, partingMs);
    else if (lingers) connection.close();
    else connection.reset();
  }

  /** ConnectHandler. */
  connected(connection: Connection): void {
    this.#connecting = null;
    if (this.#isGivenUp) {
      connection.reset();
      return this.#tell(givenUp);
    }
    this.#connection = connection;
    const { checkMs } = this.settings.timeouts;
    if (checkMs > 0) this.#allow(checkMs);
    if (this.#sendsProxy && this.#tls === null) this.send(this.#proxyHeader(connection));
    this.#tell(null);
  }

  /** ConnectHandler. */
  refused(error: TransportError): void {
    this.probed(error);
  }

  /** ProbeHandler. */
  probed(failure: TransportError | null): void {
    this.#connecting = null;
    this.#tell(failure === null ? null : connectFailure(failure, this.#address as SocketAddress));
  }

  /** Nothing more may come. An attempt to connect has a deadline of its own. */
  #expire(): void {
    this.#isLate = true;
    if (this.#connection !== null && this.#handler !== null) this.#tell(tooLate);
  }

  /** PeekHandler. */
  peeked({ bytes, state }: Peeked): void {
    if (this.#handler === null) return;
    if (this.#isGivenUp) return this.#tell(givenUp);
    const before = this.#answer.length;
    this.#answer = bytes.subarray(0, this.settings.bufsizeBytes);
    if (state === "timeout" && this.#answer.length === before) return this.#wait({ atLeast: before + 1, waitMs: 0 });
    if (state === "lost" && this.#answer.length === before) {
      this.#forget();
      return this.#tell(new DialogueFailure("SOCKERR", "Connection reset by peer"));
    }
    if (state === "end" || state === "lost") this.#ended = true;
    try {
      if (this.#hasEnough()) this.#tell(null);
      else this.#wait(this.#nextLook());
    } catch (error) {
      this.#tell(error);
    }
  }

  #hasEnough(): boolean {
    const answer = this.#answer;
    const isFinal = this.#ended || answer.length >= this.settings.bufsizeBytes;
    if (answer.length === 0 && !isFinal) return false;
    this.#lookedAtBytes += answer.length;
    if (this.#judge(answer, isFinal) === "enough") return true;
    if (isFinal) throw tooLate;
    return false;
  }

  #nextLook(): NextLook {
    const { bufsizeBytes } = this.settings;
    return nextLook(this.#answer.length, this.#lookedAtBytes, bufsizeBytes, this.#listensSince, clockMs());
  }

  /** For more of the answer, or for its end; a pause that has brought nothing goes on without another end. */
  #wait({ atLeast, waitMs }: NextLook): void {
    const connection = this.#connection;
    if (connection === null) throw new DialogueFailure("SOCKERR", null);
    if (this.#isLate) throw tooLate;
    connection.whenPeeked(atLeast, this.settings.bufsizeBytes, Math.ceil(waitMs), this);
  }

  /** Once. */
  #tell(failure: unknown): void {
    const handler = this.#handler;
    this.#handler = null;
    handler?.heard(failure);
  }

  /** So long from now on. */
  #allow(ms: number): void {
    this.#isLate = false;
    this.#deadline.set(ms);
  }

  /** In v1 the connection's own two ends, in v2 LOCAL, as HAProxy's checks do. */
  #proxyHeader({ local, remote }: Connection): Uint8Array {
    const { proxyVersion, proxyChecksum: checksum, neverSendLocal } = this.settings;
    if (proxyVersion === 2) {
      const source = neverSendLocal ? tcpEnd(local) : null;
      const destination = neverSendLocal ? tcpEnd(remote) : null;
      return formatProxyV2({ local: !neverSendLocal, source, destination, checksum, tlvs: [] });
    }
    return formatProxyV1(tcpEnd(local), tcpEnd(remote));
  }

  #forget(): void {
    this.#connection = null;
    this.#answer = nothing;
    this.#ended = false;
  }
}

const enough: Judge = () => "enough";
const givenUp = new DialogueFailure("SOCKERR", null);
const tooLate = new DialogueFailure("L7TOUT", null);

/** A promise for what `act` has a dialogue do; what `act` throws rejects it. */
export function done(act: (handler: DialogueHandler) => void): Promise<void> {
  return new Promise((resolve, reject) =>
    act({
      heard(failure) {
        if (failure === null) resolve();
        else reject(failure);
      },
    }),
  );
}

function tcpEnd(address: SocketAddress | null): { host: string; port: number } | null {
  return address?.kind === "tcp" ? address : null;
}
