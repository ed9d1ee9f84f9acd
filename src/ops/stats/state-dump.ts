/** What SIGHUP writes: the state of every proxy and server, in HAProxy's words (measured on 2.6). */
import type { BackendStats, FrontendStats, PublicProxy } from "../../proxy/public.ts";

/** One line, for the log of `proxy`. Headlines go to the log only. */
export interface StateLine {
  readonly proxy: string;
  readonly text: string;
  readonly isHeadline: boolean;
}

/** All lines, proxy by proxy; a line a step. */
export function* stateDump(proxy: PublicProxy): Iterable<StateLine> {
  for (const front of proxy.frontends()) yield* dumpProxy(front.name, front, proxy.backend(front.name));
  for (const back of proxy.backends()) if (proxy.frontend(back.name) === null) yield* dumpProxy(back.name, null, back);
}

function* dumpProxy(proxy: string, front: FrontendStats | null, back: BackendStats | null): Iterable<StateLine> {
  yield { proxy, text: `SIGHUP received, dumping servers states for proxy ${proxy}.`, isHeadline: true };
  for (const server of back?.servers ?? []) {
    const state = server.state === "DOWN" || server.state === "MAINT" ? "DOWN" : "UP";
    const load = `${server.current} act, ${server.queued} pend, ${server.sessionsTotal} tot`;
    yield { proxy, text: `SIGHUP: Server ${proxy}/${server.name} is ${state}. Conn: ${load}.`, isHeadline: false };
  }
  const current = `act(FE+BE): ${front?.current ?? 0}+${back?.current ?? 0}`;
  const pending = `${back?.queued ?? 0} pend (0 unass)`;
  const total = `tot(FE+BE): ${front?.connectionsTotal ?? 0}+${back?.sessionsTotal ?? 0}`;
  yield {
    proxy,
    text: `SIGHUP: Proxy ${proxy} ${serversText(back)}. Conn: ${current}, ${pending}, ${total}.`,
    isHeadline: false,
  };
}

function serversText(back: BackendStats | null): string {
  if (back === null || back.servers.length === 0) return "has no servers";
  if (back.activeServers > 0)
    return `has ${back.activeServers} active servers and ${back.backupServers} backup servers available`;
  return back.backupServers > 0 ? "is running on backup servers !" : "has no server available !";
}
