/** Where a server has come to under its plan, and what of that it takes along into the next one. */
import type { SocketAddress } from "../../address.ts";
import type { ServerPlan } from "../../plan/server.ts";
import { isSame } from "../../plan/same.ts";
import { isServiceName } from "../../wire/dns.ts";
import { firstStanding, type Standing } from "./server-state.ts";

/** Who set a weight, a limit or an address last; null: the plan. */
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
  addressBy: Setter;
  /** The name that its address comes from: the file's, an operator's, or a service record's target; null: none (yet). */
  hostName: string | null;
  /** That name is not the file's, and has not led to an address by itself. */
  isRenamed: boolean;
  /** TLS is spoken with it: as the plan or an operator says. */
  usesTls: boolean;
  /** What was learnt about it, for people; null: nothing. */
  hint: string | null;
  /** A session has shown that it takes the PROXY header that it is sent, or wants none. */
  hasFittingHeaders: boolean;
  /** When slow start began; null: at full weight. */
  warmingSince: number | null;
  /** How long it takes to identify itself in SSH, where that is too long; null: it does not. */
  slowMs: number | null;
}

/** The course of a server that starts under `plan`. */
export function firstCourse(plan: ServerPlan): Course {
  return {
    userWeight: plan.weight,
    weightBy: null,
    maxconn: plan.maxconn,
    maxconnBy: null,
    standing: firstStanding(plan.disabled),
    address: plannedAddress(plan),
    addressBy: null,
    hostName: plannedName(plan),
    isRenamed: false,
    usesTls: plan.usesTls,
    hint: null,
    hasFittingHeaders: false,
    warmingSince: null,
    slowMs: null,
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
  // What the agent had taken down is up without it, until checks say otherwise.
  const isFreed = standing.agentDown && !hasAgent;
  const keepsHealth = (before.check === null) === (plan.check === null) && !isFreed;
  const isStillAsked = (setter: Setter): boolean =>
    setter === "agent" ? hasAgent : setter === "name" ? isThere && !plan.resolveOpts.ignoreWeight : true;
  const getsTheSame = isThere && isSame(before.proxyHeader, plan.proxyHeader);
  const keepsWeight = before.weight === plan.weight && isStillAsked(former.weightBy);
  const keepsMaxconn = before.maxconn === plan.maxconn && isStillAsked(former.maxconnBy);
  return {
    userWeight: keepsWeight ? former.userWeight : start.userWeight,
    weightBy: keepsWeight ? former.weightBy : null,
    maxconn: keepsMaxconn ? former.maxconn : start.maxconn,
    maxconnBy: keepsMaxconn ? former.maxconnBy : null,
    standing: {
      configuredMaint: before.disabled === plan.disabled ? standing.configuredMaint : plan.disabled,
      forcedMaint: isStillAsked(standing.forcedBy) && standing.forcedMaint,
      forcedDrain: isStillAsked(standing.forcedBy) && standing.forcedDrain,
      forcedBy: standing.forcedBy,
      unresolved: isThere && standing.unresolved,
      agentDown: hasAgent && standing.agentDown,
      health: keepsHealth ? standing.health : "up",
    },
    address: isThere ? former.address : start.address,
    addressBy: isThere ? former.addressBy : null,
    hostName: isThere ? former.hostName : start.hostName,
    isRenamed: isThere && former.isRenamed,
    usesTls: before.usesTls === plan.usesTls && plan.tls !== null ? former.usesTls : plan.usesTls,
    hint: getsTheSame ? former.hint : null,
    hasFittingHeaders: getsTheSame && former.hasFittingHeaders,
    warmingSince: plan.slowstartMs > 0 ? former.warmingSince : null,
    // Its next check finds out.
    slowMs: start.slowMs,
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
