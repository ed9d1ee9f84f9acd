/** A running backend: its servers, who takes the next session, who waits, what it counts. */
import { clockMs } from "../../clock.ts";
import type { CheckResult, ServerCause, ServerState } from "../../events.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import { type Algorithm, algorithmOf } from "../balance/algorithms.ts";
import type { Balancer } from "../balance/balancer.ts";
import { Counters } from "./counters.ts";
import { DynamicCookies } from "./cookies/dynamic-cookie.ts";
import type { ProcessState } from "../process/process-state.ts";
import { goesBefore, Queue, type Waiting } from "./queue.ts";
import type { BackendRules } from "./backend-rules.ts";
import type { ServerPlan } from "../../plan/server.ts";
import { limitsStartups } from "../../plan/ssh/startups.ts";
import { isUp, Server, type Turned } from "./server.ts";

/** What a plan makes of a backend. `keepsTurns`: balancing goes on as before. */
export interface BackendTurn {
  readonly plan: BackendPlan;
  readonly rules: BackendRules;
  readonly servers: readonly Server[];
  readonly byName: ReadonlyMap<string, Server>;
  readonly fullconn: number;
  readonly keepsTurns: boolean;
  /** Something of it or its servers is planned otherwise than before, their rules apart. */
  readonly hasChanged: boolean;
}

/** A session, as far as servers that go away have to do with it. */
export interface ServedSession {
  /** The server chosen. */
  readonly target: Server | null;
  readonly state: "rules" | "queued" | "connecting" | "relaying";
  /** Ends it at once. `letter`: why. */
  kill(letter: "D" | "U" | "K"): void;
}

/**
 * A backend by its name, for as long as plans have it. Over reloads stay what it counts, who waits, and whose turn it is
 * while the algorithm is the same; everything else is the plan's or worked out anew.
 */
export class Backend {
  readonly counters = new Counters();
  readonly queue = new Queue<Waiting<Server>>();
  readonly dynamicCookies = new DynamicCookies();
  /** Servers that rest are taken for full: true while a server is looked for that does not. */
  sparesResting = false;
  #resting = 0;
  /** Slots taken over all servers. */
  served = 0;
  deniedRequests = 0;
  /** Sessions that others' start-ups kept waiting, and those that had waited in vain, or found no room to wait. */
  readonly heldUp = { waited: 0, refused: 0 };
  downTransitions = 0;
  changedAt = clockMs();
  #downMs = 0;
  /** As of the last `reweigh`; null: there was none yet. */
  #wasUp: boolean | null = null;

  // The plan's.
  algorithm: Algorithm;
  balancer: Balancer<Server>;
  servers: readonly Server[] = [];
  /** Where those go that nothing leads to a server; null: balancing says. It is none of the servers, and has no name. */
  direct: Server | null = null;
  #byName: ReadonlyMap<string, Server> = new Map();

  // Worked out from the above and the servers' states.
  totalWeight = 0;
  activeServers = 0;
  backupServers = 0;
  /** Weights that operators gave, of the active servers together. */
  activeUserWeight = 0;
  /** The load at which servers with minconn reach maxconn. */
  fullconn = 1;
  #limitsStartups = false;
  /** The servers that take sessions now. */
  #taking: readonly Server[] = [];
  /** Weights and ids of those, as the balancer knows them. */
  #shares: readonly number[] = [];

  /** `sessions`: all that run, at whatever server. */
  constructor(
    readonly process: ProcessState,
    readonly sessions: Iterable<ServedSession>,
    public plan: BackendPlan,
    public rules: BackendRules,
  ) {
    this.algorithm = algorithmOf(plan.balance);
    this.balancer = this.algorithm.make(plan.balance, plan.hashType);
  }

  /** Runs under another plan from now on, which the servers have taken already; `reweigh` follows. */
  replan(next: BackendTurn): void {
    if (!next.keepsTurns) {
      this.algorithm = algorithmOf(next.plan.balance);
      this.balancer = this.algorithm.make(next.plan.balance, next.plan.hashType);
      this.#shares = [];
      for (const server of this.#taking) server.leave();
      this.#taking = [];
    }
    if (!hasSameCookies(this.plan, next.plan)) this.dynamicCookies.forget();
    this.plan = next.plan;
    this.rules = next.rules;
    this.servers = next.servers;
    this.#byName = next.byName;
    this.fullconn = next.fullconn;
    this.#limitsStartups = [...next.plan.servers, next.plan.direct].some(
      (one) => one !== null && limitsStartups(one.startups),
    );
    if (next.hasChanged) this.#takeDirect(next.plan.disabled ? null : next.plan.direct);
  }

  #takeDirect(plan: ServerPlan | null): void {
    this.direct?.renewConnections();
    this.direct = plan === null ? null : new Server(this, plan, -1);
    this.direct?.begin();
  }

  /** Weights may change while running; static-rr and map-based hashing only know whole ones. */
  get isDynamic(): boolean {
    return this.algorithm.isDynamic(this.plan.hashType);
  }

  /** No key leads to a server, so any other one is as good. */
  get isTakingTurns(): boolean {
    return !this.algorithm.hasKey;
  }

  /** Algorithms that find no server only when all are full, so that nobody may pass those who wait. */
  get isInOrder(): boolean {
    return this.algorithm.isInOrder;
  }

  /** What hash-balance-factor compares a server's share with. */
  get sharing(): { readonly served: number; readonly factor: number; readonly totalWeight: number } {
    return { served: this.served, factor: this.plan.hashType.balanceFactor, totalWeight: this.totalWeight };
  }

  /** False when every server is away: sessions then end at once. */
  get hasServer(): boolean {
    return this.#taking.length > 0 || this.direct !== null;
  }

  get downMs(): number {
    return this.#downMs + (this.isUp ? 0 : clockMs() - this.changedAt);
  }

  /** A backend without servers never counts as down. */
  get isUp(): boolean {
    return this.servers.length === 0 || this.#taking.length > 0;
  }

  /** The server of that name, unless it serves nobody: see `disabled`. */
  findServing(name: string): Server | null {
    return this.plan.disabled ? null : this.find(name);
  }

  find(name: string): Server | null {
    return this.#byName.get(name) ?? null;
  }

  /**
   * Works out who takes sessions: the active servers, else the backups (all with `option allbackups`, else the first).
   * `isPlanned`: it was a reload that left it without a server, which is no failure to be counted.
   */
  reweigh(isPlanned = false): void {
    const active: Server[] = [];
    const backups: Server[] = [];
    // A disabled backend is known by name only: whoever is led to it finds no server.
    const servers = this.plan.disabled ? [] : this.servers;
    for (const server of servers) if (server.isUsable) (server.plan.backup ? backups : active).push(server);
    this.activeServers = active.length;
    this.activeUserWeight = active.reduce((sum, server) => sum + server.userWeight, 0);
    this.backupServers = backups.length;
    this.#give(active.length > 0 ? active : this.plan.allBackups ? backups : backups.slice(0, 1));
    const { isUp } = this;
    if (this.#wasUp !== null && this.#wasUp !== isUp) this.#turn(this.#wasUp, isPlanned);
    this.#wasUp = isUp;
  }

  /** Balances over these from now on. */
  #give(taking: readonly Server[]): void {
    const shares: number[] = [];
    this.totalWeight = 0;
    for (const server of taking) {
      this.totalWeight += server.weight;
      shares.push(server.weight, server.id);
    }
    const before = this.#taking;
    const isSame =
      before.length === taking.length &&
      taking.every((server, at) => server === before[at]) &&
      shares.every((share, at) => share === this.#shares[at]);
    if (isSame) return;
    for (const server of before) server.leave();
    let weightBefore = 0;
    for (const server of taking) {
      server.join(weightBefore);
      weightBefore += server.weight;
    }
    this.#taking = taking;
    this.#shares = shares;
    this.balancer.update(taking);
  }

  #turn(wasUp: boolean, isPlanned: boolean): void {
    const now = clockMs();
    if (wasUp && !isPlanned) this.downTransitions += 1;
    if (!wasUp) this.#downMs += now - this.changedAt;
    this.changedAt = now;
  }

  /** Chooses by balancing. Null: every server is saturated. Call only when `hasServer`. */
  pick(hash: number | null, avoid: Server | null): Server | null {
    return this.#hasAwake ? this.#pickAwake(hash, avoid) : this.balancer.pick(hash, avoid);
  }

  /** Servers rest, and not all of them. */
  get #hasAwake(): boolean {
    return this.#resting > 0 && this.#taking.some((one) => one.restsFor === null);
  }

  /** None that rests: whoever finds no slot elsewhere waits for one, or until it has rested. */
  #pickAwake(hash: number | null, avoid: Server | null): Server | null {
    const { balancer } = this;
    this.sparesResting = true;
    try {
      const server = balancer.pick(hash, avoid);
      if (server === null || server.restsFor === null) return server;
      // Where a key leads to one server alone, others serve in turn meanwhile.
      return balancer.pick(null, avoid);
    } finally {
      this.sparesResting = false;
    }
  }

  /** `server` rests from now on, or not any more: then those who wait may go there. */
  rests(server: Server, isResting: boolean): void {
    this.#resting += isResting ? 1 : -1;
    if (!isResting) this.dequeue(server);
  }

  /** Fills the free slots of `server` from its own queue and the backend's, in order of priority and arrival. Those that a returning server takes do not count as places, as in HAProxy. */
  dequeue(server: Server, isCounted = true): void {
    const { startups } = server;
    const mayGo = (one: Waiting<Server>): boolean => startups.mayBegin(one.queueSource);
    while (server.queue.length + this.queue.length > 0 && server.mayTake) {
      const own = server.queue.firstOf(mayGo);
      const shared = this.#maySpread(server) ? this.queue.firstOf(mayGo) : null;
      const next = own === null ? shared : shared === null || !goesBefore(shared, own) ? own : shared;
      if (next === null || next.queue === null) return;
      const { queue } = next;
      if (isCounted) queue.taken += 1;
      queue.remove(next);
      next.dequeued(queue, server, isCounted);
    }
  }

  /** Fills whatever slots are free: somebody waits whom those in front of him do not stand in the way of. */
  spread(): void {
    for (const server of this.servers) if (server.isUsable) this.dequeue(server);
  }

  /** A server limits how many sessions may start up at once. */
  get limitsStartups(): boolean {
    return this.#limitsStartups;
  }

  /** A slot of `server` was taken. */
  took(server: Server): void {
    this.served += 1;
    if (server.name !== "") this.balancer.moved(server);
  }

  /** A slot of `server` was given back. */
  gave(server: Server): void {
    this.served -= 1;
    if (server.name !== "") this.balancer.moved(server);
  }

  /** Whether `server` may take from the backend's queue. */
  #maySpread(server: Server): boolean {
    return this.queue.length > 0 && server.isTaking && server.isUsable && !(server.restsFor !== null && this.#hasAwake);
  }

  /** Acts on a server's change of state: weights, sessions, queues, trackers; tells it. */
  serverChanged(server: Server, from: ServerState, check: CheckResult | null, cause: ServerCause | null): void {
    const to = server.state;
    const hadServer = this.hasServer;
    this.reweigh();
    if (isUp(from) && !isUp(to) && server.plan.onMarkedDown === "shutdown-sessions") this.shutDown(server, "D");
    this.tellChanged(server, from, check, cause);
    if (hadServer && !this.hasServer) this.tellEmpty();
    if (!isUp(from) && isUp(to) && server.plan.onMarkedUp === "shutdown-backup-sessions") {
      for (const one of this.servers) if (one.plan.backup) this.shutDown(one, "U");
    }
    for (const one of this.servers) if (one.isUsable) this.dequeue(one, one !== server);
    for (const tracker of server.trackers) {
      tracker.settle(check, { kind: "tracked", backend: this.plan.name, server: server.name });
    }
  }

  /** Tells a change of state, after those who waited for the server have gone to look for another. */
  tellChanged(server: Server, from: ServerState, check: CheckResult | null, cause: ServerCause | null): void {
    const requeued = server.isUsable ? 0 : this.#redistribute(server);
    this.tell(server, from, server.state, { check, cause, requeued });
  }

  /** Tells that a server has gone from one state to another, or is said to have. */
  tell(server: Server, from: ServerState, to: ServerState, why: Turned): void {
    this.process.emit({
      type: "server",
      backend: this.plan.name,
      server: server.name,
      logs: this.plan.logs,
      from,
      to,
      isBackup: server.plan.backup,
      check: why.check,
      cause: why.cause,
      activeLeft: this.activeServers,
      backupLeft: this.backupServers,
      sessions: server.counters.current,
      requeued: why.requeued,
      queued: server.queue.length,
    });
  }

  tellPace({ name, slowMs, isHalved }: Server, ms: number, limitMs: number): void {
    const isSlow = slowMs !== null;
    const { name: backend, logs } = this.plan;
    this.process.emit({ type: "server-pace", backend, server: name, logs, isSlow, isHalved, ms, limitMs });
  }

  tellEmpty(): void {
    const { name, isListen, logs } = this.plan;
    this.process.emit({ type: "backend-empty", backend: name, isListen, logs });
  }

  /** Ends every session that is at `server` at once; those that wait for it wait on, or look for another. */
  shutDown(server: Server, letter: "D" | "U" | "K"): void {
    for (const session of this.sessions)
      if (session.target === server && session.state !== "queued") session.kill(letter);
  }

  /** With `option redispatch`, sessions queued for a server that went away choose again. Returns how many. */
  #redistribute(server: Server): number {
    if (this.plan.redispatch === 0 || this.plan.persist) return 0;
    return this.abandonQueue(server);
  }

  /** Lets every session queued for `server` choose again, except those forced to it. Returns how many. */
  abandonQueue(server: Server): number {
    const moving = server.queue.all().filter(({ isForced }) => !isForced);
    for (const session of moving) {
      server.queue.remove(session);
      session.chooseAgain();
    }
    return moving.length;
  }

  /** Its own, not its servers'. */
  clearCounters(all: boolean): void {
    this.counters.clear(all);
    if (!all) return;
    this.deniedRequests = 0;
    this.heldUp.waited = this.heldUp.refused = 0;
  }
}

function hasSameCookies({ http }: BackendPlan, { http: other }: BackendPlan): boolean {
  return http?.dynamicCookieKey === other?.dynamicCookieKey && http?.cookie?.dynamic === other?.cookie?.dynamic;
}
