/** The system's own name servers, and the `resolvers` section that HAProxy makes of them. */
import { resolversDefaults, type ResolversPlan } from "../../plan/resolvers.ts";
import type { PlanContext } from "./draft.ts";

/** resolv.conf(5). */
export const resolvConf = "/etc/resolv.conf";

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
