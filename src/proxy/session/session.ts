/** One client connection and its server connection, from accept to the termination state: the place where the order of things lives. */
import type { Verdict } from "../../rules/actions/effects.ts";
import { clockMs } from "../../clock.ts";
import type { Connection } from "../../net/transport.ts";
import type { Backend, ServedSession } from "../backend/backend.ts";
import { type Arriving, arrive } from "./arrival.ts";
import {
  FirstLook,
  type Inspected,
  inspectRequest,
  isDenial,
  type RequestInspector,
} from "./inspect/request-inspection.ts";
import type { Ruleset } from "../../rules/ruleset.ts";
import { RelayingSession } from "./relaying-session.ts";
import type { SessionContext } from "./context/session-context.ts";
import type { PasswordFault } from "./questions/password-verdicts.ts";
import type { Seeker } from "./search/seeker.ts";
import { ServerSearch } from "./search/server-search.ts";
import { lookForAbort, type WaitingSession } from "./search/client-abort.ts";

/**
 * A session is a chain of steps, each called by the one before it: `start` → `arrive` → `#route` → `#findServer`, and
 * in `RelayingSession` → `found` → `#forward`. A plain frontend walks it without waiting up to the connect. `end` is the only way
 * out, and gives back everything that was taken. Whatever throws on the way in any step is caught where the step was called
 * from outside, and ends the session by `fail`.
 */
export class Session
  extends RelayingSession
  implements Seeker, ServedSession, Arriving, WaitingSession, RequestInspector
{
  /** Goes on in `mode http` with all that is this session's; null: nobody does. */
  takeOver: ((session: SessionContext) => void) | null = null;
  /** Called when what a rule waits for has been answered. */
  whenAnswered: (() => void) | null = null;
  /** What follows when rules of content have passed: a backend is chosen, or has been. */
  #next: "route" | "direct" = "route";

  /** The client has been accepted and counted. */
  start(): void {
    const { running, bytesOut } = this.sessions;
    this.place = running.add(this);
    bytesOut.begin();
    try {
      arrive(this);
    } catch (error) {
      this.fail(error);
    }
  }

  /** It is a session: see `Arriving`. */
  admitted(): void {
    const { rules, plan, process } = this.front;
    // In `mode http` each request asks.
    const maintenance = plan.http === null ? process.maintenance.of(plan.name) : null;
    if (maintenance !== null) this.refuseFor(maintenance, "R");
    else if (rules.content === null) this.#route();
    else this.#inspect(rules.content, plan.inspectDelayMs, "route");
  }

  /** Arriving. */
  secured(client: Connection): void {
    this.client = client;
  }

  /** Runs content rules over what the client sends, for `delayMs` at most, then goes on. */
  #inspect(rules: Ruleset, delayMs: number, next: "route" | "direct"): void {
    this.#next = next;
    const { plan, process } = this.front;
    const bounds = {
      delayMs,
      idleMs: plan.timeouts.clientMs,
      limitBytes: process.inspectBytes,
      bufferBytes: process.bufsizeBytes,
    };
    inspectRequest(rules.start(this, this), bounds, this);
  }

  protected override named(): void {
    this.whenAnswered?.();
  }

  protected override passwordsKnown(fault: PasswordFault | null): void {
    try {
      if (fault !== null) this.abandon(fault === "busy" ? "R" : "I", "R");
    } catch (error) {
      this.fail(error);
    }
    this.whenAnswered?.();
  }

  /** RequestInspector. */
  inspected(verdict: Verdict, ended: Inspected["ended"]): void {
    if (ended === null || isDenial(verdict)) return this.#decide(verdict);
    // The log names the backend that it would have gone to.
    if (this.#next === "route") this.#chooseBackend();
    this.abandon(ended === "lost" ? "C" : "c", "R");
  }

  #decide(verdict: Verdict): void {
    if (isDenial(verdict)) {
      this.countDeniedRequest();
      if (verdict === "reject") return this.abandon("P", "R");
      this.lookLast();
      if (verdict === "silent-drop") this.drop();
      else if (this.front.process.ssh?.tarpit(this) !== true) this.client.close();
      this.end("P", "R");
    } else if (verdict === "switch-mode" && this.takeOver !== null) this.#becomeHttp(this.takeOver);
    else if (this.#next === "route") this.#route();
    else this.#findServer();
  }

  #chooseBackend(backend = this.front.backendFor(this)): Backend | null {
    if (backend === null) return null;
    this.at = backend;
    backend.counters.enter();
    backend.counters.begin(clockMs());
    return backend;
  }

  #route(): void {
    const chosen = this.front.backendFor(this);
    if (chosen !== null && chosen.plan.http !== null && this.takeOver !== null) return this.#becomeHttp(this.takeOver);
    const backend = this.#chooseBackend(chosen);
    if (backend === null) return this.abandon("S", "C");
    const { rules, plan } = backend;
    const maintenance = this.front.process.maintenance.of(plan.name);
    if (maintenance !== null) return this.refuseFor(maintenance, "C");
    // A listen's rules have run already, with its front half.
    if (rules.content !== null && !(plan.isListen && plan.name === this.frontend)) {
      this.#inspect(rules.content, plan.inspectDelayMs, "direct");
    } else this.#findServer();
  }

  /** Its backend is in `mode http`: from here on it is an HTTP session's, which looks for a backend with each request. */
  #becomeHttp(takeOver: (session: SessionContext) => void): void {
    if (this.request instanceof FirstLook) this.request.close();
    this.request = null;
    this.client.onLost = null;
    this.isOver = true;
    this.place?.end();
    takeOver(this);
  }

  #findServer(): void {
    if (this.isForeign) return this.abandon("P", "R");
    const search = new ServerSearch(this, this.at as Backend);
    this.search = search;
    search.begin();
  }

  /** It has no server yet. */
  get isWaiting(): boolean {
    return !this.isOver && this.serverConnection === null;
  }

  watchClient(): void {
    if (this.isWaiting && this.client.onLost === null) lookForAbort(this);
  }

  clientSilent(): void {
    this.search?.clientSilent();
  }
}
