/** Where a server has come to under its plan, and what of that it takes along into the next one. */
import type { SocketAddress } from "../net/transport.ts";
import type { ServerPlan } from "../plan.ts";
import { isSame } from "../plan/same.ts";
import { isServiceName } from "../wire/dns.ts";

/** What keeps a server from taking sessions, each told by someone else; together they give its state. */
export interface Standing {
  /** `disabled` in the file. */
  configuredMaint: boolean;
  operatorMaint: boolean;
  operatorDrain: boolean;
  /** Its name leads to no address. */
  unresolved: boolean;
  agentMaint: boolean;
  agentDrain: boolean;
  /** The agent said `down`, `stopped` or `fail`. */
  agentDown: boolean;
  /** What checks, the operator or `observe` found. */
  health: "up" | "down" | "stopping";
}

/** Who set a weight or a limit last; null: the plan. */
export type Setter = "operator" | "agent" | "name" | null;

/**
 * Where a server has come to under its plan. A reload makes a new course out of the new plan and the former course: each
 * field stands there once, with what becomes of it (`courseAfter`).
 */
export interface Course {
  /** As the plan, the operator, the agent or a service's record says. */
  userWeight: number;
  weightBy: Setter;
  maxconn: number;
  maxconnBy: Setter;
  readonly standing: Standing;
  /** Where connections go; null while a name has no address. A tcp port of 0: the client's own destination port. */
  address: SocketAddress | null;
  /** The name that its address comes from: the file's, an operator's, or a service record's target; null: none (yet). */
  hostName: string | null;
  /** That name is not the file's, and has not led to an address by itself. */
  isRenamed: boolean;
  hint: string | null;
  /** When slow start began; null: at full weight. */
  warmingSince: number | null;
}

/** The course of a server that starts under `plan`. */
export function firstCourse(plan: ServerPlan): Course {
  return {
    userWeight: plan.weight,
    weightBy: null,
    maxconn: plan.maxconn,
    maxconnBy: null,
    standing: {
      configuredMaint: plan.disabled,
      operatorMaint: false,
      operatorDrain: false,
      unresolved: false,
      agentMaint: false,
      agentDrain: false,
      agentDown: false,
      health: "up",
    },
    address: plannedAddress(plan),
    hostName: plannedName(plan),
    isRenamed: false,
    hint: null,
    warmingSince: null,
  };
}

/**
 * The course of a server whose plan was `before` and is `plan` from now on. What an operator, an agent, checks or names found or set
 * stays while the plan says what it said and whoever set it is still asked.
 */
export function courseAfter(plan: ServerPlan, before: ServerPlan, former: Course): Course {
  const start = firstCourse(plan);
  const { standing } = former;
  const hasAgent = plan.agent !== null;
  const isThere = keepsAddress(plan, before, former);
  const isStillAsked = (setter: Setter): boolean =>
    setter === "agent" ? hasAgent : setter === "name" ? isThere && !plan.resolveOpts.ignoreWeight : true;
  const keepsWeight = before.weight === plan.weight && isStillAsked(former.weightBy);
  const keepsMaxconn = before.maxconn === plan.maxconn && isStillAsked(former.maxconnBy);
  return {
    userWeight: keepsWeight ? former.userWeight : start.userWeight,
    weightBy: keepsWeight ? former.weightBy : null,
    maxconn: keepsMaxconn ? former.maxconn : start.maxconn,
    maxconnBy: keepsMaxconn ? former.maxconnBy : null,
    standing: {
      configuredMaint: before.disabled === plan.disabled ? standing.configuredMaint : plan.disabled,
      operatorMaint: standing.operatorMaint,
      operatorDrain: standing.operatorDrain,
      unresolved: isThere && standing.unresolved,
      agentMaint: hasAgent && standing.agentMaint,
      agentDrain: hasAgent && standing.agentDrain,
      agentDown: hasAgent && standing.agentDown,
      health: (before.check === null) === (plan.check === null) ? standing.health : "up",
    },
    address: isThere ? former.address : start.address,
    hostName: isThere ? former.hostName : start.hostName,
    isRenamed: isThere && former.isRenamed,
    hint: isThere && isSame(before.proxyHeader, plan.proxyHeader) ? former.hint : null,
    warmingSince: plan.slowstartMs > 0 ? former.warmingSince : null,
  };
}

/** Whether a server stays where it is under `plan`: an operator's name does only where `resolvers` will follow it. */
export function keepsAddress(plan: ServerPlan, before: ServerPlan, { isRenamed }: Pick<Course, "isRenamed">): boolean {
  return isSame(before.address, plan.address) && !(isRenamed && plan.resolvers === null);
}

/** The name in the plan; null for an address or a service, whose records will tell names. */
function plannedName({ address }: ServerPlan): string | null {
  return address.kind === "tcp" && address.isName && !isServiceName(address.host) ? address.host : null;
}

/** The address that the plan itself gives; null for a name. */
function plannedAddress({ address }: ServerPlan): SocketAddress | null {
  if (address.kind !== "tcp") return address;
  return address.isName ? null : { kind: "tcp", host: address.host, port: address.port ?? 0 };
}
