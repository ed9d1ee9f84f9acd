/**
 * From one plan to the next. What the next one needs is built beside what runs, in turns (`generation.ts`); one short turn
 * puts it in the place of the former; what may come later, such as ending and starting checks, follows in turns.
 *
 * A reload ends where a new start with the same file would, except for what it promises to keep:
 * - **sessions**: they go on, at their server, by the rules of the frontend they came through. Those that wait in a queue are
 *   served by what the new plan has; those that waited for a server that is gone choose again;
 * - **listeners** whose address and socket options stay (`socketKey`), whichever frontend they belong to now;
 * - **counters** of frontends, backends and servers by name, of a listener while it stays with its frontend, and of a
 *   `resolvers` section that says what it said;
 * - **of a server by name** (`courseAfter`): its health and what its agent said, while it has checks and an agent; what an
 *   operator set, while the file says of that what it said before; its address, while the file names the same; slow start;
 *   when its next check is due;
 * - **what an operator set** of a frontend's or the process's `maxconn` and rates, while the file says of it what it said; a
 *   paused frontend stays paused;
 * - **maintenance** of a frontend or backend, by its name;
 * - **penalties** of a frontend by name, while what they are reckoned by stays;
 * - **whose turn it is** in a backend while its algorithm stays;
 * - **stick tables** that are declared to hold the same, with their entries; `proc.` variables that sessions set.
 *
 * Changes to ACLs and maps that an operator made are lost: files are read anew, as by HAProxy's new process.
 *
 * So that no field of a plan can be forgotten, nothing is patched: frontends, rules, tables and limits are made anew from the
 * plan; servers and backends run by a plan that is replaced whole, and what they keep stands in one place each; whatever
 * watches a server (checks, names) is made anew unless all that is planned of it is the same.
 */
import type { ServerState } from "../events.ts";
import type { Plan } from "../plan/plan.ts";
import { stopFrontend, tellProxy } from "./proxy-state.ts";
import type { Failure, Proxies, Running } from "./running.ts";
import { build, discard, type Generation, type ServerTurn } from "./generation.ts";
import { lackOfDescriptors } from "./process/limits/held-clients.ts";
import { setLimits } from "./process/limits/limits.ts";
import type { BoundListener } from "./frontend/listener.ts";
import type { NamedResolver } from "./names/name-resolver.ts";
import type { Server } from "./backend/server.ts";
import type { Turns, Work } from "./time/turns.ts";
import { setProcessVariables } from "./sessionless-samples.ts";
import { followName } from "./follow-names.ts";
import { startMonitors } from "./start-checks.ts";

/** Runs `plan` in place of the one before, or changes nothing and says what is wrong. Not to be called while it works. */
export async function applyPlan(running: Running, plan: Plan, turns: Turns): Promise<readonly Failure[]> {
  const next = await build(running, plan, turns);
  if (next.failures.length > 0) return next.failures;
  await turns.rest();
  if (running.state.stopping) {
    // The stop has closed every listener, and none may open again.
    discard(running, next);
    return [{ kind: "stopping" }];
  }
  const retired = new Retired();
  const after = takeOver(running, next, retired);
  await turns.rest();
  await turns.run(after);
  await retired.freed();
  return [];
}

/** How long addresses that are given up may take until they are free: clients who wait there may be kept waiting by limits. */
const longestWaitMs = 1000;

/** Listeners that are on their way out. Whoever is told that a reload is over may want their addresses. */
class Retired {
  readonly #leaving: Promise<void>[] = [];

  add(listener: BoundListener): void {
    this.#leaving.push(new Promise((resolve) => listener.retire(resolve)));
  }

  /** Resolves when all are free, or have taken too long. */
  async freed(): Promise<void> {
    if (this.#leaving.length === 0) return;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, longestWaitMs)));
    await Promise.race([Promise.all(this.#leaving), late]);
    if (timer !== null) clearTimeout(timer);
  }
}

/** Puts the next generation in the place of the one that runs. What may come later is the work that is returned. */
function takeOver(running: Running, next: Generation, retired: Retired): Work {
  const { state } = running;
  const { plan } = next;
  const before = running.plan;
  const formerResolvers = running.resolvers;
  running.plan = plan;
  running.tables = next.tables;
  running.samples = next.samples;
  state.tls.renew(next.store);
  running.resolvers = running.sessions.resolvers = next.resolvers;
  const trim = next.tables.enforce();
  setLimits(state, next.limits, plan.global, before?.global ?? null);
  const lack = lackOfDescriptors(plan, next.limits.holds);
  if (lack !== null) state.emit({ type: "notice", level: "warning", text: lack });
  setProcessVariables(state, running.sessions.internal, next.tables, plan.global.setVars, before?.global.setVars ?? []);
  for (const turn of next.serverTurns) takeServer(next, turn);
  for (const { backend, turn } of next.backendTurns) backend.replan(turn);
  const former: Proxies = { frontends: running.frontends, backends: running.backends };
  running.frontends = next.frontends;
  running.backends = next.backends;
  state.ssh?.renew(Array.from(next.frontends.values(), ({ plan: one }) => one));
  state.maintenance.keepOnly((name) => next.frontends.has(name) || next.backends.has(name));
  takeTrackers(running, next);
  for (const server of next.gone) {
    server.monitor?.stop();
    server.renewConnections();
  }
  const turned = turnServers(next);
  const emptied = reweighBackends(next, turned);
  const told = tellProxies(running, next, former);
  // A process tells that it has started before it serves anybody.
  if (before === null) for (const _ of told);
  takeListeners(next, former, retired);
  return followUp(running, next, {
    told,
    trim,
    turned,
    emptied,
    dropped: [...formerResolvers.values()].filter((one) => next.resolvers.get(one.plan.name) !== one),
  });
}

function takeServer(next: Generation, { server, plan, index, isNew, hasChanged }: ServerTurn): void {
  if (!hasChanged) server.goOn(plan, index);
  else if (!isNew) {
    // Its next check is another one.
    server.monitor?.stop();
    server.replan(plan, index);
  }
  const first = next.addresses.get(plan);
  if (first === undefined || (server.address !== null && first.host === null)) return;
  server.startAt(first.host);
}

function takeTrackers(running: Running, { trackers }: Generation): void {
  for (const [tracked, list] of running.trackers) {
    tracked.setTrackers([]);
    for (const one of list) one.track(null);
  }
  running.trackers = trackers;
  for (const [tracked, list] of trackers) {
    tracked.setTrackers(list);
    for (const one of list) one.track(tracked);
  }
}

/** Works out all states, those of trackers after those they track. */
function turnServers(next: Generation): Map<Server, ServerState> {
  const turned = new Map<Server, ServerState>();
  const waiting: Server[] = [];
  for (const { server, isNew } of next.serverTurns) {
    if (isNew) server.begin();
    waiting.push(server);
  }
  const fresh = new Set<Server>();
  for (const { server, isNew } of next.serverTurns) if (isNew && server.plan.track !== null) fresh.add(server);
  // A tracker may come before the server it tracks; and trackers are tracked in their turn.
  for (const server of waiting) {
    if (fresh.has(server)) server.begin();
    const from = server.turn(true);
    if (from === null) continue;
    turned.set(server, turned.get(server) ?? from);
    waiting.push(...(next.trackers.get(server) ?? []));
  }
  return turned;
}

/** Works out who takes sessions where anything has changed; the backends that have no server any more. */
function reweighBackends(next: Generation, turned: ReadonlyMap<Server, ServerState>): Server["backend"][] {
  const emptied: Server["backend"][] = [];
  const touched = new Set(Array.from(turned.keys(), (server) => server.backend));
  for (const { backend, turn } of next.backendTurns) {
    if (!turn.hasChanged && !touched.has(backend)) continue;
    const hadServer = backend.hasServer;
    backend.reweigh(true);
    if (hadServer && !backend.hasServer) emptied.push(backend);
  }
  return emptied;
}

/** Gives each frontend its listeners; those that nobody wants any more are closed with the frontend they belonged to. */
function takeListeners(next: Generation, former: Proxies, retired: Retired): void {
  const inUse = new Set(next.listeners.values());
  for (const frontend of next.frontends.values()) {
    const before = former.frontends.get(frontend.plan.name);
    if (before !== undefined) frontend.succeed(before);
    for (const [at, bind] of (frontend.plan.disabled ? [] : frontend.plan.binds).entries()) {
      const listener = next.listeners.get(bind);
      if (listener === undefined) continue;
      listener.moveTo(frontend, bind, bind.id || at + 1);
      frontend.listeners.push(listener);
    }
  }
  for (const [name, frontend] of former.frontends) {
    const successor = next.frontends.get(name);
    for (const listener of frontend.listeners) {
      if (inUse.has(listener)) continue;
      if (successor !== undefined) listener.moveTo(successor, listener.plan, listener.id);
      retired.add(listener);
    }
    frontend.listeners.length = 0;
    if (successor === undefined) stopFrontend(frontend, former);
  }
  for (const listener of next.bound) listener.open();
}

/** Tells which proxies have come and which backends have gone; frontends that go are told of when they stop. */
function* tellProxies(running: Running, next: Generation, former: Proxies): Work {
  for (const { plan } of next.frontends.values()) {
    if (plan.disabled || former.frontends.has(plan.name)) continue;
    tellProxy(running.state, running, plan, "frontend", "started");
    yield 1;
  }
  for (const { plan } of next.backends.values()) {
    if (plan.isListen || plan.disabled || former.backends.has(plan.name)) continue;
    tellProxy(running.state, running, plan, "backend", "started");
    yield 1;
  }
  for (const [name, { plan }] of former.backends) {
    if (plan.isListen || plan.disabled || next.backends.has(name)) continue;
    tellProxy(running.state, former, plan, "backend", "stopped");
    yield 1;
  }
}

interface Left {
  readonly told: Work;
  readonly trim: Work;
  readonly turned: ReadonlyMap<Server, ServerState>;
  readonly emptied: readonly Server["backend"][];
  readonly dropped: readonly NamedResolver[];
}

function* followUp(running: Running, next: Generation, { told, trim, turned, emptied, dropped }: Left): Work {
  const { state } = running;
  yield* told;
  for (const server of next.gone) {
    server.close();
    server.monitorBy(null);
    server.followBy(null);
    server.backend.abandonQueue(server);
    yield 1;
  }
  for (const [server, from] of turned) {
    server.backend.tellChanged(server, from, null, { kind: "reload" });
    yield 1;
  }
  for (const backend of emptied) backend.tellEmpty();
  for (const { backend } of next.backendTurns) {
    for (const server of backend.servers) if (server.isUsable) backend.dequeue(server);
    yield 1 + backend.servers.length;
  }
  for (const { server, hasChanged } of next.serverTurns) {
    if (running.isClosed) break;
    if (hasChanged) followName(running, server);
    yield 1;
  }
  for (const one of dropped) one.stop();
  if (!running.isClosed) yield* startMonitors(running, next.serverTurns);
  for (const listener of Array.from(state.waiting)) {
    listener.serve();
    yield 1;
  }
  yield* trim;
}
