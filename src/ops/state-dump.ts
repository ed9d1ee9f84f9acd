/** What SIGHUP writes: the state of every proxy and server, in HAProxy's words (measured on 2.6). */
import type { BackendFigures, FrontendFigures, ProxyFace } from "../proxy/face.ts";

/** One line, for the log of `proxy`. Headlines go to the log only. */
export interface StateLine {
  readonly proxy: string;
  readonly text: string;
  readonly isHeadline: boolean;
}

/** All lines, proxy by proxy. */
export function stateDump(face: ProxyFace): StateLine[] {
  const backends = new Map(face.backends().map((one) => [one.name, one]));
  const frontends = new Map(face.frontends().map((one) => [one.name, one]));
  const names = new Set([...frontends.keys(), ...backends.keys()]);
  return [...names].flatMap((name) => dumpProxy(name, frontends.get(name) ?? null, backends.get(name) ?? null));
}

function dumpProxy(proxy: string, front: FrontendFigures | null, back: BackendFigures | null): StateLine[] {
  const lines: StateLine[] = [
    { proxy, text: `SIGHUP received, dumping servers states for proxy ${proxy}.`, isHeadline: true },
  ];
  for (const server of back?.servers ?? []) {
    const state = server.state === "DOWN" || server.state === "MAINT" ? "DOWN" : "UP";
    const load = `${server.current} act, ${server.queued} pend, ${server.sessionsTotal} tot`;
    lines.push({
      proxy,
      text: `SIGHUP: Server ${proxy}/${server.name} is ${state}. Conn: ${load}.`,
      isHeadline: false,
    });
  }
  const current = `act(FE+BE): ${front?.current ?? 0}+${back?.current ?? 0}`;
  const pending = `${back?.queued ?? 0} pend (0 unass)`;
  const total = `tot(FE+BE): ${front?.connectionsTotal ?? 0}+${back?.sessionsTotal ?? 0}`;
  lines.push({
    proxy,
    text: `SIGHUP: Proxy ${proxy} ${serversText(back)}. Conn: ${current}, ${pending}, ${total}.`,
    isHeadline: false,
  });
  return lines;
}

function serversText(back: BackendFigures | null): string {
  if (back === null || back.servers.length === 0) return "has no servers";
  if (back.activeServers > 0)
    return `has ${back.activeServers} active servers and ${back.backupServers} backup servers available`;
  return back.backupServers > 0 ? "is running on backup servers !" : "has no server available !";
}
