/** The system's own name servers, and the `resolvers` section that HAProxy makes of them. */
import type { ResolversPlan } from "../../plan/resolvers.ts";
import type { PlanContext } from "./draft.ts";

/** resolv.conf(5). */
export const resolvConf = "/etc/resolv.conf";

/** A section's times and limits where it gives none (manual, 5.3.2). */
export const resolversDefaults = {
  retries: 3,
  timeoutResolveMs: 1000,
  timeoutRetryMs: 1000,
  holdMs: { valid: 10_000, obsolete: 0, nx: 30_000, other: 30_000, refused: 30_000, timeout: 30_000 },
  acceptedPayloadBytes: 512,
} as const;

/** Those that a resolv.conf names, each once: the address is the name, the port is 53. */
export function systemNameservers(text: string): ResolversPlan["nameservers"] {
  const hosts = Array.from(text.matchAll(/^\s*nameserver\s+(\S+)/gm), (match) => match[1] ?? "");
  return [...new Set(hosts)].map((host) => ({ name: host, host, port: 53, stream: false }));
}

/** The section `default`, which servers may name without anybody declaring it; null where the system names no servers. */
export function defaultResolvers({ readFile }: PlanContext): ResolversPlan | null {
  const nameservers = systemNameservers(readFile(resolvConf) ?? "");
  if (nameservers.length === 0) return null;
  return { name: "default", position: { file: resolvConf, line: 1 }, nameservers, ...resolversDefaults };
}
