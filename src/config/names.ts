/** Host names of a Plan that must be known before anything starts: those of listeners, logs, and servers by `init-addr`. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { BindPlan, LogTarget, Plan, Position, ServerPlan } from "../plan.ts";
import type { Diagnostics } from "./diagnostics.ts";

/** Finds a name's addresses, the preferred one first; an empty list when there are none. */
export type Resolve = (host: string, family: 4 | 6 | null) => Promise<readonly string[]>;

/** Asks the system, as getaddrinfo(3) does. */
export const systemResolve: Resolve = async (host, family) => {
  try {
    return (await lookup(host, { all: true, family: family ?? 0 })).map((answer) => answer.address);
  } catch {
    return []; // whatever the reason, there is no address
  }
};

/**
 * Puts literal addresses in place of names in `bind` and `log` lines, and complains, in HAProxy's words, about names of
 * listeners, logs and servers that cannot be resolved. Names of servers stay: they are followed at run time.
 *
 * Each name is asked once. `hasLast`: whether a state file knows an address, for `init-addr last`. Null when a name that is needed has no address.
 */
export async function resolveNames(
  plan: Plan,
  diagnostics: Diagnostics,
  resolve = systemResolve,
  hasLast: (backend: string, server: string) => boolean = () => false,
): Promise<Plan | null> {
  const asked = new Map<string, Promise<readonly string[]>>();
  const ask = (host: string, family: 4 | 6 | null): Promise<readonly string[]> => {
    const key = `${host} ${family ?? ""}`;
    const known = asked.get(key) ?? resolve(host, family);
    asked.set(key, known);
    return known;
  };
  const names: Names = { ask, diagnostics };
  const logs = await Promise.all(plan.global.logs.map((log) => resolveLog(log, names)));
  const frontends = await Promise.all(
    plan.frontends.map(async (frontend) => ({
      ...frontend,
      logs: await Promise.all(frontend.logs.map((log) => resolveLog(log, names))),
      binds: await Promise.all(frontend.binds.map((bind) => resolveBind(bind, names))),
    })),
  );
  const backends = await Promise.all(
    plan.backends.map(async (backend) => {
      const bad = backend.disabled
        ? []
        : await Promise.all(
            backend.servers.map((server) => isUnresolvable(server, names, hasLast(backend.name, server.name))),
          );
      for (const server of backend.servers.filter((_one, index) => bad[index] === true)) {
        complainAboutServer(backend.name, server, diagnostics);
      }
      return { ...backend, logs: await Promise.all(backend.logs.map((log) => resolveLog(log, names))) };
    }),
  );
  return diagnostics.refused ? null : { ...plan, global: { ...plan.global, logs }, frontends, backends };
}

interface Names {
  readonly ask: (host: string, family: 4 | 6 | null) => Promise<readonly string[]>;
  readonly diagnostics: Diagnostics;
}

async function resolveBind(bind: BindPlan, names: Names): Promise<BindPlan> {
  const { address } = bind;
  if (address.kind !== "tcp" || isIP(address.host) !== 0) return bind;
  const [host] = await names.ask(address.host, null);
  if (host !== undefined) return { ...bind, address: { ...address, host } };
  const text = `${place(bind.position)}'bind' : invalid address: '${address.host}' in '${bind.text}'`;
  names.diagnostics.add({ level: "alert", text, pointer: null, advice: null });
  return bind;
}

async function resolveLog(log: LogTarget, names: Names): Promise<LogTarget> {
  const { destination } = log;
  if (destination.kind !== "udp" || isIP(destination.host) !== 0) return log;
  const [host] = await names.ask(destination.host, null);
  if (host !== undefined) return { ...log, destination: { ...destination, host } };
  const text = `log : invalid address: '${destination.host}' in '${destination.host}'`;
  names.diagnostics.add({ level: "alert", text, pointer: null, advice: null });
  return log;
}

/** Whether a server has no way to an address at start: `none` and literals in `init-addr` are ways, resolvers are not. */
async function isUnresolvable(server: ServerPlan, names: Names, hasLast: boolean): Promise<boolean> {
  const { address, initAddr } = server;
  if (address.kind !== "tcp" || !address.isName) return false;
  if (hasLast && initAddr.includes("last")) return false;
  if (initAddr.some((method) => method === "none" || isIP(method) !== 0)) return false;
  if (address.host.startsWith("_")) return server.resolvers === null;
  if (!initAddr.includes("libc")) return true;
  return (await names.ask(address.host, address.family ?? server.resolvePrefer)).length === 0;
}

function complainAboutServer(backend: string, server: ServerPlan, diagnostics: Diagnostics): void {
  const { file, line } = server.position;
  const host = server.address.kind === "tcp" ? server.address.host : server.text;
  const why = host.startsWith("_") ? "no method found to resolve address" : "could not resolve address";
  diagnostics.add({
    level: "alert",
    text: `[${file}:${line}] : 'server ${backend}/${server.name}' : ${why} '${host}'.`,
    pointer: null,
    advice: "add 'init-addr last,libc,none' to start without its address",
  });
}

function place(position: Position): string {
  return `parsing [${position.file}:${position.line}] : `;
}
