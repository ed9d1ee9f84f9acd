/** What keeps a server from taking sessions: who set what, and who may lift it. HAProxy's rules, without a clock or a socket. */

/** Each told by someone; together they give the server's state. */
export interface Standing {
  /** `disabled` in the file, until somebody lifts it. */
  configuredMaint: boolean;
  /** Forced by an operator or by the agent: whoever speaks last has the say. */
  forcedMaint: boolean;
  forcedDrain: boolean;
  forcedBy: "operator" | "agent";
  /** Its name leads to no address. */
  unresolved: boolean;
  /** The agent said `down`, `stopped` or `fail` when it last spoke of health. */
  agentDown: boolean;
  /** Where checks, the agent, an operator or `observe` have brought it. Down throughout maintenance. */
  health: "up" | "down" | "stopping";
}

/** Whoever asks for a server's health, as far as it concerns its standing. */
export interface Monitoring {
  /** Null: it is not checked, or its checks are switched off. */
  readonly isCheckUp: boolean | null;
  readonly isAgentAsked: boolean;
  /** The server leaves maintenance: its checks begin as at a start, up until the first one fails. */
  revive(): void;
}

/** A server's standing when it starts. */
export function firstStanding(isDisabled: boolean): Standing {
  return {
    configuredMaint: isDisabled,
    forcedMaint: false,
    forcedDrain: false,
    forcedBy: "operator",
    unresolved: false,
    agentDown: false,
    health: "up",
  };
}

export function isInMaintenance({ configuredMaint, forcedMaint, unresolved }: Standing): boolean {
  return configuredMaint || forcedMaint || unresolved;
}

/** `set server … state`, `disable|enable server`, and the agent's `ready`, `drain` and `maint`. */
export function force(standing: Standing, to: "ready" | "drain" | "maint", by: Standing["forcedBy"]): void {
  standing.forcedMaint = to === "maint";
  standing.forcedDrain = to === "drain";
  standing.forcedBy = by;
  // What the file said with `disabled` is lifted as well.
  if (to !== "maint") standing.configuredMaint = false;
}

/** A check has ended and was counted; `conditional`: it passed, but the server wants no more new sessions. */
export function checked(standing: Standing, monitoring: Monitoring, passed: boolean, conditional: boolean): void {
  if (!passed) {
    if (monitoring.isCheckUp !== true) standing.health = "down";
    return;
  }
  if (monitoring.isCheckUp === false || isHeldByAgent(standing, monitoring)) return;
  standing.health = conditional ? "stopping" : "up";
}

/** The agent spoke of health. */
export function heard(standing: Standing, monitoring: Monitoring, health: "up" | "down"): void {
  standing.agentDown = health === "down";
  if (health === "down") standing.health = "down";
  else if (standing.health === "down" && monitoring.isCheckUp !== false) standing.health = "up";
}

/** Leaves maintenance: at once up, unless the agent's last word was another. Checks begin anew. */
export function leaveMaintenance(standing: Standing, monitoring: Monitoring | null): void {
  monitoring?.revive();
  standing.health = monitoring !== null && isHeldByAgent(standing, monitoring) ? "down" : "up";
}

function isHeldByAgent({ agentDown }: Standing, { isAgentAsked }: Monitoring): boolean {
  return isAgentAsked && agentDown;
}
