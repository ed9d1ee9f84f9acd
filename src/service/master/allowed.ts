/** What a worker may ask its master for: what the plan names, and nothing else. */
import type { LogTarget } from "../../plan/log.ts";
import type { Plan } from "../../plan/plan.ts";
import { socketsOf, type WantedSocket } from "./held-sockets.ts";

/** What a plan lets its worker ask for: sockets by their key, names to look up, log targets and kept files by their path. */
export interface Allowed {
  readonly sockets: ReadonlyMap<string, WantedSocket>;
  readonly hosts: ReadonlySet<string>;
  readonly sinks: ReadonlySet<string>;
  /** Files that are kept for it. */
  readonly kept: ReadonlySet<string>;
}

/** Reads it off the plan. */
export function allowedBy(plan: Plan): Allowed {
  const hosts = new Set<string>();
  for (const { check, servers } of plan.backends) {
    if (check.kind === "tcp") for (const step of check.steps) if ("address" in step) addName(hosts, step.address);
    for (const server of servers)
      for (const address of [server.address, server.check?.address, server.agent?.address]) addName(hosts, address);
  }
  const sinks = logsOf(plan).flatMap(({ destination }) => (destination.kind === "unix" ? [destination.path] : []));
  return { sockets: socketsOf(plan), hosts, sinks: new Set(sinks), kept: keptBy(plan) };
}

function keptBy({ global }: Plan): Set<string> {
  const { reportFile, hostKeysFile } = global.ssh;
  return new Set([reportFile, hostKeysFile].filter((path) => path !== null));
}

function addName(
  hosts: Set<string>,
  address: { readonly kind: string; readonly host?: string } | null | undefined,
): void {
  if (address?.kind === "tcp" && address.host !== undefined) hosts.add(address.host);
}

function logsOf(plan: Plan): LogTarget[] {
  return [plan.global, ...plan.frontends, ...plan.backends].flatMap(({ logs }) => logs);
}

/** Descriptors above 2 that the plan's logs are written to: the worker inherits them. */
export function logDescriptors(plan: Plan): number[] {
  const fds = logsOf(plan).flatMap(({ destination }) => (destination.kind === "fd" ? [destination.fd] : []));
  return [...new Set(fds)].filter((fd) => fd > 2);
}
