/** From one plan to the next: what can fail is done first, then everything changes in one turn. */
import { TransportError } from "../net/transport.ts";
import type { BackendPlan, BindPlan, FrontendPlan, Plan, ServerPlan } from "../plan.ts";
import type { Tables } from "../rules/stick-table.ts";
import { isServiceName } from "../wire/dns.ts";
import { Backend } from "./backend.ts";
import { firstCheckDelayMs } from "./checker.ts";
import { stopFrontend, tellProxy } from "./control.ts";
import { connectionsWithin, descriptorLimit } from "./descriptors.ts";
import { Frontend } from "./frontend.ts";
import { BoundListener } from "./listener.ts";
import { Monitor } from "./monitor.ts";
import {
  firstAddress,
  follow,
  libcResolver,
  moveTo,
  type FirstAddress,
  type NameFollower,
  type Resolver,
} from "./names.ts";
import type { ProcessState } from "./process-state.ts";
import { compileBackend, compileFrontend, noRules } from "./rulebook.ts";
import { Server } from "./server.ts";
import { checkSamplesOf, setProcessVariables } from "./standalone.ts";

/** What runs, beyond frontends and backends. Changed in place by `adopt`. */
export interface Running {
  readonly state: ProcessState;
  readonly tables: Tables;
  readonly monitors: Map<Server, Monitor>;
  readonly followers: Map<Server, NameFollower>;
  plan: Plan | null;
}

/** Why a plan cannot run: an address that cannot be bound, a server whose name no `init-addr` method resolved, a stop that came first. */
export type Failure =
  | { readonly kind: "stopping" }
  | { readonly kind: "bind"; readonly frontend: string; readonly bind: BindPlan; readonly error: TransportError }
  | { readonly kind: "name"; readonly backend: string; readonly server: ServerPlan };

/** What was done ahead. `bound`: sockets for addresses that nobody listens on yet; they hold their clients until opened. */
export interface Prepared {
  readonly plan: Plan;
  readonly bound: ReadonlyMap<BindPlan, BoundListener>;
  readonly kept: ReadonlyMap<BindPlan, BoundListener>;
  readonly addresses: ReadonlyMap<ServerPlan, FirstAddress>;
  readonly frontends: ReadonlyMap<string, Frontend>;
  readonly failures: readonly Failure[];
}

interface Helps {
  readonly resolver?: (name: string) => Resolver | null;
  readonly lastAddress?: (backend: string, server: string) => string | null;
}

/** Binds and resolves what is new in `plan`. On any failure everything new is closed again. */
export async function prepare(running: Running, plan: Plan, helps: Helps): Promise<Prepared> {
  const { state } = running;
  const failures: Failure[] = [];
  const frontends = new Map<string, Frontend>();
  const bound = new Map<BindPlan, BoundListener>();
  const kept = new Map<BindPlan, BoundListener>();
  const known = listenersOf(state);
  for (const one of plan.frontends) {
    const frontend = state.frontends.get(one.name) ?? new Frontend(state, one, noRules);
    frontends.set(one.name, frontend);
    if (one.disabled) continue;
    for (const [at, bind] of one.binds.entries()) {
      const same = known.get(keyOf(bind))?.shift();
      if (same !== undefined) {
        kept.set(bind, same);
        continue;
      }
      const listener = new BoundListener(frontend, bind, bind.id || at + 1);
      try {
        await listener.bind();
        bound.set(bind, listener);
      } catch (error) {
        failures.push({ kind: "bind", frontend: one.name, bind, error: asTransportError(error) });
      }
    }
  }
  const addresses = await resolveNew(running, plan, helps, failures);
  if (failures.length > 0) for (const listener of bound.values()) listener.close();
  return { plan, bound, kept, addresses, frontends, failures };
}

function asTransportError(error: unknown): TransportError {
  return error instanceof TransportError ? error : new TransportError("EIO", String(error));
}

/** Open listeners by address; several may share one. */
function listenersOf(state: ProcessState): Map<string, BoundListener[]> {
  const known = new Map<string, BoundListener[]>();
  for (const frontend of state.frontends.values()) {
    for (const listener of frontend.listeners) {
      if (!listener.isBound) continue;
      const key = keyOf(listener.plan);
      const list = known.get(key);
      if (list === undefined) known.set(key, [listener]);
      else list.push(listener);
    }
  }
  return known;
}

/** What makes a listening socket another one. */
function keyOf(bind: BindPlan): string {
  const { address, v6only, interface: device, transparent, deferAccept, mss, userTimeoutMs, fastOpen } = bind;
  const options = [address, v6only, device, transparent, deferAccept, mss, userTimeoutMs, fastOpen];
  return JSON.stringify(address.kind === "unix" ? [options, bind.mode, bind.uid, bind.gid] : options);
}

async function resolveNew(
  running: Running,
  plan: Plan,
  helps: Helps,
  failures: Failure[],
): Promise<Map<ServerPlan, FirstAddress>> {
  const addresses = new Map<ServerPlan, FirstAddress>();
  const asked: Promise<void>[] = [];
  const resolveFirst = async (server: ServerPlan, last: string | null): Promise<void> => {
    addresses.set(server, await firstAddress(server, last));
  };
  for (const backend of plan.backends) {
    for (const server of backend.disabled ? [] : backend.servers) {
      if (server.address.kind !== "tcp" || !server.address.isName) continue;
      const known = running.state.backends.get(backend.name)?.find(server.name);
      if (known?.plan.text === server.text) continue;
      const last = helps.lastAddress?.(backend.name, server.name) ?? null;
      asked.push(resolveFirst(server, last));
    }
  }
  await Promise.all(asked);
  for (const backend of plan.backends) {
    for (const server of backend.servers) {
      if (addresses.get(server)?.failed === true) failures.push({ kind: "name", backend: backend.name, server });
    }
  }
  return addresses;
}

/** Makes the prepared plan the one that runs. */
export function adopt(running: Running, prepared: Prepared, helps: Helps): void {
  const { state, tables } = running;
  const { plan } = prepared;
  const isFirst = running.plan === null;
  tables.apply(plan);
  setLimits(state, plan);
  setProcessVariables(state, tables, plan.global.setVars);
  running.plan = plan;
  const gone = new Set(allServers(state));
  adoptBackends(running, prepared);
  for (const server of allServers(state)) gone.delete(server);
  for (const server of gone) retire(running, server);
  adoptFrontends(running, prepared, isFirst);
  for (const backend of state.backends.values()) backend.fullconn = fullconnOf(state, backend.plan);
  for (const server of allServers(state)) server.settle(null, null);
  for (const backend of state.backends.values()) backend.reweigh();
  followNames(running, helps);
  startMonitors(running, plan);
  for (const listener of prepared.bound.values()) listener.open();
}

function* allServers(state: ProcessState): Iterable<Server> {
  for (const backend of state.backends.values()) yield* backend.servers;
}

/** Limits in force: what is configured, lowered to what the process may open. */
function setLimits(state: ProcessState, plan: Plan): void {
  const { global } = plan;
  const limit = descriptorLimit();
  const listeners = plan.frontends.reduce((sum, one) => sum + one.binds.length, 0);
  const checks = plan.backends.reduce((sum, one) => sum + one.servers.length, 0);
  const withPipes = global.splice && [...plan.frontends, ...plan.backends].some((one) => isSpliced(one));
  const pipes = withPipes ? (state.transport.splicing?.().pipesAllowed ?? 0) * 2 : 0;
  const allowed = limit === null ? Number.MAX_SAFE_INTEGER : connectionsWithin(limit, listeners, checks, pipes);
  const wanted = global.maxconn ?? allowed;
  state.maxSockets = limit ?? 0;
  state.maxconn = state.hardMaxconn = Math.min(wanted, allowed);
  state.maxConnRate = global.maxConnRate;
  state.maxSessRate = global.maxSessRate;
  state.bufsizeBytes = global.bufsizeBytes;
  state.splice = global.splice;
  state.variables.limits = global.variableLimits;
  if (wanted > allowed) {
    const text = `maxconn lowered from ${wanted} to ${allowed}: this process may open ${limit} descriptors (ulimit -n).`;
    state.emit({ type: "notice", level: "warning", text });
  }
}

function isSpliced(plan: FrontendPlan | BackendPlan): boolean {
  return plan.splice.auto || plan.splice.request || plan.splice.response;
}

function adoptBackends(running: Running, prepared: Prepared): void {
  const { state, tables } = running;
  const former = new Map(state.backends);
  state.backends.clear();
  for (const plan of prepared.plan.backends) {
    const rules = compileBackend(plan, tables);
    const known = former.get(plan.name);
    const backend = known ?? new Backend(state, plan, rules);
    state.backends.set(plan.name, backend);
    const isNewAlgorithm = known === undefined || !isSame(known.plan, plan, "balance", "hashType");
    const hasNewChecks =
      known !== undefined && !isSame(known.plan, plan, "check", "timeouts", "disabled", "keepAlive", "source");
    backend.plan = plan;
    backend.rules = rules;
    backend.servers = plan.servers.map((server, index) => adoptServer(backend, server, index, prepared));
    if (hasNewChecks) for (const server of backend.servers) server.hasNewChecks = true;
    backend.rebuild(isNewAlgorithm);
  }
}

function isSame<T>(one: T, other: T, ...fields: readonly (keyof T)[]): boolean {
  return fields.every((field) => JSON.stringify(one[field]) === JSON.stringify(other[field]));
}

function adoptServer(backend: Backend, plan: ServerPlan, index: number, prepared: Prepared): Server {
  const known = backend.find(plan.name);
  const server = known ?? new Server(backend, plan, index);
  if (known !== null) known.replan(plan);
  const first = prepared.addresses.get(plan);
  if (first !== undefined) {
    moveTo(server, first.host, null);
    server.standing.unresolved = first.host === null;
  }
  server.refresh();
  return server;
}

function retire(running: Running, server: Server): void {
  running.monitors.get(server)?.stop();
  running.monitors.delete(server);
  running.followers.get(server)?.stop();
  running.followers.delete(server);
  server.dispose();
  server.backend.abandonQueue(server);
}

function adoptFrontends(running: Running, prepared: Prepared, isFirst: boolean): void {
  const { state, tables } = running;
  const former = new Map(state.frontends);
  state.frontends.clear();
  const inUse = new Set([...prepared.bound.values(), ...prepared.kept.values()]);
  for (const plan of prepared.plan.frontends) {
    const frontend = prepared.frontends.get(plan.name) as Frontend;
    former.delete(plan.name);
    state.frontends.set(plan.name, frontend);
    frontend.plan = plan;
    frontend.rules = compileFrontend(plan, tables);
    frontend.defaultBackend = plan.defaultBackend === null ? null : (state.backends.get(plan.defaultBackend) ?? null);
    frontend.forgetLimits();
    for (const listener of frontend.listeners.splice(0)) if (!inUse.has(listener)) listener.close();
    if (plan.disabled) frontend.state = "stopped";
    else if (frontend.state === "stopped") frontend.state = "open";
  }
  for (const frontend of former.values()) {
    for (const [at, listener] of [...frontend.listeners].entries())
      if (inUse.has(listener)) frontend.listeners.splice(at, 1);
    stopFrontend(frontend);
  }
  for (const plan of prepared.plan.frontends) {
    const frontend = state.frontends.get(plan.name) as Frontend;
    for (const [at, bind] of (plan.disabled ? [] : plan.binds).entries()) {
      const listener = prepared.bound.get(bind) ?? prepared.kept.get(bind);
      if (listener === undefined) continue;
      listener.moveTo(frontend, bind, bind.id || at + 1);
      frontend.listeners.push(listener);
    }
    if (isFirst && !plan.disabled) tellProxy(state, plan, "frontend", "started");
  }
  if (!isFirst) return;
  for (const plan of prepared.plan.backends)
    if (!plan.isListen && !plan.disabled) tellProxy(state, plan, "backend", "started");
}

/** A tenth of what the frontends that may lead here take (manual, `fullconn`). */
function fullconnOf(state: ProcessState, plan: BackendPlan): number {
  if (plan.fullconn > 0) return plan.fullconn;
  let sum = 0;
  for (const frontend of state.frontends.values()) {
    const { defaultBackend, useBackends } = frontend.plan;
    const leads =
      defaultBackend === plan.name ||
      useBackends.some((one) => one.backend === plan.name || typeof one.backend !== "string");
    if (leads) sum += frontend.maxconn;
  }
  return Math.max(1, Math.ceil(sum / 10));
}

/** Follows the names of servers that are new or have another name. */
export function followNames(running: Running, helps: Helps): void {
  for (const server of allServers(running.state)) {
    const { plan } = server;
    const { address, resolvers } = plan;
    const known = running.followers.get(server);
    const isService = address.kind === "tcp" && isServiceName(address.host);
    const host = isService ? address.host : server.hostName;
    const isNamed = host !== null && !server.backend.plan.disabled;
    if (isNamed && known !== undefined && !server.hasNewName) continue;
    known?.stop();
    running.followers.delete(server);
    server.onUnreachable = null;
    if (!isNamed || address.kind !== "tcp") continue;
    const resolver = (resolvers === null ? null : helps.resolver?.(resolvers)) ?? libcResolver;
    const follower = resolver.follow({
      host,
      family: address.family,
      plan,
      answer: (answers, by, trouble) => follow(server, answers, by, trouble),
    });
    running.followers.set(server, follower);
    server.onUnreachable = () => follower.hurry();
    server.hasNewName = false;
  }
}

/** Starts the checks of servers whose checks are new or were planned otherwise; spread over the shortest interval. */
function startMonitors(running: Running, plan: Plan): void {
  const { state, tables, monitors } = running;
  const surroundings = { global: plan.global, samples: checkSamplesOf(state, tables) };
  const fresh: Monitor[] = [];
  for (const server of allServers(state)) {
    const known = monitors.get(server);
    if (known !== undefined && !server.hasNewChecks) continue;
    known?.stop();
    monitors.delete(server);
    server.hasNewChecks = false;
    if (server.backend.plan.disabled || (server.plan.check === null && server.plan.agent === null)) continue;
    const monitor = new Monitor(server, surroundings);
    if (known !== undefined) monitor.inherit(known);
    monitors.set(server, monitor);
    fresh.push(monitor);
  }
  const shortest = fresh.reduce((least, one) => Math.min(least, Math.max(1000, one.interMs)), Infinity);
  for (const [at, monitor] of fresh.entries()) {
    const delayMs = firstCheckDelayMs(shortest, monitor.interMs, plan.global.maxSpreadChecksMs, at, fresh.length);
    monitor.start(delayMs);
  }
}
