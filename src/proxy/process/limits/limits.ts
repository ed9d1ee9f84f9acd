/** Limits of the process: what is configured, lowered to what it may open. */
import { pipesInAll, type Transport } from "../../../net/transport.ts";
import type { GlobalPlan } from "../../../plan/global.ts";
import type { Plan } from "../../../plan/plan.ts";
import { connectionsWithin, descriptorLimit } from "./descriptors.ts";
import { countOf, heldClients } from "./held-clients.ts";
import type { ProcessState } from "../process-state.ts";
import type { SshHolds } from "../ssh-place.ts";
import { asksForSplice } from "../splicing.ts";

/** What a plan asks for, and what may be had. */
export interface Limits {
  /** Descriptors that the process may open; null: not known. */
  readonly descriptors: number | null;
  readonly wanted: number;
  readonly maxconn: number;
  /** Pipes that splicing may have, two descriptors each. */
  readonly pipes: number;
  /** Clients that may be held beside sessions, a descriptor each. */
  readonly holds: SshHolds;
}

/** `transport`: whether pipes are of use to it. */
export function limitsOf(transport: Pick<Transport, "allowPipes">, plan: Plan): Limits {
  const { global } = plan;
  const system = descriptorLimit();
  const limit = global.fdHardLimit === null ? system : Math.min(global.fdHardLimit, system ?? Infinity);
  let listeners = 0;
  let checks = 0;
  for (const one of plan.frontends) listeners += one.binds.length;
  for (const { servers } of plan.backends) {
    for (const server of servers) checks += Number(server.check !== null) + Number(server.agent !== null);
  }
  const beside = (others: number): number =>
    limit === null ? Number.MAX_SAFE_INTEGER : connectionsWithin(limit, listeners, checks, others);
  const splices = global.splice && transport.allowPipes !== undefined;
  // Pipes that come before sessions do not depend on what those leave over.
  const asked = splices && asksForSplice(plan) ? pipesOf(plan, limit, 0) : noPipes;
  const { holds, reserved } = heldClients(plan, limit, beside(2 * asked.reserved));
  const pipes = splices && asked === noPipes ? pipesOf(plan, limit, beside(countOf(holds))) : asked;
  const allowed = beside(2 * pipes.reserved + reserved);
  const wanted = global.maxconn ?? allowed;
  return { descriptors: limit, wanted, maxconn: Math.min(wanted, allowed), pipes: pipes.count, holds };
}

const noPipes = { count: 0, reserved: 0 };

/**
 * Pipes for splicing, two descriptors each; `reserved` of them come before sessions.
 *
 * Where splicing is asked for they may take a tenth of the descriptors, as HAProxy, which allows one for four sessions. Where it is not, they take what
 * `maxconn` leaves over, of `allowed` sessions; where no `maxconn` is given a hundredth, if that is no loss.
 */
function pipesOf(plan: Plan, limit: number | null, allowed: number): { count: number; reserved: number } {
  const { maxPipes, maxconn } = plan.global;
  const wanted = maxPipes ?? pipesInAll;
  const most = (descriptors: number): number => Math.max(0, Math.min(wanted, Math.floor(descriptors / 2)));
  if (limit === null) return { count: wanted, reserved: 0 };
  if (asksForSplice(plan)) {
    const count = most(limit / 5);
    return { count, reserved: count };
  }
  if (maxconn !== null) return { count: most(2 * (allowed - maxconn)), reserved: 0 };
  const count = limit < amply ? 0 : most(limit / 100);
  return { count, reserved: count };
}

/** So many descriptors that a hundredth of them is not missed. */
const amply = 10_000;

/** Puts limits in force. What an operator set of them stays while the plan says what it said; `before`: null at first. */
export function setLimits(state: ProcessState, limits: Limits, global: GlobalPlan, before: GlobalPlan | null): void {
  const { descriptors, wanted, maxconn, pipes, holds } = limits;
  state.maxSockets = descriptors ?? 0;
  if (state.hardMaxconn !== maxconn || state.maxconn > maxconn) state.maxconn = maxconn;
  state.hardMaxconn = maxconn;
  if (before?.maxConnRate !== global.maxConnRate) state.maxConnRate = global.maxConnRate;
  if (before?.maxSessRate !== global.maxSessRate) state.maxSessRate = global.maxSessRate;
  if (before?.maxSslRate !== global.maxSslRate) state.tls.use.maxRate = global.maxSslRate;
  state.tls.use.maxconn = global.maxSslConn;
  const { compression } = global.http;
  if (before?.http.compression.bytesPerSecond !== compression.bytesPerSecond) {
    state.compression.bytesPerSecond = compression.bytesPerSecond;
  }
  state.compression.limits = compression;
  state.bufsizeBytes = global.bufsizeBytes;
  state.inspectBytes = global.bufsizeBytes - Math.min(global.maxrewriteBytes, global.bufsizeBytes >> 1);
  state.tlsOfferBytes = global.tlsOfferBytes;
  state.splice = global.splice;
  state.transport.allowPipes?.(pipes);
  state.ssh?.allow(holds);
  state.rejectsPrivilegedPorts = global.rejectsPrivilegedPorts;
  state.variables.limits = global.variableLimits;
  if (wanted === maxconn) return;
  const text = `maxconn lowered from ${wanted} to ${maxconn}: this process may open ${descriptors} descriptors (ulimit -n).`;
  state.emit({ type: "notice", level: "warning", text });
}
