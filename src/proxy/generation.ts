/** What the next plan makes of everything, built beside what runs, in turns: nothing that runs is touched. */
import type { Tables } from "../rules/stick/tables.ts";
import { TransportError } from "../net/transport.ts";
import type { BackendPlan } from "../plan/proxy.ts";
import type { BindPlan } from "../plan/bind.ts";
import type { GlobalPlan } from "../plan/global.ts";
import type { Plan } from "../plan/plan.ts";
import type { ResolversPlan } from "../plan/resolvers.ts";
import type { ServerPlan } from "../plan/server.ts";
import { isSame } from "../plan/same.ts";
import { Backend, type BackendTurn } from "./backend/backend.ts";
import type { CheckSamples } from "./check/run/check-samples.ts";
import { Frontend } from "./frontend/frontend.ts";
import { limitsOf, type Limits } from "./process/limits/limits.ts";
import { BoundListener, socketKey } from "./frontend/listener.ts";
import type { NamedResolver } from "./names/name-resolver.ts";
import { listenersTls, speaksTls, tryServersTls } from "./generation-tls.ts";
import { CertificateStore } from "./tls/certificates/certificate-store.ts";
import { firstAddresses, type FirstAddresses } from "./names/first-addresses.ts";
import type { Failure, Running } from "./running.ts";
import { compileBackend } from "./backend/backend-rules.ts";
import { compileFrontend } from "./frontend/frontend-rules.ts";
import { Server } from "./backend/server.ts";
import type { Turns, Work } from "./time/turns.ts";
import { checkSamplesOf } from "./sessionless-samples.ts";

/** One server of the next plan. `isNew`: nobody knows it yet. `hasChanged`: whatever watches it must look anew. */
export interface ServerTurn {
  readonly server: Server;
  readonly plan: ServerPlan;
  readonly index: number;
  readonly backendPlan: BackendPlan;
  readonly isNew: boolean;
  readonly hasChanged: boolean;
}

/** Everything that one plan makes, ready to take over in one turn. */
export interface Generation {
  readonly plan: Plan;
  readonly limits: Limits;
  readonly tables: Tables;
  /** Files of TLS. */
  readonly store: CertificateStore;
  readonly samples: CheckSamples;
  readonly resolvers: ReadonlyMap<string, NamedResolver>;
  readonly frontends: Map<string, Frontend>;
  readonly backends: Map<string, Backend>;
  /** In the order of the plan. */
  readonly backendTurns: { readonly backend: Backend; readonly turn: BackendTurn }[];
  readonly serverTurns: ServerTurn[];
  readonly trackers: Map<Server, Server[]>;
  /** Servers that the plan leaves out. */
  readonly gone: Server[];
  readonly listeners: Map<BindPlan, BoundListener>;
  /** Listeners of `listeners` that hold their clients until they are opened. */
  readonly bound: BoundListener[];
  addresses: FirstAddresses;
  readonly failures: Failure[];
}

/** Builds all that `plan` needs: binds and resolves what is new. On any failure everything new is closed again. */
export async function build(running: Running, plan: Plan, turns: Turns): Promise<Generation> {
  if (speaksTls(plan)) await running.state.tls.open();
  const tables = await turns.run(
    running.tables.next(
      [...plan.frontends, ...plan.backends].flatMap(({ stickTable }) => (stickTable === null ? [] : [stickTable])),
      plan.patternLists,
      plan.userlists,
    ),
  );
  tables.sampleBytes = plan.global.bufsizeBytes;
  const next: Generation = {
    plan,
    limits: limitsOf(running.state.transport, plan),
    tables,
    store: await turns.run(CertificateStore.of(plan.tls, running.state.tls.store)),
    samples: checkSamplesOf(running.state, running.sessions.internal, tables),
    resolvers: resolversOf(running, plan.resolvers),
    frontends: new Map(),
    backends: new Map(),
    backendTurns: [],
    serverTurns: [],
    trackers: new Map(),
    gone: [],
    listeners: new Map(),
    bound: [],
    addresses: new Map(),
    failures: [],
  };
  const { limits } = next;
  if (plan.global.strictLimits && limits.maxconn < limits.wanted) next.failures.push({ kind: "limits", limits });
  await turns.run(buildBackends(running, next));
  await turns.run(buildFrontends(running, next));
  await turns.run(tryServersTls(running.state.tls, next));
  await resolveNames(running, next, turns);
  await listen(running, next, turns);
  if (next.failures.length > 0) discard(running, next);
  return next;
}

/** Closes what was opened for a generation that will not run. */
export function discard(running: Running, next: Generation): void {
  for (const listener of next.bound) giveBack(running, listener);
  for (const [name, one] of next.resolvers) if (running.resolvers.get(name) !== one) one.stop();
}

/** On an address that is served already the kernel may have sent clients here: they have come to the one who serves it. */
function giveBack({ frontends }: Running, listener: BoundListener): void {
  for (const frontend of frontends.values()) {
    if (frontend.state !== "open") continue;
    const other = frontend.listeners.find((one) => isSame(one.plan.address, listener.plan.address) && one.isBound);
    if (other !== undefined) return listener.giveBack(other);
  }
  return listener.close();
}

/** A section that says what it said goes on with all it knows. */
function resolversOf(running: Running, plans: readonly ResolversPlan[]): Map<string, NamedResolver> {
  const next = new Map<string, NamedResolver>();
  for (const plan of plans) {
    const known = running.resolvers.get(plan.name);
    next.set(plan.name, known !== undefined && isSame(known.plan, plan) ? known : running.openResolver(plan));
  }
  return next;
}

function* buildBackends(running: Running, next: Generation): Work {
  const { plan } = next;
  const isGlobalSame = running.plan !== null && isSame(running.plan.global, plan.global, unwatchedGlobal);
  const loads = new Loads(plan, next.limits.maxconn);
  for (const one of plan.backends) {
    const known = running.backends.get(one.name) ?? null;
    const rules = yield* compileBackend(one, next.tables);
    const backend = known ?? new Backend(running.state, running.sessions.running, one, rules);
    const isSameBackend = known !== null && isGlobalSame && isSame(known.plan, one, unwatchedBackend);
    const { servers, byName, haveChanged } = yield* buildServers(running, next, {
      backend,
      known,
      plan: one,
      isSameBackend,
    });
    const turn = {
      plan: one,
      rules,
      servers,
      byName,
      fullconn: one.fullconn > 0 ? one.fullconn : loads.tenthFor(one.name),
      keepsTurns:
        known !== null && isSame(known.plan.balance, one.balance) && isSame(known.plan.hashType, one.hashType),
      hasChanged: !isSameBackend || haveChanged,
    };
    next.backends.set(one.name, backend);
    next.backendTurns.push({ backend, turn });
  }
  yield* findTrackers(next);
  yield* findGone(running, next);
}

interface Place {
  readonly backend: Backend;
  /** The same, if it runs already. */
  readonly known: Backend | null;
  readonly plan: BackendPlan;
  readonly isSameBackend: boolean;
}

/** A backend's servers. `haveChanged`: some are planned otherwise, or others, or stand in another order. */
function* buildServers(
  running: Running,
  next: Generation,
  { backend, known, plan, isSameBackend }: Place,
): Work<{ readonly servers: Server[]; readonly byName: Map<string, Server>; readonly haveChanged: boolean }> {
  const servers: Server[] = [];
  const byName = new Map<string, Server>();
  let haveChanged = known?.servers.length !== plan.servers.length;
  for (const [index, one] of plan.servers.entries()) {
    const former = known?.find(one.name) ?? null;
    const server = former ?? new Server(backend, one, index);
    const isSameServer = former !== null && isSameBackend && isSame(former.plan, one);
    const hasChanged = !isSameServer || hasMovedResolver(running, next, one);
    haveChanged ||= hasChanged || known?.servers[index] !== server;
    next.serverTurns.push({ server, plan: one, index, backendPlan: plan, isNew: former === null, hasChanged });
    servers.push(server);
    byName.set(one.name, server);
    yield 1;
  }
  return { servers, byName, haveChanged };
}

function hasMovedResolver(running: Running, next: Generation, { resolvers }: ServerPlan): boolean {
  return resolvers !== null && running.resolvers.get(resolvers) !== next.resolvers.get(resolvers);
}

function* findTrackers(next: Generation): Work {
  const byName = new Map(next.backendTurns.map(({ turn }) => [turn.plan.name, turn.byName]));
  for (const { server, plan } of next.serverTurns) {
    if (plan.track === null) continue;
    const tracked = byName.get(plan.track.backend)?.get(plan.track.server);
    if (tracked === undefined) continue;
    const list = next.trackers.get(tracked);
    if (list === undefined) next.trackers.set(tracked, [server]);
    else list.push(server);
    yield 1;
  }
}

function* findGone(running: Running, next: Generation): Work {
  const stays = new Set<Server>();
  for (const { server } of next.serverTurns) stays.add(server);
  for (const backend of running.backends.values()) {
    for (const server of backend.servers) {
      if (!stays.has(server)) next.gone.push(server);
      yield 1;
    }
  }
}

/** Of the global section: what those who watch servers never ask for. */
const unwatchedGlobal: ReadonlySet<keyof GlobalPlan> = new Set(["withoutEffect", "statsSockets", "logs"]);

/** Of a backend: its servers, which are compared one by one, and what only sessions come by. */
const unwatchedBackend: ReadonlySet<keyof BackendPlan> = new Set([
  "servers",
  "contentRules",
  "responseRules",
  "useServers",
  "stickRules",
  "persistRules",
  "stickTable",
  "logs",
]);

function* buildFrontends(running: Running, next: Generation): Work {
  for (const one of next.plan.frontends) {
    const former = running.frontends.get(one.name) ?? null;
    const rules = yield* compileFrontend(one, next.tables);
    const tls = yield* listenersTls(running.state.tls, next, one);
    next.frontends.set(one.name, new Frontend(running.state, running.serve, one, rules, next.backends, former, tls));
  }
}

/** Finds the addresses of named servers that have none to keep. */
async function resolveNames(running: Running, next: Generation, turns: Turns): Promise<void> {
  const asked: ServerTurn[] = [];
  for (const turn of next.serverTurns) {
    const { server, plan, isNew } = turn;
    if (turn.backendPlan.disabled || plan.address.kind !== "tcp" || !plan.address.isName) continue;
    const keeps = !isNew && server.keepsAddress(plan) && (server.address !== null || !turn.hasChanged);
    if (!keeps) asked.push(turn);
    await turns.spend(1);
  }
  const lasts = asked.map(({ plan, backendPlan }) => running.lastAddress(backendPlan.name, plan.name));
  next.addresses = await firstAddresses(asked.map(({ plan }, at) => ({ plan, last: lasts[at] ?? null })));
  for (const { plan, backendPlan } of asked) {
    if (next.addresses.get(plan)?.failed === true)
      next.failures.push({ kind: "name", backend: backendPlan.name, server: plan });
  }
}

/** Finds the listeners that stay, and binds the others. */
async function listen(running: Running, next: Generation, turns: Turns): Promise<void> {
  const open = new Map<string, BoundListener[]>();
  await turns.run(openListeners(running, open));
  for (const frontend of next.frontends.values()) {
    const { plan } = frontend;
    for (const [at, bind] of (plan.disabled ? [] : plan.binds).entries()) {
      const known = open.get(socketKey(bind)) ?? [];
      const own = known.findIndex((one) => one.frontend.plan.name === plan.name);
      const [same] = known.splice(Math.max(0, own), 1);
      if (same !== undefined) next.listeners.set(bind, same);
      else await bindNew(next, frontend, bind, bind.id || at + 1);
      await turns.spend(1);
    }
  }
}

async function bindNew(next: Generation, frontend: Frontend, bind: BindPlan, id: number): Promise<void> {
  const listener = new BoundListener(frontend, bind, id);
  try {
    await listener.bind();
    next.bound.push(listener);
    next.listeners.set(bind, listener);
  } catch (error) {
    const known = error instanceof TransportError ? error : new TransportError("EIO", String(error));
    next.failures.push({ kind: "bind", frontend: frontend.plan.name, bind, error: known });
  }
}

/** Open listeners by address; several may share one. */
function* openListeners(running: Running, open: Map<string, BoundListener[]>): Work {
  for (const frontend of running.frontends.values()) {
    for (const listener of frontend.listeners) {
      if (!listener.isBound) continue;
      const key = socketKey(listener.plan);
      const list = open.get(key);
      if (list === undefined) open.set(key, [listener]);
      else list.push(listener);
      yield 1;
    }
  }
}

/** How many sessions the frontends may lead to a backend (manual, `fullconn`). */
class Loads {
  readonly #by = new Map<string, number>();
  #everywhere = 0;

  constructor(plan: Plan, processMaxconn: number) {
    for (const { maxconn, defaultBackend, useBackends } of plan.frontends) {
      const sessions = maxconn > 0 ? maxconn : processMaxconn;
      const isOpen = useBackends.some((one) => typeof one.backend !== "string");
      if (isOpen) {
        this.#everywhere += sessions;
        continue;
      }
      const names = new Set(useBackends.map((one) => one.backend as string));
      if (defaultBackend !== null) names.add(defaultBackend);
      for (const name of names) this.#by.set(name, (this.#by.get(name) ?? 0) + sessions);
    }
  }

  tenthFor(backend: string): number {
    return Math.max(1, Math.ceil(((this.#by.get(backend) ?? 0) + this.#everywhere) / 10));
  }
}
