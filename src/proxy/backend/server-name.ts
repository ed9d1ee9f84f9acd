/** Where a server goes by what its name leads to. */
import type { NameTrouble } from "../../events.ts";
import { isServiceName } from "../../wire/dns.ts";
import type { NameAnswer } from "../names/name-resolver.ts";
import { preferred } from "../names/preference.ts";
import type { Server } from "./server.ts";

/**
 * Takes a new set of answers for a server: it stays where it is while its address is still among them, moves to the first
 * otherwise, and goes into maintenance when there is none, for `trouble`. True: it goes to another address now.
 */
export function follow(
  server: Server,
  answers: readonly NameAnswer[],
  by: string,
  trouble: NameTrouble = "no-address",
): boolean {
  const { address, plan, backend } = server;
  // HAProxy asks libc at a start only: what an operator has said since stays.
  if (server.course.addressBy === "operator" && plan.resolvers === null) return false;
  const current = address?.kind === "tcp" ? address.host : null;
  const isTaken = takenBesides(server);
  const free = answers.filter((one) => !isTaken(one));
  const kept = answers.filter((one) => one.host === current);
  const chosen = kept.find((one) => free.includes(one)) ?? kept[0] ?? preferred(free, plan)[0] ?? null;
  const next = chosen === null ? null : chosen.host;
  if (chosen !== null && chosen.weight !== null && !plan.resolveOpts.ignoreWeight)
    server.setWeight(chosen.weight, "name");
  if (next !== current || (chosen !== null && chosen.port !== null)) server.goTo(next, chosen?.port ?? null);
  // In the order in which one learns of them.
  const isNamedFirst = chosen?.service?.isAdditional !== true;
  if (isNamedFirst) nameAfter(server, chosen);
  if (next !== current) {
    backend.process.emit({
      type: "server-address",
      backend: backend.plan.name,
      server: plan.name,
      logs: backend.plan.logs,
      from: current,
      to: next,
      by,
      isAdditional: chosen?.service?.isAdditional === true,
    });
  }
  if (!isNamedFirst) nameAfter(server, chosen);
  const again = { kind: "resolved", hostName: server.hostName, isService: chosen?.service !== undefined } as const;
  server.resolved(next !== null, next === null ? { kind: "unresolved", trouble } : again);
  return next !== current && next !== null;
}

/** Notes which name the address comes from. */
function nameAfter(server: Server, chosen: NameAnswer | null): void {
  const { plan, backend, hostName: from } = server;
  if (chosen?.service !== undefined) {
    const to = chosen.service.target;
    if (to === from) return;
    server.rename(to, true);
    const { name, logs } = backend.plan;
    backend.process.emit({ type: "server-name", backend: name, server: plan.name, logs, from, to });
  } else if (plan.address.kind === "tcp" && isServiceName(plan.address.host))
    server.rename(null, server.course.isRenamed);
  else if (chosen !== null) server.rename(from, false);
}

/** Tells whether another slot of the same template, or another server of the backend that follows the same name, has an answer. */
function takenBesides(server: Server): (answer: NameAnswer) => boolean {
  const { resolveOpts, name, template } = server.plan;
  if (resolveOpts.allowDupIp) return () => false;
  const wanted = server.hostName?.toLowerCase();
  const taken = new Set<string>();
  for (const { plan, address, hostName } of server.backend.servers) {
    if (plan.name === name || address?.kind !== "tcp") continue;
    const isSibling = template !== null && plan.template?.prefix === template.prefix;
    if (!isSibling && (plan.resolvers === null || hostName === null || hostName.toLowerCase() !== wanted)) continue;
    taken.add(address.host).add(`${address.host} ${address.port}`);
  }
  return ({ host, port }) => taken.has(port === null ? host : `${host} ${port}`);
}
