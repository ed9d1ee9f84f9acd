/** A running server: its state and weight, its slots and queue, what it counts. */
import { clockMs } from "../../clock.ts";
import type { CheckResult, ServerCause, ServerState } from "../../events.ts";
import type { ConnectOptions } from "../../net/transport.ts";
import { isLoopback, type SocketAddress } from "../../address.ts";
import type { ServerPlan } from "../../plan/server.ts";
import type { Backend } from "./backend.ts";
import type { Candidate } from "../balance/balancer.ts";
import { Counters } from "./counters.ts";
import { Queue } from "./queue.ts";
import { type Course, courseAfter, firstCourse, keepsAddress, type Setter } from "./server-course.ts";
import { checkOptions, type CheckSocket, type ConnectFor, connectOptions, dependsOnClient } from "./server-options.ts";
import type { ServerSearch } from "../session/server-search.ts";
import { SourcePorts } from "./source-ports.ts";
import { isInMaintenance, leaveMaintenance, type Standing, type Watch } from "./standing.ts";

const none: readonly Server[] = [];
const notInherited = { maint: false, drain: false } as const;

/** Steps of one weight unit, so that slow start can raise a weight gently (HAProxy's own scale). */
export const weightScale = 16;

/**
 * A server by its name, for as long as plans have it. Over reloads stay what it counts, who waits and runs here, how long it
 * has been up or down, and of its course what `courseAfter` says; nothing else does.
 */
export class Server implements Candidate, Course {
  readonly counters = new Counters();
  readonly queue = new Queue<ServerSearch>();
  /** Slots taken: sessions that connect or run here. */
  served = 0;
  downTransitions = 0;
  changedAt = clockMs();
  #downMs = 0;
  state: ServerState = "UP";
  #isDraining = false;
  #warming: ReturnType<typeof setInterval> | null = null;
  #tracked: Server | null = null;
  #trackers: readonly Server[] = none;

  // The course; see there.
  userWeight!: number;
  weightBy!: Setter;
  maxconn!: number;
  maxconnBy!: Setter;
  standing!: Standing;
  address!: SocketAddress | null;
  addressBy!: Setter;
  hostName!: string | null;
  isRenamed!: boolean;
  hint!: string | null;
  warmingSince!: number | null;

  // Worked out from plan and course.
  /** Effective weight times `weightScale`, slow start included. */
  weight = 0;
  /** Sum of the weights of those before it among the servers in use. */
  weightBefore = 0;
  /** It takes sessions by balancing now. */
  isTaking = false;
  #options: ConnectOptions | null = null;
  /** The same, saving an ACK. */
  #savingOptions: ConnectOptions | null = null;
  #sourcePorts: SourcePorts | null = null;

  /** Called when a connect failed: its name may lead elsewhere by now. */
  onUnreachable: (() => void) | null = null;

  /** Its state is worked out by `begin`, when the servers it may track are there. */
  constructor(
    readonly backend: Backend,
    public plan: ServerPlan,
    public index: number,
  ) {
    Object.assign(this, firstCourse(plan));
    this.weigh();
  }

  /** Works its first state out, which is no change. */
  begin(): void {
    this.state = this.#stateNow();
    this.#isDraining = this.#wantsDrain;
  }

  /** Runs under a plan that says of it, its backend and checks in general what the one before said. */
  goOn(plan: ServerPlan, index: number): void {
    this.plan = plan;
    this.index = index;
    this.#options = this.#savingOptions = this.#checkSocket = null;
  }

  /** Runs under another plan from now on. Its state follows with `turn`. */
  replan(plan: ServerPlan, index: number): void {
    const course = courseAfter(plan, this.plan, this);
    this.plan = plan;
    this.index = index;
    this.#options = this.#savingOptions = this.#checkSocket = null;
    this.#stopWarming();
    Object.assign(this, course);
    if (course.warmingSince !== null) this.#warmUp(course.warmingSince);
    this.weigh();
  }

  /** Whether it stays where it is under `plan`: an operator's name does only where `resolvers` will follow it. */
  keepsAddress(plan: ServerPlan): boolean {
    return keepsAddress(plan, this.plan, this);
  }

  get id(): number {
    return this.plan.id;
  }

  get name(): string {
    return this.plan.name;
  }

  /** How long it was down stays, as in HAProxy. */
  clearCounters(all: boolean): void {
    this.counters.clear(all);
    if (all) this.downTransitions = 0;
  }

  get load(): number {
    return this.served + this.queue.length;
  }

  /** Sessions allowed at once: between minconn and maxconn by the backend's load, rising during slow start; Infinity: no limit. */
  get slots(): number {
    const { maxconn, plan, backend } = this;
    if (maxconn === 0) return Infinity;
    let slots = maxconn;
    if (plan.minconn > 0 && plan.minconn < maxconn && backend.counters.current < backend.fullconn) {
      slots = Math.max(plan.minconn, Math.floor((backend.counters.current * maxconn) / backend.fullconn));
    }
    if (this.warmingSince === null) return slots;
    const percent = Math.floor((100 * (clockMs() - this.warmingSince)) / plan.slowstartMs);
    return Math.max(1, Math.floor((slots * Math.min(100, percent)) / 100));
  }

  get hasSlot(): boolean {
    return this.maxconn === 0 || (this.queue.length === 0 && this.served < this.slots);
  }

  get hasRoom(): boolean {
    return this.maxconn === 0 || this.load < this.slots + this.plan.maxqueue;
  }

  get isOverloaded(): boolean {
    const { served, factor, totalWeight } = this.backend.sharing;
    if (factor === 0 || totalWeight === 0) return false;
    // Shares are cut along the servers' running total of weights, so that together they are exactly what is allowed.
    const allowed = Math.floor(((served + 1) * factor + 99) / 100);
    const until = Math.floor(((this.weightBefore + this.weight) * allowed) / totalWeight);
    const from = Math.floor((this.weightBefore * allowed) / totalWeight);
    return this.served >= Math.max(1, until - from);
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

  /** How much of its weight it has come to during slow start; null: all. */
  get throttlePercent(): number | null {
    if (this.warmingSince === null || this.userWeight === 0) return null;
    return Math.floor((100 * this.weight) / (this.userWeight * weightScale));
  }

  /** Why it is in maintenance or drain. */
  get stateCause(): string {
    const { standing } = this;
    if (standing.forcedMaint || (standing.forcedDrain && this.state === "DRAIN")) return `by ${standing.forcedBy}`;
    if (standing.configuredMaint) return "by configuration";
    if (standing.unresolved) return "resolution";
    return "";
  }

  /** Takes a slot. */
  take(): void {
    this.served += 1;
    this.backend.served += 1;
    this.backend.balancer.moved(this);
  }

  /** Gives a slot back; the caller then lets the next one in by `backend.dequeue`. */
  release(): void {
    this.served -= 1;
    this.backend.served -= 1;
    this.backend.balancer.moved(this);
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
    if (from === "MAINT" && !isMaint) leaveMaintenance(this.standing, this.watch);
    else if (isMaint) this.standing.health = "down";
    const to = this.#stateNow();
    if (from === to) return null;
    this.state = to;
    // Only that it is checked has changed, or that it is not.
    if (isPlainlyUp(from) && isPlainlyUp(to)) return null;
    this.#isDraining = this.#wantsDrain;
    const wasUp = isUp(from);
    const now = clockMs();
    if (from === "DOWN" || from === "MAINT") this.#downMs += now - this.changedAt;
    this.changedAt = now;
    if (wasUp && to === "DOWN" && !isPlanned) this.downTransitions += 1;
    if (!wasUp && isUp(to) && !isPlanned) this.#warmUp(now);
    else if (!isUp(to)) this.#stopWarming();
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
    const { backend } = this;
    backend.process.emit({
      type: "server",
      backend: backend.plan.name,
      server: this.name,
      logs: backend.plan.logs,
      from: was ? "DRAIN" : "DOWN",
      to: was ? "DOWN" : "DRAIN",
      isBackup: this.plan.backup,
      check: null,
      cause: { kind: "operator" },
      activeLeft: backend.activeServers,
      backupLeft: backend.backupServers,
      sessions: this.counters.current,
      requeued: 0,
      queued: this.queue.length,
    });
  }

  /** A number 0 to 256, or per cent of the plan's weight. */
  setWeight(weight: number | { readonly percent: number }, by: Setter): void {
    const wanted = typeof weight === "number" ? weight : Math.floor((this.plan.weight * weight.percent) / 100);
    this.userWeight = Math.max(0, Math.min(256, wanted));
    this.weightBy = by;
    this.weigh();
    this.backend.reweigh();
    this.backend.dequeue(this);
  }

  /** 0: no limit. */
  setMaxconn(maxconn: number, by: Setter): void {
    this.maxconn = maxconn;
    this.maxconnBy = by;
    this.backend.dequeue(this);
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
    if (standing.health === "down" || tracked?.state === "DOWN") return "DOWN";
    if (standing.health === "stopping" || tracked?.state === "NOLB") return "NOLB";
    if (standing.forcedDrain || tracked?.state === "DRAIN") return "DRAIN";
    return plan.check === null && plan.agent === null && plan.track === null ? "no check" : "UP";
  }

  /** Recomputes the effective weight. */
  weigh(): void {
    let scale = weightScale;
    if (this.warmingSince !== null && this.backend.isDynamic) {
      const age = clockMs() - this.warmingSince;
      scale = Math.min(weightScale, Math.floor((weightScale * age + this.plan.slowstartMs) / this.plan.slowstartMs));
    }
    this.weight = this.userWeight * scale;
  }

  #warmUp(now: number): void {
    const { slowstartMs } = this.plan;
    if (slowstartMs === 0) return;
    this.#stopWarming();
    this.warmingSince = now;
    const stepMs = Math.max(1000, Math.floor(slowstartMs / 20));
    this.#warming = setInterval(
      () => {
        if (clockMs() - now >= slowstartMs) this.#stopWarming();
        this.weigh();
        this.backend.reweigh();
        this.backend.dequeue(this);
      },
      Math.min(stepMs, slowstartMs),
    );
    this.#warming.unref();
  }

  #stopWarming(): void {
    if (this.#warming !== null) clearInterval(this.#warming);
    this.#warming = null;
    this.warmingSince = null;
  }

  /** Forgets prepared options after the address changed. */
  setAddress(address: SocketAddress | null): void {
    this.address = address;
    this.#options = this.#savingOptions = null;
  }

  /** Of `source` with a range; null: the kernel chooses a port, or there is just one. */
  get sourcePorts(): SourcePorts | null {
    const range = this.plan.source;
    if (range === null || range.port === range.lastPort || range.useSource !== null) return null;
    const known = this.#sourcePorts;
    if (known?.first === range.port && known.last === range.lastPort) return known;
    return (this.#sourcePorts = new SourcePorts(range.port, range.lastPort));
  }

  /**
   * How to connect for a client. One object serves all sessions unless the port or the source address depends on the
   * client. The server must have an address. `savesAck`: there is something to be sent at once that takes the handshake's last
   * ACK with it.
   */
  connectOptions(client: ConnectFor, savesAck = false): ConnectOptions {
    const known = savesAck ? this.#savingOptions : this.#options;
    if (known !== null) return known;
    const planned = connectOptions(this, client);
    const options = savesAck ? { ...planned, quickAck: false } : planned;
    if (dependsOnClient(this)) return options;
    if (savesAck) this.#savingOptions = options;
    else this.#options = options;
    return options;
  }

  /**
   * Whether to save the handshake's last ACK where that is possible: as asked for, or where nothing is said and it is on the
   * loopback interface. There each packet costs this machine twice, and no network is to be looked at.
   */
  get savesAck(): boolean {
    const { address } = this;
    return (
      this.backend.plan.tcpSmartConnect ?? (address !== null && address.kind === "tcp" && isLoopback(address.host))
    );
  }

  /** Socket options of its checks. */
  get checkSocket(): CheckSocket {
    return (this.#checkSocket ??= checkOptions(this));
  }

  /** As `#options`. */
  #checkSocket: CheckSocket | null = null;

  /** Whoever checks it or asks its agent; null: nobody. Set by the monitor. */
  watch: Watch | null = null;

  /** What a session's connect found, for `observe layer4`. Set by the monitor; null: nobody asks. */
  onObserved: ((succeeded: boolean) => void) | null = null;

  observe(succeeded: boolean): void {
    this.onObserved?.(succeeded);
    if (!succeeded) this.onUnreachable?.();
  }

  /** Ends its timers. */
  dispose(): void {
    this.#stopWarming();
  }
}

function isPlainlyUp(state: ServerState): boolean {
  return state === "UP" || state === "no check";
}

/** Whether sessions may run in this state. */
export function isUp(state: ServerState): boolean {
  return state !== "DOWN" && state !== "MAINT";
}
