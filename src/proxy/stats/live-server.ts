/** A server's statistics as others read them: live, each worked out when it is read. */
import type { SocketAddress } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import type { ServerAddress, ServerPlan } from "../../plan/server.ts";
import { isServiceName } from "../../wire/dns.ts";
import type { Server } from "../backend/server.ts";
import { refusalWords } from "../process/server-refusals.ts";
import { shownWeight } from "../process/weight.ts";
import type { HttpStats, PlannedServer, ServerStats } from "../public.ts";
import { LiveServing } from "./live-serving.ts";

/** For as long as anybody holds them; of one that a reload took away, the last. */
export class LiveServer extends LiveServing implements ServerStats {
  readonly #one: Server;

  constructor(server: Server) {
    super(server);
    this.#one = server;
  }

  get #plan(): ServerPlan {
    return this.#one.plan;
  }
  get weight(): number {
    return shownWeight(this.#one.weight);
  }
  get http(): HttpStats | null {
    return this.httpStats(this.#one.backend.plan.http !== null);
  }
  get cookie(): string | null {
    return this.#one.cookie;
  }
  get state(): ServerStats["state"] {
    return this.#one.state;
  }
  get connectionsNeeded(): number {
    return this.#one.connectionsNeeded(clockMs());
  }
  get stateCause(): string {
    return this.#one.stateCause;
  }
  get address(): SocketAddress | null {
    return this.#one.address;
  }
  get service(): string | null {
    const { address } = this.#plan;
    return address.kind === "tcp" && isServiceName(address.host) ? address.host : null;
  }
  get hostName(): string | null {
    return this.#one.hostName;
  }
  get standing(): ServerStats["standing"] {
    return this.#one.standing;
  }
  get inherited(): ServerStats["inherited"] {
    return this.#one.inherited;
  }
  get watched(): ServerStats {
    let end = this.#one;
    for (let next = end.tracked; next !== null; next = end.tracked) end = next;
    return end === this.#one ? this : new LiveServer(end);
  }
  get isRenamed(): boolean {
    return this.#one.course.isRenamed;
  }
  get isBackup(): boolean {
    return this.#plan.backup;
  }
  get usesTls(): boolean | null {
    return this.#plan.tls === null ? null : this.#one.usesTls;
  }
  get isUsable(): boolean {
    return this.#one.isUsable;
  }
  get maxconn(): number {
    return this.#one.maxconn;
  }
  get maxqueue(): number {
    return this.#plan.maxqueue;
  }
  get userWeight(): number {
    return this.#one.userWeight;
  }
  get initialWeight(): number {
    return this.#plan.weight;
  }
  get check(): ServerStats["check"] {
    const monitor = this.#one.monitor;
    const { check } = this.#plan;
    if (monitor === null || monitor.health === null || check === null) return null;
    return {
      last: monitor.last,
      running: monitor.isRunning,
      failures: monitor.failures,
      observedFailures: this.#plan.observe === null ? null : monitor.observedFailures,
      health: monitor.health.value,
      healthOf: check.rise + check.fall - 1,
      rise: check.rise,
      fall: check.fall,
      isEnabled: monitor.isEnabled,
    };
  }
  get objection(): ServerStats["objection"] {
    return this.#one.objection;
  }
  get agent(): ServerStats["agent"] {
    if (this.#plan.agent === null) return null;
    const monitor = this.#one.monitor;
    return { last: monitor?.agentLast ?? null, isEnabled: monitor?.isAgentEnabled ?? true };
  }
  get trackedAs(): string | null {
    const { track } = this.#plan;
    return track === null ? null : `${track.backend}/${track.server}`;
  }
  get throttlePercent(): number | null {
    return this.#one.throttlePercent;
  }
  get hint(): string | null {
    const { course, restsFor } = this.#one;
    const { hint, slowMs } = course;
    const learnt = hint ?? (slowMs === null ? null : `slow: ${Math.round(slowMs)} ms to identify itself`);
    if (restsFor === null) return learnt;
    const rest = `rests for a second, for it ${refusalWords(restsFor)}`;
    return learnt === null ? rest : `${learnt}; ${rest}`;
  }
  get startups(): ServerStats["startups"] {
    const { startups } = this.#one;
    if (!startups.isLimited) return null;
    const { current, total, plan } = startups;
    return { current, most: plan.most, perSource: plan.perSource, total };
  }
  get planned(): PlannedServer {
    const { address, disabled, resolvers, isIdGiven, rise } = this.#plan;
    const monitor = this.#one.monitor;
    const check = this.#plan.check && (monitor?.checkPlan ?? this.#plan.check);
    const agent = this.#plan.agent && (monitor?.agentPlan ?? this.#plan.agent);
    return {
      isDisabled: disabled,
      isFollowingNames: resolvers !== null,
      port: address.kind === "tcp" ? address.port : null,
      portOffset: address.kind === "tcp" ? address.portOffset : 0,
      checkHost: hostOf(check),
      checkPort: check?.port ?? null,
      // What the line says of its checks holds for its agent as well; what an operator says of them does not.
      agentHost: hostOf(agent) ?? hostOf(this.#plan.check),
      agentPort: agent?.port ?? this.#plan.check?.port ?? null,
      isIdGiven,
      rise,
    };
  }
}

function hostOf(asked: { readonly address: ServerAddress | null } | null): string | null {
  return asked?.address?.kind === "tcp" ? asked.address.host : null;
}
