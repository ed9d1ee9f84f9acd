/** A server as its backend balances over it: its weight, its slots and queue, how to connect to it. */
import { clockMs } from "../../clock.ts";
import type { ConnectOptions } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import { maxWeight, type ServerPlan } from "../../plan/server.ts";
import type { Candidate } from "../balance/balancer.ts";
import { weightScale } from "../process/weight.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { ServerRefusal } from "../../ssh-facts.ts";
import { Counters } from "./counters.ts";
import { dynamicCookie, type DynamicCookies } from "./cookies/dynamic-cookie.ts";
import { Queue, type Waiting } from "./queue.ts";
import { Rest } from "../time/rest.ts";
import { type Course, courseAfter, firstCourse, type Setter } from "./server-course.ts";
import { type CheckSocket, type ConnectFor, ServerSockets } from "./server-options.ts";
import type { SourcePorts } from "./source-ports.ts";
import { Startups } from "./startups.ts";

/** What a server needs of its backend to be balanced over. */
export interface BalancingBackend {
  readonly plan: BackendPlan;
  readonly counters: Counters;
  /** The load at which servers with minconn reach maxconn. */
  readonly fullconn: number;
  /** Weights may change while running. */
  readonly isDynamic: boolean;
  readonly sharing: { readonly served: number; readonly factor: number; readonly totalWeight: number };
  readonly dynamicCookies: DynamicCookies;
  /** A slot of `server` was taken. */
  took(server: BalancedServer): void;
  /** A slot of `server` was given back. */
  gave(server: BalancedServer): void;
  /** Servers that rest are taken for full: another is looked for. */
  readonly sparesResting: boolean;
  /** `server` rests from now on, or not any more. */
  rests(server: BalancedServer, isResting: boolean): void;
  /** Works out who takes sessions. */
  reweigh(): void;
  /** Fills the free slots of `server`. */
  dequeue(server: BalancedServer): void;
}

/** What a server is without its state: who waits and runs there, and how many may. See `Server`. */
export abstract class BalancedServer<Owner extends BalancingBackend = BalancingBackend> implements Candidate {
  readonly counters = new Counters();
  readonly queue = new Queue<Waiting<this>>();
  readonly startups: Startups = new Startups(this);
  #plan: ServerPlan;
  #index: number;
  #served = 0;
  #connectionsOf = 0;
  #warming: ReturnType<typeof setInterval> | null = null;
  #dynamicCookie: { readonly key: string; readonly address: SocketAddress; readonly cookie: string | null } | null =
    null;
  readonly #rest = new Rest({ rests: (isResting) => this.backend.rests(this, isResting) });
  /** Where it has come to under its plan. */
  protected now: Course;
  protected readonly sockets: ServerSockets;

  // Worked out from plan and course.
  #weight = 0;
  #weightBefore = 0;
  #isTaking = false;

  constructor(
    readonly backend: Owner,
    plan: ServerPlan,
    index: number,
  ) {
    this.#plan = plan;
    this.#index = index;
    this.now = firstCourse(plan);
    this.sockets = new ServerSockets(this);
    this.weigh();
  }

  get plan(): ServerPlan {
    return this.#plan;
  }

  /** Its place in the backend, from 0. */
  get index(): number {
    return this.#index;
  }

  /** Where it has come to under its plan. */
  get course(): Readonly<Course> {
    return this.now;
  }

  /** Slots taken: sessions that connect or run here. */
  get served(): number {
    return this.#served;
  }

  /** Effective weight times `weightScale`, slow start included. */
  get weight(): number {
    return this.#weight;
  }

  /** Sum of the weights of those before it among the servers in use. */
  get weightBefore(): number {
    return this.#weightBefore;
  }

  /** It takes sessions by balancing now. */
  get isTaking(): boolean {
    return this.#isTaking;
  }

  get userWeight(): number {
    return this.now.userWeight;
  }

  get maxconn(): number {
    return this.now.maxconn;
  }

  get warmingSince(): number | null {
    return this.now.warmingSince;
  }

  get id(): number {
    return this.plan.id;
  }

  get name(): string {
    return this.plan.name;
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
    const { warmingSince } = this;
    if (warmingSince === null) return slots;
    const percent = Math.floor((100 * (clockMs() - warmingSince)) / plan.slowstartMs);
    return Math.max(1, Math.floor((slots * Math.min(100, percent)) / 100));
  }

  /** It has just turned a session down, and none comes by balancing where another server may take it; null: it does not rest. */
  get restsFor(): ServerRefusal | null {
    return this.#rest.why;
  }

  /** It has turned a session down. */
  rest(refusal: ServerRefusal): void {
    if (this.name !== "") this.#rest.begin(refusal);
  }

  /** Takes sessions by balancing again. */
  protected wake(): void {
    this.#rest.end();
  }

  get #isSpared(): boolean {
    return this.backend.sparesResting && this.#rest.why !== null;
  }

  get hasSlot(): boolean {
    if (this.#isSpared) return false;
    const { startups, queue } = this;
    if (this.maxconn === 0 && !startups.isLimited) return true;
    if (!this.mayTake) return false;
    if (startups.plan.perSource === 0) return queue.length === 0;
    // Those whose source has all that it may have wait for that.
    return queue.firstOf(({ queueSource }) => startups.mayBegin(queueSource)) === null;
  }

  /** The same for a session of this source. */
  hasSlotFor(source: string): boolean {
    return this.hasSlot && !this.startups.hasAll(source);
  }

  /** A slot is free, whoever waits. */
  get mayTake(): boolean {
    return this.served < this.slots && !this.startups.isFull;
  }

  get hasRoom(): boolean {
    if (this.#isSpared) return false;
    const { startups, plan, queue } = this;
    if (startups.plan.most > 0 && startups.current + queue.length >= startups.plan.most + plan.maxqueue) return false;
    return this.maxconn === 0 || this.load < this.slots + plan.maxqueue;
  }

  get isOverloaded(): boolean {
    if (this.#isSpared) return true;
    const { served, factor, totalWeight } = this.backend.sharing;
    if (factor === 0 || totalWeight === 0) return false;
    // Shares are cut along the servers' running total of weights, so that together they are exactly what is allowed.
    const allowed = Math.floor(((served + 1) * factor + 99) / 100);
    const until = Math.floor(((this.weightBefore + this.weight) * allowed) / totalWeight);
    const from = Math.floor((this.weightBefore * allowed) / totalWeight);
    return this.served >= Math.max(1, until - from);
  }

  /** How long it takes to identify itself, where that is too long; null: it does not. */
  get slowMs(): number | null {
    return this.now.slowMs;
  }

  /** Half its weight counts, for it is slow. */
  get isHalved(): boolean {
    return this.now.slowMs !== null && this.backend.isDynamic;
  }

  /** How much of its weight it has come to during slow start, or has left while it is slow; null: all. */
  get throttlePercent(): number | null {
    if ((this.warmingSince === null && !this.isHalved) || this.userWeight === 0) return null;
    return Math.floor((100 * this.weight) / (this.userWeight * weightScale));
  }

  /** Where connections go; null while its name has no address. */
  get address(): SocketAddress | null {
    return this.now.address;
  }

  /** What stands for it in its backend's persistence cookie; null: nothing. */
  get cookie(): string | null {
    const { cookie } = this.#plan.http;
    if (cookie !== null) return cookie;
    const { address, backend } = this;
    const key = backend.dynamicCookies.keyUnder(backend.plan.http);
    if (key === null || address === null) return null;
    if (this.#dynamicCookie?.address !== address || this.#dynamicCookie.key !== key) {
      this.#dynamicCookie = { key, address, cookie: dynamicCookie(key, address) };
    }
    return this.#dynamicCookie.cookie;
  }

  /** Runs under a plan that says of it, its backend and checks in general what the one before said. */
  goOn(plan: ServerPlan, index: number): void {
    this.#plan = plan;
    this.#index = index;
    this.sockets.forget();
  }

  /** Runs under another plan from now on. Its state follows with `turn`. */
  replan(plan: ServerPlan, index: number): void {
    const course = courseAfter(plan, this.plan, this.now);
    this.renewConnections();
    this.goOn(plan, index);
    this.stopWarming();
    this.now = course;
    if (course.warmingSince !== null) this.warmUp(course.warmingSince);
    this.weigh();
  }

  /** Another number, other connections: those opened under one before lead elsewhere, or were opened otherwise. */
  get connectionsOf(): number {
    return this.#connectionsOf;
  }

  /** Connections that are open are for nobody else any more. */
  renewConnections(): void {
    this.#connectionsOf += 1;
  }

  /** Takes a slot. */
  take(): void {
    this.#served += 1;
    this.backend.took(this);
  }

  /** Gives a slot back; the caller then lets the next one in by `backend.dequeue`. */
  release(): void {
    this.#served -= 1;
    this.backend.gave(this);
  }

  #needed = 0;
  #neededAt = 0;

  /** How many connections were used at once of late: half of it is forgotten after the second `pool-purge-delay`, and after each further one. */
  connectionsNeeded(now: number): number {
    const periods = Math.max(0, Math.floor((now - this.#neededAt) / Math.max(1000, this.plan.http.poolPurgeMs)) - 1);
    return Math.max(this.counters.current, periods > 30 ? 0 : this.#needed >> periods);
  }

  /** One more is used. */
  noteNeed(now: number): void {
    this.#needed = this.connectionsNeeded(now);
    this.#neededAt = now;
  }

  /** A connection to it is to be opened, whatever comes of that. */
  countConnect(): void {
    this.counters.http.connects += 1;
    this.backend.counters.http.connects += 1;
  }

  /** An exchange took a connection that was open already. */
  countReuse(): void {
    this.counters.http.reuses += 1;
    this.backend.counters.http.reuses += 1;
  }

  /** A number 0 to `maxWeight`, or per cent of the plan's weight. */
  setWeight(weight: number | { readonly percent: number }, by: Setter): void {
    const wanted = typeof weight === "number" ? weight : Math.floor((this.plan.weight * weight.percent) / 100);
    this.now.userWeight = Math.max(0, Math.min(maxWeight, wanted));
    this.now.weightBy = by;
    this.weigh();
    this.backend.reweigh();
    this.backend.dequeue(this);
  }

  /** 0: no limit. */
  setMaxconn(maxconn: number, by: Setter): void {
    this.now.maxconn = maxconn;
    this.now.maxconnBy = by;
    this.backend.dequeue(this);
  }

  /** The backend balances over it from now on, behind servers whose weights are together `weightBefore`. */
  join(weightBefore: number): void {
    this.#isTaking = true;
    this.#weightBefore = weightBefore;
  }

  /** The backend leaves it out. */
  leave(): void {
    this.#isTaking = false;
    this.#weightBefore = 0;
  }

  /** Recomputes the effective weight. */
  protected weigh(): void {
    let scale = weightScale;
    const { warmingSince } = this;
    if (warmingSince !== null && this.backend.isDynamic) {
      const age = clockMs() - warmingSince;
      scale = Math.min(weightScale, Math.floor((weightScale * age + this.plan.slowstartMs) / this.plan.slowstartMs));
    }
    this.#weight = this.userWeight * (this.isHalved ? Math.max(1, Math.floor(scale / 2)) : scale);
  }

  protected warmUp(now: number): void {
    const { slowstartMs } = this.plan;
    if (slowstartMs === 0) return;
    this.stopWarming();
    this.now.warmingSince = now;
    const stepMs = Math.max(1000, Math.floor(slowstartMs / 20));
    this.#warming = setInterval(
      () => {
        if (clockMs() - now >= slowstartMs) this.stopWarming();
        this.weigh();
        this.backend.reweigh();
        this.backend.dequeue(this);
      },
      Math.min(stepMs, slowstartMs),
    );
    this.#warming.unref();
  }

  protected stopWarming(): void {
    if (this.#warming !== null) clearInterval(this.#warming);
    this.#warming = null;
    this.now.warmingSince = null;
  }

  /** Of `source` with a range; null: the kernel chooses a port, or there is just one. */
  get sourcePorts(): SourcePorts | null {
    return this.sockets.sourcePorts;
  }

  /** How to connect for a client. The server must have an address. */
  connectOptions(client: ConnectFor, savesAck = false): ConnectOptions {
    return this.sockets.optionsFor(client, savesAck);
  }

  /** Whether to save the handshake's last ACK where that is possible. */
  get savesAck(): boolean {
    return this.sockets.savesAck;
  }

  /** Socket options of its checks. */
  get checkSocket(): CheckSocket {
    return this.sockets.checks;
  }
}
