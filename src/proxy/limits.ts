/** Limits of the process: what is configured, lowered to what it may open. */
import type { BackendPlan, FrontendPlan, GlobalPlan, Plan } from "../plan.ts";
import { connectionsWithin, descriptorLimit } from "./descriptors.ts";
import type { ProcessState } from "./process-state.ts";

/** What a plan asks for, and what may be had. */
export interface Limits {
  /** Descriptors that the process may open; null: not known. */
  readonly descriptors: number | null;
  readonly wanted: number;
  readonly maxconn: number;
}

export function limitsOf(state: ProcessState, plan: Plan): Limits {
  const { global } = plan;
  const system = descriptorLimit();
  const limit = global.fdHardLimit === null ? system : Math.min(global.fdHardLimit, system ?? Infinity);
  let listeners = 0;
  let checks = 0;
  let isSpliced = false;
  for (const one of plan.frontends) {
    listeners += one.binds.length;
    isSpliced ||= splices(one);
  }
  for (const one of plan.backends) {
    checks += one.servers.length;
    isSpliced ||= splices(one);
  }
  const pipes = global.splice && isSpliced ? (state.transport.splicing?.().pipesAllowed ?? 0) * 2 : 0;
  const allowed = limit === null ? Number.MAX_SAFE_INTEGER : connectionsWithin(limit, listeners, checks, pipes);
  const wanted = global.maxconn ?? allowed;
  return { descriptors: limit, wanted, maxconn: Math.min(wanted, allowed) };
}

function splices({ splice }: FrontendPlan | BackendPlan): boolean {
  return splice.auto || splice.request || splice.response;
}

/** Puts limits in force. What an operator set of them stays while the plan says what it said; `before`: null at first. */
export function setLimits(state: ProcessState, limits: Limits, global: GlobalPlan, before: GlobalPlan | null): void {
  const { descriptors, wanted, maxconn } = limits;
  state.maxSockets = descriptors ?? 0;
  if (state.hardMaxconn !== maxconn || state.maxconn > maxconn) state.maxconn = maxconn;
  state.hardMaxconn = maxconn;
  if (before?.maxConnRate !== global.maxConnRate) state.maxConnRate = global.maxConnRate;
  if (before?.maxSessRate !== global.maxSessRate) state.maxSessRate = global.maxSessRate;
  state.bufsizeBytes = global.bufsizeBytes;
  state.inspectBytes = global.bufsizeBytes - Math.min(global.maxrewriteBytes, global.bufsizeBytes >> 1);
  state.splice = global.splice;
  state.rejectsPrivilegedPorts = global.rejectsPrivilegedPorts;
  state.variables.limits = global.variableLimits;
  if (wanted === maxconn) return;
  const text = `maxconn lowered from ${wanted} to ${maxconn}: this process may open ${descriptors} descriptors (ulimit -n).`;
  state.emit({ type: "notice", level: "warning", text });
}
