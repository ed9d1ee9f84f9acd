/** A running backend: its servers, who takes the next session, who waits, what it counts. */
import { clockMs } from "../clock.ts";
import type { CheckResult, ServerState } from "../events.ts";
import type { BackendPlan } from "../plan.ts";
import { First } from "./balance-first.ts";
import { LeastConnections } from "./balance-leastconn.ts";
import { WeightedMap } from "./balance-map.ts";
import { ConsistentHash, RandomDraws } from "./balance-ring.ts";
import { RoundRobin } from "./balance-roundrobin.ts";
import type { Balancer } from "./balance.ts";
import { Counters } from "./counters.ts";
import type { ProcessState } from "./process-state.ts";
import { goesBefore, Queue } from "./queue.ts";
import type { BackendRules } from "./rulebook.ts";
import { isUp } from "./server.ts";
import type { Server } from "./server.ts";
import type { ServerSearch } from "./server-search.ts";

export class Backend {
  plan: BackendPlan;
  rules: BackendRules;
  servers: Server[] = [];
  readonly counters = new Counters();
  readonly queue = new Queue<ServerSearch>();
  balancer: Balancer<Server>;
  /** Slots taken over all servers. */
  served = 0;
  totalWeight = 0;
  activeServers = 0;
  backupServers = 0;
  /** The load at which servers with minconn reach maxconn. */
  fullconn = 1;
  deniedRequests = 0;
  downTransitions = 0;
  changedAt = clockMs();
  #downMs = 0;
  /** The servers that take sessions now. */
  #taking: readonly Server[] = [];

  constructor(
    readonly process: ProcessState,
    plan: BackendPlan,
    rules: BackendRules,
  ) {
    this.plan = plan;
    this.rules = rules;
    this.balancer = balancerFor(plan);
  }

  /** Weights may change while running; static-rr and map-based hashing only know whole ones. */
  get isDynamic(): boolean {
    const { algorithm } = this.plan.balance;
    if (algorithm === "static-rr") return false;
    return algorithm !== "source" && algorithm !== "hash" ? true : this.plan.hashType.method === "consistent";
  }

  /** No key leads to a server, so any other one is as good. */
  get isTakingTurns(): boolean {
    const { algorithm } = this.plan.balance;
    return algorithm !== "source" && algorithm !== "hash";
  }

  /** Algorithms that find no server only when all are full, so that nobody may pass those who wait. */
  get isInOrder(): boolean {
    const { algorithm } = this.plan.balance;
    return algorithm === "roundrobin" || algorithm === "static-rr" || algorithm === "first";
  }

  /** What hash-balance-factor compares a server's share with. */
  get sharing(): { readonly served: number; readonly factor: number; readonly totalWeight: number } {
    return { served: this.served, factor: this.plan.hashType.balanceFactor, totalWeight: this.totalWeight };
  }

  /** False when every server is away: sessions then end at once. */
  get hasServer(): boolean {
    return this.#taking.length > 0;
  }

  get downMs(): number {
    return this.#downMs + (this.isUp ? 0 : clockMs() - this.changedAt);
  }

  /** A backend without servers never counts as down. */
  get isUp(): boolean {
    return this.servers.length === 0 || this.#taking.length > 0;
  }

  /** The server that `track` of this one names; null when there is none. */
  trackedBy(server: Server): Server | null {
    const { track } = server.plan;
    if (track === null) return null;
    return this.process.backends.get(track.backend)?.servers.find((one) => one.name === track.server) ?? null;
  }

  /** The server of that name, unless it serves nobody: see `disabled`. */
  findServing(name: string): Server | null {
    return this.plan.disabled ? null : this.find(name);
  }

  find(name: string): Server | null {
    return this.servers.find((one) => one.name === name) ?? null;
  }

  /** Takes the plan's algorithm anew; call after the plan or the set of servers changed. */
  rebuild(isNewAlgorithm: boolean): void {
    if (isNewAlgorithm) this.balancer = balancerFor(this.plan);
    for (const [index, server] of this.servers.entries()) server.index = index;
    for (const server of this.servers) server.weigh();
    this.reweigh();
  }

  /** Works out who takes sessions: the active servers, else the backups (all with `option allbackups`, else the first). */
  reweigh(): void {
    const active: Server[] = [];
    const backups: Server[] = [];
    // A disabled backend is known by name only: whoever is led to it finds no server.
    const servers = this.plan.disabled ? [] : this.servers;
    for (const server of servers) if (server.isUsable) (server.plan.backup ? backups : active).push(server);
    this.activeServers = active.length;
    this.backupServers = backups.length;
    const wasUp = this.isUp;
    this.#taking = active.length > 0 ? active : this.plan.allBackups ? backups : backups.slice(0, 1);
    this.totalWeight = 0;
    for (const server of this.#taking) {
      server.weightBefore = this.totalWeight;
      this.totalWeight += server.weight;
    }
    this.balancer.update(this.#taking);
    if (wasUp !== this.isUp) this.#turn(wasUp);
  }

  #turn(wasUp: boolean): void {
    const now = clockMs();
    if (wasUp) this.downTransitions += 1;
    else this.#downMs += now - this.changedAt;
    this.changedAt = now;
  }

  /** Chooses by balancing. Null: every server is saturated. Call only when `hasServer`. */
  pick(hash: number | null, avoid: Server | null): Server | null {
    return this.balancer.pick(hash, avoid);
  }

  /** Fills the free slots of `server` from its own queue and the backend's, in order of priority and arrival. Those that a returning server takes do not count as places, as in HAProxy. */
  dequeue(server: Server, isCounted = true): void {
    while (server.queue.length + this.queue.length > 0 && server.served < server.slots) {
      const own = server.queue.first;
      const shared = this.#maySpread(server) ? this.queue.first : null;
      const next = own === null ? shared : shared === null || !goesBefore(shared, own) ? own : shared;
      if (next === null || next.queue === null) return;
      const { queue } = next;
      if (isCounted) queue.taken += 1;
      queue.remove(next);
      next.dequeued(queue, server, isCounted);
    }
  }

  /** Whether `server` may take from the backend's queue. */
  #maySpread(server: Server): boolean {
    return this.queue.length > 0 && server.isUsable && this.#taking.includes(server);
  }

  /** Acts on a server's change of state: weights, sessions, queues, trackers; tells it. */
  serverChanged(server: Server, from: ServerState, check: CheckResult | null, cause: string | null): void {
    const to = server.state;
    const hadServer = this.hasServer;
    this.reweigh();
    let requeued = 0;
    if (isUp(from) && !isUp(to) && server.plan.onMarkedDown === "shutdown-sessions") this.shutDown(server, "D");
    if (!server.isUsable) requeued = this.#redistribute(server);
    this.process.emit({
      type: "server",
      backend: this.plan.name,
      server: server.name,
      logs: this.plan.logs,
      from,
      to,
      isBackup: server.plan.backup,
      check,
      cause,
      activeLeft: this.activeServers,
      backupLeft: this.backupServers,
      sessions: server.counters.current,
      requeued,
      queued: server.queue.length,
    });
    if (hadServer && !this.hasServer) {
      const { name, isListen, logs } = this.plan;
      this.process.emit({ type: "backend-empty", backend: name, isListen, logs });
    }
    if (!isUp(from) && isUp(to) && server.plan.onMarkedUp === "shutdown-backup-sessions") {
      for (const one of this.servers) if (one.plan.backup) this.shutDown(one, "U");
    }
    for (const one of this.servers) if (one.isUsable) this.dequeue(one, one !== server);
    for (const tracker of this.#trackersOf(server)) tracker.settle(check, `via ${this.plan.name}/${server.name}`);
  }

  *#trackersOf(server: Server): Iterable<Server> {
    for (const backend of this.process.backends.values()) {
      for (const one of backend.servers) if (one.plan.track !== null && backend.trackedBy(one) === server) yield one;
    }
  }

  /** Ends every session of `server` at once. */
  shutDown(server: Server, letter: "D" | "U" | "K"): void {
    for (const session of this.process.sessions) if (session.target === server) session.kill(letter);
  }

  /** With `option redispatch`, sessions queued for a server that went away choose again. Returns how many. */
  #redistribute(server: Server): number {
    if (this.plan.redispatch === 0 || this.plan.persist) return 0;
    return this.abandonQueue(server);
  }

  /** Lets every session queued for `server` choose again, except those forced to it. Returns how many. */
  abandonQueue(server: Server): number {
    const moving: ServerSearch[] = [];
    for (let one = server.queue.first; one !== null; one = one.queueNext) if (!one.isForced) moving.push(one);
    for (const session of moving) {
      server.queue.remove(session);
      session.chooseAgain();
    }
    return moving.length;
  }

  clearCounters(all: boolean): void {
    this.counters.clear(all);
    for (const server of this.servers) server.counters.clear(all);
    if (all) this.deniedRequests = 0;
  }
}

/** The algorithm that a plan asks for. */
function balancerFor(plan: BackendPlan): Balancer<Server> {
  const { balance, hashType } = plan;
  switch (balance.algorithm) {
    case "roundrobin":
      return new RoundRobin();
    case "static-rr":
      return new WeightedMap();
    case "leastconn":
      return new LeastConnections();
    case "first":
      return new First();
    case "random":
      return new RandomDraws(balance.draws, Math.random);
    case "source":
    case "hash":
      return hashType.method === "consistent" ? new ConsistentHash() : new WeightedMap();
  }
}
