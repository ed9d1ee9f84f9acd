/** What a plan asks for that only sockets of libc's can do, where the runtime's own serve. */
import { refusedOfConnection, refusedOfListener } from "../../plan/libc-options.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Position } from "../../plan/position.ts";
import type { Rule } from "../../plan/rules/rule.ts";
import type { ServerPlan } from "../../plan/server.ts";
import type { Diagnostics } from "../text/diagnostics.ts";

/** Sample fetches that ask the kernel about a TCP connection. */
const tcpInfo = /^[fb]c_(?:rtt|rttvar|unacked|sacked|retrans|fackets|lost|reordering)$/;

/** Refuses each of them by name, at its line. `why`: what follows "libc's sockets, which". */
export function refuseLibcSockets(plan: Plan, diagnostics: Diagnostics, why: string): void {
  const refuse = ({ file, line }: Position, where: string, names: readonly string[]): void => {
    if (names.length === 0) return;
    const text = `[${file}:${line}] : ${where}${names.map((name) => `'${name}'`).join(", ")} would need libc's sockets, which ${why}.`;
    diagnostics.add({ level: "alert", text, pointer: null, advice: null });
  };
  for (const { binds, connectionRules, sessionRules, contentRules } of plan.frontends) {
    const told = new Set<string>();
    for (const bind of binds) {
      // A range of ports is one line.
      const line = `${bind.position.file}:${bind.position.line} ${bind.text}`;
      if (!told.has(line)) refuse(bind.position, `'bind ${bind.text}' : `, refusedOfListener(bind));
      told.add(line);
    }
    for (const rule of [...connectionRules, ...sessionRules, ...contentRules])
      refuse(rule.position, "", refusedOfRule(rule));
  }
  for (const backend of plan.backends) {
    for (const server of backend.servers)
      refuse(server.position, `'server ${backend.name}/${server.name}' : `, refusedOfServer(server, backend));
    for (const rule of [...backend.contentRules, ...backend.responseRules])
      refuse(rule.position, "", refusedOfRule(rule));
  }
  for (const one of [...plan.frontends, ...plan.backends])
    for (const [position, names] of samplesOf(one)) refuse(position, "", [...names]);
}

function refusedOfServer(server: ServerPlan, backend: BackendPlan): readonly string[] {
  const source = server.source ?? backend.source;
  return refusedOfConnection({
    transparent: source !== null && source.useSource !== null,
    fastOpen: server.fastOpen,
    interface: source?.interface ?? null,
    mark: null,
    userTimeoutMs: server.userTimeoutMs,
    congestion: server.congestion,
    keepAlive: backend.keepAlive,
  });
}

function refusedOfRule({ action }: Rule): readonly string[] {
  return action.kind === "set-mark" || action.kind === "set-tos" ? [action.kind] : [];
}

/** Sample fetches by the line of which they are part; those of a format by their section's. */
function samplesOf(proxy: { readonly position: Position }): ReadonlyMap<Position, ReadonlySet<string>> {
  const found = new Map<Position, Set<string>>();
  const left: { readonly value: object; readonly position: Position }[] = [{ value: proxy, position: proxy.position }];
  const seen = new Set<object>();
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (seen.has(one.value)) continue;
    seen.add(one.value);
    const { fetch, position = one.position } = one.value as { fetch?: unknown; position?: Position };
    if (typeof fetch === "string" && tcpInfo.test(fetch)) {
      const names = found.get(position) ?? new Set();
      found.set(position, names.add(fetch));
    }
    for (const value of Object.values(one.value))
      if (typeof value === "object" && value !== null) left.push({ value, position });
  }
  return found;
}
