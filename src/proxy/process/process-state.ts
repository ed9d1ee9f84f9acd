/** What all frontends and backends of the process share: connection limits, totals, variables, and telling. */
import { clockMs } from "../../clock.ts";
import type { Event, EventListener } from "../../events.ts";
import { Faults } from "../../faults.ts";
import type { Transport } from "../../net/transport.ts";
import { HeaderMismatches } from "./header-mismatches.ts";
import type { ClosingWindow } from "../time/closing-window.ts";
import { CompressionUse } from "./compression-use.ts";
import { type LoadTls, TlsProcess } from "../tls/tls-process.ts";
import { MaintenanceList } from "./maintenance.ts";
import { isPassword } from "../../rules/value/crypt.ts";
import { Passwords, type Verify } from "./passwords.ts";
import { Rate } from "../time/rate.ts";
import { ServerRefusals } from "./server-refusals.ts";
import type { SshPlace } from "./ssh-place.ts";
import { ProcessVariables } from "./variables.ts";

/** One per process; the one owner of these numbers. */
export class ProcessState {
  readonly startedAt = Date.now();
  readonly startedAtMonotonic = clockMs();
  /** `proc.*` variables. */
  readonly variables = new ProcessVariables();
  readonly connectionRate = new Rate();
  readonly sessionRate = new Rate();
  readonly compression = new CompressionUse();
  readonly headerMismatches = new HeaderMismatches();
  readonly serverRefusals = new ServerRefusals();
  readonly tls: TlsProcess;
  readonly maintenance = new MaintenanceList();
  /** Client connections held now. */
  current = 0;
  max = 0;
  total = 0;
  /** Requests of `mode http` after the first of their connection. */
  laterRequests = 0;
  /** Bad messages that were captured. */
  capturedFaults = 0;
  /** Servers that are checked or whose agent is asked. */
  monitored = 0;
  /** Limit in force: `maxconn`, lowered to what descriptors allow. */
  maxconn = Number.MAX_SAFE_INTEGER;
  /** As configured or computed at start, before an operator changed it. */
  hardMaxconn = Number.MAX_SAFE_INTEGER;
  maxSockets = 0;
  maxConnRate = 0;
  maxSessRate = 0;
  /** Clients from ports below 1024 are not taken. */
  rejectsPrivilegedPorts = false;
  stopping = false;
  /** Whose password it is. */
  readonly passwords: Passwords;
  /** Clients of `mode http` are let go, for a stop has closed all listeners; null: there is none. */
  closing: ClosingWindow | null = null;
  /** Called when the last connection of the process has gone; see `Proxy.drained`. */
  onIdle: (() => void) | null = null;
  /** Most bytes looked at before they are passed on. */
  bufsizeBytes = 16384;
  /** So many bytes of a session are seen before they go on: HAProxy keeps `tune.maxrewrite` of a buffer free. */
  inspectBytes = 15360;
  /** So many bytes of what a client of TLS offers are kept and told. */
  tlsOfferBytes = 0;
  /** Descriptors are spent on pipes as well. */
  splice = true;
  /** Listeners that leave clients in the backlog because some limit is reached. */
  readonly waiting = new Set<{ serve(): void }>();
  /** Listeners that go, and have clients to serve first. */
  readonly retiring = new Set<{ close(): void }>();

  /** What threw where nothing should: the operator is told. */
  readonly faults: Faults;
  readonly #hear: EventListener;

  constructor(
    readonly transport: Transport,
    hear: EventListener,
    /** Left out: passwords in forms of ours are reckoned at once. */
    verify: Verify = async (password, hashed) => isPassword(password, hashed),
    /** Null: TLS is not spoken. */
    loadTls: LoadTls | null = null,
    /** Whoever knows SSH; null: nobody does. */
    readonly ssh: SshPlace | null = null,
  ) {
    this.#hear = hear;
    this.tls = new TlsProcess(loadTls);
    this.faults = new Faults((text) => hear({ type: "notice", level: "alert", text }));
    this.passwords = new Passwords(async (password, hashed) => {
      try {
        return await verify(password, hashed);
      } catch (error) {
        this.faults.note(error, "while a password was looked at");
        throw error;
      }
    });
  }

  /** Tells an event. Never throws, whatever those who hear of it do. */
  emit(event: Event): void {
    try {
      this.#hear(event);
    } catch (error) {
      this.faults.note(error, `while a '${event.type}' event was told`);
    }
  }

  readonly #told = new Set<string>();

  /** Tells the operator once what holds for the whole run. */
  noticeOnce(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.emit({ type: "notice", level: "warning", text });
  }

  /** Takes a place for one client connection. */
  enter(now: number): void {
    this.current += 1;
    this.total += 1;
    if (this.current > this.max) this.max = this.current;
    this.connectionRate.add(now);
  }

  /** Gives the place back and lets in who waits for it. */
  leave(): void {
    this.current -= 1;
    try {
      if (this.waiting.size > 0) for (const listener of this.waiting) listener.serve();
    } finally {
      if (this.current === 0) this.onIdle?.();
    }
  }
}
