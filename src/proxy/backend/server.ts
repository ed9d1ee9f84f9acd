/** A running server: its state and weight, its slots and queue, what it counts. */
import { clockMs } from "../../clock.ts";
import type { CheckResult, EventListener, ServerCause, ServerState } from "../../events.ts";
import type { Transport } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import type { Faults } from "../../faults.ts";
import { isSame } from "../../plan/same.ts";
import type { ServerPlan } from "../../plan/server.ts";
import type { BackendRules } from "./backend-rules.ts";
import type { AgentAnswer } from "../check/agent-answer.ts";
import type { CheckedServer } from "../check/checked-server.ts";
import type { TlsProcess } from "../tls/tls-process.ts";
import { keepsAddress } from "./server-course.ts";
import { checked, force, heard, isInMaintenance, leaveMaintenance, type Standing } from "./server-state.ts";
import { WatchedServer, type WatchingBackend } from "./watched-server.ts";

const none: readonly Server[] = [];
const notInherited = { maint: false, drain: false } as const;

const byOperator = { kind: "operator" } as const;

/** Why a server's state is another, and how many of its queue went elsewhere. */
export interface Turned {
  readonly check: CheckResult | null;
  readonly cause: ServerCause | null;
  readonly requeued: number;
}

/** What a server needs of its backend. */
export interface ServerBackend extends WatchingBackend {
  readonly process: WatchingBackend["process"] & {
    readonly transport: Transport;
    readonly faults: Faults;
    readonly emit: EventListener;
    readonly noticeOnce: (text: string) => void;
    readonly tls: TlsProcess;
  };
  readonly rules: BackendRules;
  readonly servers: readonly Server[];
  readonly queue: { readonly length: number };
  readonly totalWeight: number;
  readonly hasServer: boolean;
  /** Acts on a server's change of state, and tells it. */
  serverChanged(server: Server, from: ServerState, check: CheckResult | null, cause: ServerCause | null): void;
  tell(server: Server, from: ServerState, to: ServerState, why: Turned): void;
  tellChanged(server: Server, from: ServerState, check: CheckResult | null, cause: ServerCause | null): void;
  tellEmpty(): void;
  /** Tells that a server is slow or, by `slowMs`, is not any more. */
  tellPace(server: Server, ms: number, limitMs: number): void;
  reweigh(isPlanned?: boolean): void;
  /** Lets every session queued for `server` choose again, except those forced to it. Returns how many. */
  abandonQueue(server: Server): number;
}

/**
 * A server by its name, for as long as plans have it. Over reloads stay what it counts, who waits and runs here, how long it
 * has been up or down, and of its course what `courseAfter` says; nothing else does.
 *
 * Others read it, and change it by its verbs alone, each of which acts on what follows from it: on the backend's balance, on
 * sessions and queues, on servers that track this one.
 */
export class Server extends WatchedServer<ServerBackend> implements CheckedServer {
  #state: ServerState = "UP";
  #changedAt = clockMs();
  #downTransitions = 0;
  #downMs = 0;
  #isDraining = false;
  #objection: CheckResult | null = null;
  #tracked: Server | null = null;
  #trackers: readonly Server[] = none;

  get standing(): Readonly<Standing> {
    return this.now.standing;
  }

  get state(): ServerState {
    return this.#state;
  }

  get hostName(): string | null {
    return this.now.hostName;
  }

  /** Monotonic ms. */
  get changedAt(): number {
    return this.#changedAt;
  }

  get downTransitions(): number {
    return this.#downTransitions;
  }

  /** Works its first state out, when the servers that it may track are there: no change. */
  begin(): void {
    this.#state = this.#stateNow();
    this.#isDraining = this.#wantsDrain;
  }

  /** Whether it stays where it is under `plan`: an operator's name does only where `resolvers` will follow it. */
  keepsAddress(plan: ServerPlan): boolean {
    return keepsAddress(plan, this.plan, this.now);
  }

  /** How long it was down stays, as in HAProxy. */
  clearCounters(all: boolean): void {
    this.counters.clear(all);
    if (!all) return;
    this.#downTransitions = 0;
    this.monitor?.clearCounters();
  }

  /** Up and neither in maintenance nor draining: new sessions may come by balancing. */
  get isUsable(): boolean {
    return this.weight > 0 && (this.state === "UP" || this.state === "no check");
  }

  /** Whether persistence may still lead here: up or soft-stopped, whatever its weight. */
  get isReachable(): boolean {
    return this.state !== "DOWN" && this.state !== "MAINT" && this.address !== null;
  }

  get downMs(): number {
    const isDown = this.state === "DOWN" || this.state === "MAINT";
    return this.#downMs + (isDown ? clockMs() - this.changedAt : 0);
  }

  /** Why it is in maintenance or drain. */
  get stateCause(): string {
    const { standing } = this;
    if (standing.forcedMaint || (standing.forcedDrain && this.state === "DRAIN")) return `by ${standing.forcedBy}`;
    if (standing.configuredMaint) return "by configuration";
    if (standing.unresolved) return "resolution";
    return "";
  }

  /** Works out state and weight after `standing` or a tracked server changed, tells it and acts on it. */
  settle(check: CheckResult | null, cause: ServerCause | null): void {
    const from = this.turn();
    if (from === null) this.#noteDrain();
    else this.backend.serverChanged(this, from, check, cause);
  }

  /**
   * Works out state and weight; the former state if it is another now, which nobody has been told of. `isPlanned`: by a reload,
   * after which it serves in full like a server of a new process, and which is no failure to be counted.
   */
  turn(isPlanned = false): ServerState | null {
    const from = this.state;
    const isMaint = this.#isInMaintenance;
    if (from === "MAINT" && !isMaint) leaveMaintenance(this.now.standing, this.monitoring);
    else if (isMaint) this.now.standing.health = "down";
    const to = this.#stateNow();
    if (from === to) return null;
    this.#state = to;
    // Only that it is checked has changed, or that it is not.
    if (isPlainlyUp(from) && isPlainlyUp(to)) return null;
    this.#isDraining = this.#wantsDrain;
    const wasUp = isUp(from);
    const now = clockMs();
    if (from === "DOWN" || from === "MAINT") this.#downMs += now - this.changedAt;
    this.#changedAt = now;
    if (wasUp && to === "DOWN" && !isPlanned) this.#downTransitions += 1;
    if (!wasUp && isUp(to) && !isPlanned) this.warmUp(now);
    else if (!isUp(to)) this.stopWarming();
    this.weigh();
    return from;
  }

  get #wantsDrain(): boolean {
    return this.standing.forcedDrain;
  }

  /** A server that is down can be told to drain as well: nothing changes but what is told. */
  #noteDrain(): void {
    const was = this.#isDraining;
    this.#isDraining = this.#wantsDrain;
    if (this.state !== "DOWN" || was === this.#isDraining) return;
    this.backend.tell(this, was ? "DRAIN" : "DOWN", was ? "DOWN" : "DRAIN", {
      check: null,
      cause: byOperator,
      requeued: 0,
    });
  }

  /** Whether it may take sessions is an operator's word from now on: maintenance. */
  hold(): void {
    this.#force("maint");
  }

  /** An operator's word: it serves whom it has. */
  drain(): void {
    this.#force("drain");
  }

  /** An operator's word: neither maintenance nor drain, be it the file's. */
  ready(): void {
    this.#force("ready");
  }

  #force(to: "ready" | "drain" | "maint"): void {
    force(this.now.standing, to, "operator");
    this.settle(null, byOperator);
  }

  /** An operator's word, until the next check or the agent's next one; no effect in maintenance. */
  setHealth(health: "up" | "stopping" | "down"): void {
    this.monitor?.force(health);
    this.#setHealth(health);
  }

  /** What an operator has its agent have said. */
  setAgentHealth(health: "up" | "down"): void {
    this.now.standing.agentDown = health === "down";
    this.#setHealth(health);
  }

  #setHealth(health: Standing["health"]): void {
    if (this.state !== "MAINT") this.now.standing.health = health;
    this.settle(null, byOperator);
  }

  /** CheckedServer. A check has ended and was counted; `isConditional`: it passed, but the server wants no more new sessions. */
  checked(passed: boolean, isConditional: boolean, result: CheckResult): void {
    const { standing } = this.now;
    const before = standing.health;
    if (this.monitor !== null) checked(standing, this.monitor, passed, isConditional);
    if (before !== standing.health) this.settle(result, null);
  }

  /** CheckedServer. It is slow, or is not any more. */
  identified(ms: number): void {
    const { check } = this.backend.plan;
    const limitMs = check.kind === "ssh" ? check.slowMs : 0;
    const isSlow = limitMs > 0 && ms >= limitMs;
    const wasSlow = this.slowMs !== null;
    this.now.slowMs = isSlow ? ms : null;
    if (isSlow === wasSlow) return;
    this.weigh();
    this.backend.reweigh();
    this.backend.dequeue(this);
    this.backend.tellPace(this, ms, limitMs);
  }

  /** CheckedServer. Does all that its agent asks for. */
  heard(answer: AgentAnswer, result: CheckResult): void {
    const { standing } = this.now;
    if (answer.admin !== null) force(standing, answer.admin, "agent");
    if (answer.maxconn !== null) this.setMaxconn(answer.maxconn, "agent");
    if (answer.weightPercent !== null) this.setWeight({ percent: answer.weightPercent }, "agent");
    if (answer.health !== null && this.monitor !== null) heard(standing, this.monitor, answer.health);
    this.settle(result, null);
  }

  /** What speaks against it besides its checks, in a check's words; null: nothing does. */
  get objection(): CheckResult | null {
    return this.#objection;
  }

  /**
   * Down for as long as something besides its checks speaks against it; they go on, and sessions that run stay. `found`: what is told of
   * the change; null: it is a reload's.
   */
  object(objection: CheckResult | null, found: CheckResult | null = objection): void {
    this.#objection = objection;
    this.settle(found, found === null ? { kind: "reload" } : { kind: "objection" });
  }

  /** Neither in maintenance nor down by its checks, its agent, an operator or the server that it tracks. */
  get isFit(): boolean {
    return !this.#isInMaintenance && this.standing.health !== "down" && this.tracked?.state !== "DOWN";
  }

  /** Later connections go there; running sessions stay. */
  setAddress(address: SocketAddress | null): void {
    if (!isSame(this.now.address, address)) this.renewConnections();
    this.now.address = address;
    this.sockets.forgetAddress();
  }

  /** As above; null: nowhere. The port stays unless one is given. No effect for a server without IP. */
  goTo(host: string | null, newPort: number | null): void {
    const { plan, address } = this;
    if (plan.address.kind !== "tcp") return;
    const port = newPort !== null ? newPort : address?.kind === "tcp" ? address.port : (plan.address.port ?? 0);
    this.setAddress(host === null ? null : { kind: "tcp", host, port });
  }

  /** Goes where its name led before it starts under its plan; its state follows with `turn`. */
  startAt(host: string | null): void {
    this.goTo(host, null);
    this.now.standing.unresolved = host === null;
  }

  /** An operator says where it is. */
  relocate(host: string, port: number | null): void {
    this.goTo(host, port);
    this.now.addressBy = "operator";
    this.#resolve(true, byOperator);
  }

  /** TLS is spoken with it. */
  get usesTls(): boolean {
    return this.now.usesTls;
  }

  /** An operator's word, from the next connection on. Only of a server whose plan says how. */
  setTls(usesTls: boolean): void {
    this.now.usesTls = usesTls;
    this.renewConnections();
  }

  /** Its name has been answered: it leads to an address, or to none (any more). `cause` is told where that is news. */
  resolved(hasAddress: boolean, cause: ServerCause): void {
    this.now.addressBy = "name";
    this.#resolve(hasAddress, cause);
  }

  #resolve(hasAddress: boolean, cause: ServerCause): void {
    const { standing } = this.now;
    if (standing.unresolved !== hasAddress) return;
    standing.unresolved = !hasAddress;
    this.settle(null, cause);
  }

  /** Notes the name that its address comes from; `isRenamed`: it is not the file's, and has not led to an address by itself. */
  rename(hostName: string | null, isRenamed: boolean): void {
    this.now.hostName = hostName;
    this.now.isRenamed = isRenamed;
  }

  /** What it gets, a PROXY header or none, is what it wants: a session went well. */
  headersFit(): void {
    this.now.hint = null;
    this.now.hasFittingHeaders = true;
  }

  /** It is not, or seems not to be: `hint` says so to people. */
  headersMisfit(hint: string): void {
    this.now.hint = hint;
    this.now.hasFittingHeaders = false;
  }

  get hasFittingHeaders(): boolean {
    return this.now.hasFittingHeaders;
  }

  /** Stands again as under a former process, `sinceMs` after its last change. What else came back has been set already. */
  restore(standing: Partial<Standing>, sinceMs: number): void {
    Object.assign(this.now.standing, standing);
    this.settle(null, { kind: "state-file" });
    this.#changedAt = clockMs() - sinceMs;
  }

  /** The one whose state it copies: what `track` names. */
  get tracked(): Server | null {
    return this.#tracked;
  }

  /** Those that copy its state. */
  get trackers(): readonly Server[] {
    return this.#trackers;
  }

  /** Copies another one's state from now on, or nobody's; its own follows with `begin` or `turn`. */
  track(tracked: Server | null): void {
    this.#tracked = tracked;
  }

  /** Its changes of state are those servers' from now on. */
  setTrackers(trackers: readonly Server[]): void {
    this.#trackers = trackers;
  }

  /** What it has from the server that it tracks, which may have it from another. */
  get inherited(): { readonly maint: boolean; readonly drain: boolean } {
    const { tracked } = this;
    if (tracked === null) return notInherited;
    return { maint: tracked.#isInMaintenance, drain: tracked.standing.forcedDrain || tracked.inherited.drain };
  }

  get #isInMaintenance(): boolean {
    return isInMaintenance(this.standing) || this.tracked?.state === "MAINT";
  }

  #stateNow(): ServerState {
    const { standing, plan } = this;
    const tracked = this.tracked;
    if (this.#isInMaintenance) return "MAINT";
    if (standing.health === "down" || tracked?.state === "DOWN" || this.#objection !== null) return "DOWN";
    if (standing.health === "stopping" || tracked?.state === "NOLB") return "NOLB";
    if (standing.forcedDrain || tracked?.state === "DRAIN") return "DRAIN";
    return plan.check === null && plan.agent === null && plan.track === null ? "no check" : "UP";
  }
}

function isPlainlyUp(state: ServerState): boolean {
  return state === "UP" || state === "no check";
}

/** Whether sessions may run in this state. */
export function isUp(state: ServerState): boolean {
  return state !== "DOWN" && state !== "MAINT";
}
