/** Host names of a Plan that must be known before anything starts: those of listeners, logs, and servers by `init-addr`. */
import { isIP } from "node:net";
import type { BackendPlan, FrontendPlan } from "../../plan/proxy.ts";
import type { BindPlan } from "../../plan/bind.ts";
import type { CheckPlan } from "../../plan/check.ts";
import type { LogTarget } from "../../plan/log.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Position } from "../../plan/position.ts";
import type { ResolversPlan } from "../../plan/resolvers.ts";
import type { ServerAddress, ServerPlan, SourcePlan } from "../../plan/server.ts";
import { begin } from "../../proxy/names/init-addr.ts";
import { askLibc, type NameAsker } from "../../system/names.ts";
import type { Diagnostics } from "../text/diagnostics.ts";

/**
 * Puts literal addresses in place of names wherever the Plan has an address, for no name may reach a socket; complains, in
 * HAProxy's words, about those that cannot be resolved. Names of servers stay: they are followed at run time.
 *
 * Each name is asked once. `hasLast`: whether a state file knows an address, for `init-addr last`. Null when a name that is needed has no address.
 */
export async function resolveNames(
  plan: Plan,
  diagnostics: Diagnostics,
  resolve: NameAsker = askLibc,
  hasLast: (backend: string, server: string) => boolean = () => false,
): Promise<Plan | null> {
  const names = new Names(resolve, diagnostics);
  const { global } = plan;
  const logs = await each(global.logs, (log) => resolveLog(log, names));
  const statsSockets = await each(global.statsSockets, async (socket) => {
    const bind = await resolveBind(socket.bind, "stats socket", names);
    return bind === socket.bind ? socket : { ...socket, bind };
  });
  const frontends = await each(plan.frontends, (frontend) => resolveFrontend(frontend, names));
  const backends = await each(plan.backends, (backend) => resolveBackend(backend, names, hasLast));
  const resolvers = await each(plan.resolvers, async (section) => ({
    ...section,
    nameservers: await each(section.nameservers, (one) => resolveNameserver(one, section.position, names)),
  }));
  return diagnostics.refused
    ? null
    : { ...plan, global: { ...global, logs, statsSockets }, frontends, backends, resolvers };
}

function each<One>(list: readonly One[], change: (one: One) => Promise<One> | One): Promise<One[]> {
  return Promise.all(list.map(change));
}

/** Whether a socket takes it as it is: a literal, or every address. */
function isLiteral(host: string): boolean {
  return host === "" || host === "*" || isIP(host) !== 0;
}

/** Who is asked for names, and who is told of those that lead nowhere. */
class Names {
  readonly #asked = new Map<string, Promise<readonly string[]>>();

  constructor(
    private readonly resolve: NameAsker,
    private readonly diagnostics: Diagnostics,
  ) {}

  ask(host: string, family: 4 | 6 | null): Promise<readonly string[]> {
    const key = `${host} ${family ?? ""}`;
    const known = this.#asked.get(key) ?? this.resolve(host, family);
    this.#asked.set(key, known);
    return known;
  }

  /** The first address, or the host itself where it is literal; without one `complaint` is made, and the host comes back. */
  async literal(host: string, family: 4 | 6 | null, complaint: string): Promise<string> {
    if (isLiteral(host)) return host;
    const [first] = await this.ask(host, family);
    if (first === undefined) this.complain(complaint, null);
    return first ?? host;
  }

  warn(text: string, advice: string): void {
    this.diagnostics.add({ level: "warning", text, pointer: null, advice });
  }

  complain(text: string, advice: string | null): void {
    this.diagnostics.add({ level: "alert", text, pointer: null, advice });
  }
}

async function resolveBind(bind: BindPlan, keyword: string, names: Names): Promise<BindPlan> {
  const { address, position, text } = bind;
  if (address.kind !== "tcp" || isLiteral(address.host)) return bind;
  const complaint = `${place(position)}'${keyword}' : ${invalid(address.host, text)}`;
  return { ...bind, address: { ...address, host: await names.literal(address.host, null, complaint) } };
}

async function resolveLog(log: LogTarget, names: Names): Promise<LogTarget> {
  const { destination } = log;
  if (destination.kind === "ring") {
    const servers = await each(destination.ring.servers, async (server) => {
      const { address } = server;
      if (address.kind !== "tcp" || !address.isName) return server;
      const host = await names.literal(address.host, address.family, `log : ${invalid(address.host)}`);
      return { ...server, address: { ...address, host, isName: false } };
    });
    return { ...log, destination: { kind: "ring", ring: { ...destination.ring, servers } } };
  }
  if (destination.kind !== "udp" || isLiteral(destination.host)) return log;
  const complaint = `log : ${invalid(destination.host)}`;
  return { ...log, destination: { ...destination, host: await names.literal(destination.host, null, complaint) } };
}

/** One without names stays as it is, at once: of a large file most are. */
function resolveFrontend(frontend: FrontendPlan, names: Names): Promise<FrontendPlan> | FrontendPlan {
  const { logs, binds } = frontend;
  const isSettled = logs.every(isSettledLog) && binds.every(({ address }) => !isNamed(address));
  if (isSettled) return frontend;
  const resolve = async (): Promise<FrontendPlan> => ({
    ...frontend,
    logs: await each(logs, (log) => resolveLog(log, names)),
    binds: await each(binds, (bind) => resolveBind(bind, "bind", names)),
  });
  return resolve();
}

function isSettledLog({ destination }: LogTarget): boolean {
  return destination.kind !== "ring" && (destination.kind !== "udp" || isLiteral(destination.host));
}

function isNamed(address: BindPlan["address"] | ServerAddress | null): boolean {
  if (address?.kind !== "tcp") return false;
  return "isName" in address ? address.isName : !isLiteral(address.host);
}

function isSettledServer({ address, check, agent, source }: ServerPlan): boolean {
  const isAnyNamed = isNamed(address) || isNamed(check?.address ?? null) || isNamed(agent?.address ?? null);
  return !isAnyNamed && source === null;
}

function isSettledCheck(check: CheckPlan): boolean {
  if (check.kind !== "tcp" && check.kind !== "http") return true;
  return check.steps.every((step) => step.kind !== "connect" || !isNamed(step.address));
}

type Nameserver = ResolversPlan["nameservers"][number];

async function resolveNameserver(one: Nameserver, position: Position, names: Names): Promise<Nameserver> {
  if (isLiteral(one.host)) return one;
  const complaint = `${place(position)}'nameserver ${one.name}' : ${invalid(one.host, `${one.host}:${one.port}`)}`;
  return { ...one, host: await names.literal(one.host, null, complaint) };
}

/** As `resolveFrontend`. */
function resolveBackend(
  backend: BackendPlan,
  names: Names,
  hasLast: (backend: string, server: string) => boolean,
): Promise<BackendPlan> | BackendPlan {
  const { servers, direct, source, check, logs } = backend;
  const isSettled =
    source === null && isSettledCheck(check) && logs.every(isSettledLog) && !isNamed(direct?.address ?? null);
  return isSettled && servers.every(isSettledServer) ? backend : resolveNamesOf(backend, names, hasLast);
}

async function resolveNamesOf(
  backend: BackendPlan,
  names: Names,
  hasLast: (backend: string, server: string) => boolean,
): Promise<BackendPlan> {
  const servers = await each(backend.servers, async (server) => {
    const isNeeded = !backend.disabled;
    const way = isNeeded ? await wayToAddress(server, names, hasLast(backend.name, server.name)) : "found";
    if (way !== "found") complainAboutServer(backend.name, server, way, names);
    return resolveServer(server, backend.name, names);
  });
  return {
    ...backend,
    servers,
    direct: await resolveDirect(backend.direct, names),
    source: await resolveSource(backend.source, place, names),
    check: await resolveCheck(backend.check, names),
    logs: await each(backend.logs, (log) => resolveLog(log, names)),
  };
}

/** `dispatch` is looked up once. */
async function resolveDirect(direct: ServerPlan | null, names: Names): Promise<ServerPlan | null> {
  if (direct === null || direct.address.kind !== "tcp" || !direct.address.isName) return direct;
  const { address, position, text } = direct;
  const complaint = `${place(position)}'dispatch' : ${invalid(address.host, text)}`;
  const host = await names.literal(address.host, address.family, complaint);
  return { ...direct, address: { ...address, host, isName: false } };
}

/** Where its checks and its agent are asked, and where it is connected from. */
async function resolveServer(server: ServerPlan, backend: string, names: Names): Promise<ServerPlan> {
  const { check, agent, source, position } = server;
  if (!isNamed(check?.address ?? null) && !isNamed(agent?.address ?? null) && source === null) return server;
  const where = ({ file, line }: Position): string => `[${file}:${line}] : 'server ${backend}/${server.name}' : `;
  return {
    ...server,
    check: check && {
      ...check,
      address: await resolveTarget(check.address, (host) => `${where(position)}'addr' : ${invalid(host)}.`, names),
    },
    agent: agent && {
      ...agent,
      address: await resolveTarget(agent.address, (host) => `${where(position)}${badAgent(host)}`, names),
    },
    source: await resolveSource(source, where, names),
  };
}

function badAgent(host: string): string {
  return `parsing agent-addr failed. Check if '${host}' is correct address..`;
}

async function resolveTarget(
  address: ServerAddress | null,
  complaint: (host: string) => string,
  names: Names,
): Promise<ServerAddress | null> {
  if (address?.kind !== "tcp" || !address.isName) return address;
  const { host, family } = address;
  return { ...address, isName: false, host: await names.literal(host, family, complaint(host)) };
}

/** `tcp-check connect addr` and `http-check connect addr`. */
async function resolveCheck(check: CheckPlan, names: Names): Promise<CheckPlan> {
  if (check.kind !== "tcp" && check.kind !== "http") return check;
  const keyword = `${check.kind}-check connect`;
  const steps = await each(check.steps, async (step) => {
    if (step.kind !== "connect") return step;
    const complaint = (host: string): string => `${place(step.position)}'${keyword}' : 'addr' : ${invalid(host)}..`;
    return { ...step, address: await resolveTarget(step.address, complaint, names) };
  });
  return { ...check, steps };
}

async function resolveSource(
  source: SourcePlan | null,
  where: (position: Position) => string,
  names: Names,
): Promise<SourcePlan | null> {
  if (source === null) return null;
  const { host, text, position, useSource } = source;
  const literal = (keyword: string, name: string, written: string): Promise<string> =>
    names.literal(name, null, `${where(position)}'${keyword} ${written}' : ${invalid(name, written)}`);
  return {
    ...source,
    host: await literal("source", host, text),
    useSource:
      useSource === null || typeof useSource === "string" || "header" in useSource
        ? useSource
        : { ...useSource, host: await literal("usesrc", useSource.host, useSource.host) },
  };
}

/**
 * Whether a server has a way to an address at start: `none` and literals in `init-addr` are ways, resolvers are not.
 *
 * "none": libc was asked in vain before `none` let it start without one.
 */
async function wayToAddress(server: ServerPlan, names: Names, hasLast: boolean): Promise<"found" | "none" | "lost"> {
  const { address } = server;
  if (address.kind !== "tcp" || !address.isName) return "found";
  const isService = address.host.startsWith("_");
  if (isService && server.resolvers !== null) return "found";
  const ask = (): Promise<readonly string[]> =>
    isService ? Promise.resolve([]) : names.ask(address.host, address.family ?? server.resolvePrefer);
  const { by, wasAsked } = await begin(server, hasLast ? address.host : null, ask);
  if (by === null) return "lost";
  return by === "none" && wasAsked && !isService ? "none" : "found";
}

function complainAboutServer(backend: string, server: ServerPlan, way: "none" | "lost", names: Names): void {
  const { file, line } = server.position;
  const host = server.address.kind === "tcp" ? server.address.host : server.text;
  const isTried = !host.startsWith("_") && server.initAddr.includes("libc");
  const why = !isTried ? "no method found to resolve address" : "could not resolve address";
  const subject = `[${file}:${line}] : 'server ${backend}/${server.name}' : ${why} '${host}'`;
  if (way === "none") {
    names.warn(`${subject}, disabling server.`, "it is used as soon as its name has an address");
    return;
  }
  names.complain(`${subject}.`, "add 'init-addr last,libc,none' to start without its address");
}

function invalid(host: string, written = host): string {
  return `invalid address: '${host}' in '${written}'`;
}

function place(position: Position): string {
  return `parsing [${position.file}:${position.line}] : `;
}
