/** One bound address of a frontend: takes clients while every limit has room, else leaves them in the kernel's backlog. */
import { clockMs } from "../../clock.ts";
import type { Connection, ListenOptions, Listener } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import type { BindPlan } from "../../plan/bind.ts";
import { isSame } from "../../plan/same.ts";
import type { ListenerStats } from "./listener-stats.ts";
import type { ProcessState } from "../process/process-state.ts";
import { TlsCounters } from "../tls/figures/tls-counters.ts";

/** The pause after a fault, or where too many connections are in TLS, before it is tried again to take clients. */
const retryMs = 100;

/** What serves a client. */
export interface Serving {
  /** To be called once, when the client has been counted; the listener's `leave` is called in the end. Never throws. */
  start(): void;
}

/** Whose clients a listener takes: what it knows of its frontend. */
export interface ListenerOwner {
  readonly process: ProcessState;
  readonly plan: { readonly name: string };
  readonly state: "open" | "paused" | "stopped";
  /** Concurrent connections allowed. */
  readonly maxconn: number;
  /** Milliseconds until one more client may be taken: 0 now, Infinity when a session must end first. */
  waitMs(): number;
  /** Counts a client that is taken. */
  enter(now: number): void;
  /** Takes a client over. What it throws cuts the client off, uncounted. */
  serve(listener: BoundListener, client: Connection, now: number): Serving;
}

export class BoundListener {
  current = 0;
  max = 0;
  total = 0;
  bytesIn = 0;
  bytesOut = 0;
  deniedConnections = 0;
  deniedSessions = 0;
  deniedRequests = 0;
  deniedResponses = 0;
  requestErrors = 0;
  failedRewrites = 0;
  internalErrors = 0;
  readonly tls = new TlsCounters();
  #socket: Listener | null = null;
  #isPaused = false;
  #isClosed = false;
  #isServing = false;
  #isOpen = false;
  /** Goes, and serves those who came before. */
  #isRetiring = false;
  #freed: (() => void) | null = null;
  /** So far gone that its socket is closed. */
  #isWithoutSocket = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Clients that the kernel had handed over in the batch in which a limit was reached; they are served first. */
  readonly #held: Connection[] = [];

  constructor(
    public frontend: ListenerOwner,
    public plan: BindPlan,
    /** Named as given or the bind line's number: what logs show. */
    public id: number,
  ) {}

  /** What was learnt about it, for people; null: nothing. */
  hint: string | null = null;
  #headedAt = -Infinity;

  /** A client has sent the PROXY header that is expected here. */
  headersFit(): void {
    this.hint = null;
    this.#headedAt = clockMs();
  }

  /** One has within ten minutes. */
  get hasHeadersOfLate(): boolean {
    return clockMs() - this.#headedAt < 600_000;
  }

  get name(): string | null {
    return this.plan.name;
  }

  get connections(): number {
    return this.current;
  }

  get address(): SocketAddress | null {
    return this.#socket?.address ?? null;
  }

  /** The destination of every client here, or null where it must be asked of each connection. */
  fixedAddress: SocketAddress | null = null;

  get fd(): number {
    return this.#socket?.fd ?? -1;
  }

  get isBound(): boolean {
    return this.#socket !== null && !this.#isClosed && !this.#isRetiring;
  }

  /** Rejects with the transport's TransportError when the address cannot be bound. */
  async bind(): Promise<void> {
    const socket = await this.frontend.process.transport.listen(this.plan, (client) => this.#accept(client));
    if (this.#isClosed) socket.close();
    else {
      this.#socket = socket;
      this.fixedAddress = !this.plan.transparent && isOneAddress(socket.address) ? socket.address : null;
    }
  }

  /** Begins to serve; clients that came since `bind` first. */
  open(): void {
    this.#isOpen = true;
    this.#socket?.keep();
    this.serve();
  }

  /** Serves the clients that came since `bind` in place of `other`, which keeps its address, and goes. */
  giveBack(other: BoundListener): void {
    this.moveTo(other.frontend, other.plan, other.id);
    this.#isOpen = true;
    this.retire();
  }

  /** Takes another plan, and perhaps another frontend, at a reload; the socket stays. What it counted is that frontend's. */
  moveTo(frontend: ListenerOwner, plan: BindPlan, id: number): void {
    const before = this.plan;
    if (this.frontend.plan.name !== frontend.plan.name) this.clearCounters(true);
    this.frontend = frontend;
    if (before.acceptProxy !== plan.acceptProxy) this.hint = null;
    this.plan = plan;
    this.id = id;
    if (!isSame(acceptedOptions(before), acceptedOptions(plan))) this.#socket?.change?.(plan);
  }

  /** Never throws: whoever accepts goes on accepting. */
  #accept(client: Connection): void {
    try {
      if (this.#isClosed) client.reset();
      else if (this.frontend.process.rejectsPrivilegedPorts && isPrivileged(client.remote)) client.close();
      else if (this.#isPaused || this.#waitMs() > 0) {
        this.#held.push(client);
        this.hold();
      } else this.#begin(client);
    } catch (error) {
      this.#note(error);
    }
  }

  #begin(client: Connection): void {
    const now = clockMs();
    const serving = this.#meet(client, now);
    if (serving === null) return;
    this.current += 1;
    if (this.current > this.max) this.max = this.current;
    this.total += 1;
    if (this.plan.tls !== null) this.frontend.process.tls.use.enter(now);
    this.frontend.enter(now);
    serving.start();
    if (this.#waitMs() > 0) this.hold();
  }

  /** Null: there can be no session with this client, who is cut off. */
  #meet(client: Connection, now: number): Serving | null {
    try {
      return this.frontend.serve(this, client, now);
    } catch (error) {
      this.#note(error);
      client.reset();
      return null;
    }
  }

  #note(error: unknown): void {
    this.frontend.process.faults.note(error, "in a listener");
  }

  #waitMs(): number {
    if (!this.#isOpen || (this.frontend.state !== "open" && !this.#isRetiring)) return Infinity;
    if (this.plan.maxconn > 0 && this.current >= this.plan.maxconn) return Infinity;
    const waitMs = this.frontend.waitMs();
    if (this.plan.tls === null || waitMs === Infinity) return waitMs;
    const { use } = this.frontend.process.tls;
    // Servers' connections count as well, and nobody tells when they are closed.
    if (use.isFull) return Math.max(waitMs, retryMs);
    return use.maxRate === 0 ? waitMs : Math.max(waitMs, use.rate.waitMs(clockMs(), use.maxRate));
  }

  /** Stops accepting until `serve` finds room. */
  hold(): void {
    if (this.#isClosed) return;
    if (!this.#isPaused) {
      this.#isPaused = true;
      this.#socket?.pause();
      this.frontend.process.waiting.add(this);
    }
    const waitMs = this.#waitMs();
    if (waitMs > 0 && waitMs !== Infinity && this.#timer === null) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.serve();
      }, Math.ceil(waitMs));
    }
  }

  /** Takes clients again as far as the limits allow; called whenever a connection ended. Never throws. */
  serve(): void {
    // A session that ends at once calls back in here: the outer turn of the loop serves the next one.
    if (!this.#isPaused || this.#isClosed || this.#isServing) return;
    this.#isServing = true;
    try {
      let client: Connection | undefined;
      while (this.#waitMs() === 0 && (client = this.#held.shift()) !== undefined) this.#begin(client);
      if (this.#waitMs() > 0) this.hold();
      else {
        this.#isPaused = false;
        this.frontend.process.waiting.delete(this);
        this.#socket?.resume();
      }
      this.#end();
    } catch (error) {
      this.#note(error);
      this.#isPaused = true;
      this.frontend.process.waiting.add(this);
      this.#retry();
    } finally {
      this.#isServing = false;
    }
  }

  /** Nothing else may come that would serve again. */
  #retry(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.serve();
    }, retryMs);
  }

  /** A session of this listener ended. The process's limit is released by the frontend. `inTls`: as its plan said when it came. */
  leave(inTls: boolean): void {
    this.current -= 1;
    if (inTls) this.frontend.process.tls.use.leave();
  }

  /**
   * Stops listening, and serves who has come already, those in the kernel's queue included, as the limits allow.
   *
   * `freed` is called once the address is free, which may take as long as limits keep clients waiting.
   */
  retire(freed: () => void = () => {}): void {
    if (this.#isClosed || this.#isRetiring) return freed();
    if (this.#socket === null || !this.#isOpen) {
      this.close();
      return freed();
    }
    this.#isRetiring = true;
    this.#freed = freed;
    this.frontend.process.retiring.add(this);
    this.serve();
    this.#socket.retire(() => {
      this.#isWithoutSocket = true;
      freed();
      this.#end();
    });
  }

  /** Closes once nobody waits any more. */
  #end(): void {
    if (!this.#isWithoutSocket || this.#held.length > 0 || this.#isClosed) return;
    this.close();
    this.frontend.process.onIdle?.();
  }

  /** Stops listening. Clients not begun yet are reset: nobody would serve them. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.frontend.process.retiring.delete(this);
    this.frontend.process.waiting.delete(this);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const client of this.#held.splice(0)) client.reset();
    this.#socket?.close();
    this.#freed?.();
  }

  clearCounters(all: boolean): void {
    this.max = 0;
    this.tls.clear(all);
    if (!all) return;
    this.total = this.bytesIn = this.bytesOut = this.requestErrors = this.failedRewrites = this.internalErrors = 0;
    this.deniedConnections = this.deniedSessions = this.deniedRequests = this.deniedResponses = 0;
  }

  stats(): ListenerStats {
    const limit = this.plan.maxconn > 0 ? this.plan.maxconn : this.frontend.maxconn;
    return {
      name: this.plan.name ?? `sock-${this.id}`,
      id: this.id,
      address: this.address ?? { kind: "tcp", host: "", port: 0 },
      state: !this.isBound ? "STOP" : !this.#isPaused ? "OPEN" : this.current >= limit ? "FULL" : "WAITING",
      current: this.current,
      max: this.max,
      limit: this.plan.maxconn,
      total: this.total,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      deniedConnections: this.deniedConnections,
      deniedSessions: this.deniedSessions,
      deniedRequests: this.deniedRequests,
      deniedResponses: this.deniedResponses,
      requestErrors: this.requestErrors,
      failedRewrites: this.failedRewrites,
      internalErrors: this.internalErrors,
      tls: this.tls,
      hint: this.hint,
    };
  }
}

/** What a socket that stays takes over: see `moveTo`. */
const takenOver: ReadonlySet<string> = new Set<keyof BindPlan>([
  "text",
  "position",
  "name",
  "id",
  "maxconn",
  "acceptProxy",
  "tls",
  "backlog",
  "keepAlive",
  "buffers",
  "quickAck",
  // Of a unix socket's file.
  "mode",
  "uid",
  "gid",
]);

const nameOnly: ReadonlySet<string> = new Set<keyof ListenOptions>(["address"]);
const file: ReadonlySet<string> = new Set<keyof ListenOptions>(["address", "mode", "uid", "gid"]);

/**
 * What makes a listening socket another one: all else that is planned of it, as far as it means anything to sockets of its
 * kind, but for the fields of `besides`. An abstract name can only be bound once, so nothing but the name may ask for another
 * socket.
 */
export function socketKey(plan: ListenOptions, besides: readonly string[] = []): string {
  const { address } = plan;
  const means = address.kind === "abstract" ? nameOnly : address.kind === "unix" ? file : null;
  return JSON.stringify(
    Object.entries(plan).filter(
      ([field]) => (means === null ? !takenOver.has(field) : means.has(field)) && !besides.includes(field),
    ),
  );
}

/** What a listening socket may take anew while it stays. */
function acceptedOptions({
  backlog,
  keepAlive,
  buffers,
  quickAck,
}: BindPlan): Pick<BindPlan, "backlog" | "keepAlive" | "buffers" | "quickAck"> {
  return { backlog, keepAlive, buffers, quickAck };
}

function isPrivileged(client: SocketAddress): boolean {
  return client.kind === "tcp" && client.port < 1024;
}

/** Whether a socket bound here has one address only. With IP_TRANSPARENT even that is not the client's destination. */
function isOneAddress(address: SocketAddress): boolean {
  return address.kind !== "tcp" || !["0.0.0.0", "::", "*", ""].includes(address.host);
}
