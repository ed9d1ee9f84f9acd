/** Watches one server: runs its checks, folds their results, listens to its sessions, and tells the server how it stands. */
import type { CheckResult } from "../events.ts";
import type { SocketAddress } from "../net/transport.ts";
import type { AgentPlan, GlobalPlan, ServerAddress, ServerCheckPlan } from "../plan.ts";
import { Agent, type AgentAnswer } from "./agent.ts";
import type { ExternalSubject } from "./check-external.ts";
import type { CheckOutcome } from "./check-outcome.ts";
import type { CheckSamples } from "./check-samples.ts";
import { Checker } from "./checker.ts";
import { Health } from "./health.ts";
import type { Server } from "./server.ts";

/** What the process has one of for all checks. */
export interface MonitorSurroundings {
  readonly global: Pick<GlobalPlan, "spreadChecksPercent" | "bufsizeBytes">;
  readonly samples: CheckSamples;
}

/** A server that has `check`, `agent-check`, or both. */
export class Monitor {
  /** Null when it has no `check`. */
  readonly health: Health | null;
  /** Checks that failed while the server was up. */
  failures = 0;
  readonly #checker: Checker | null;
  readonly #agent: Agent | null;
  #last: CheckResult | null = null;
  #errors = 0;
  #isEnabled = true;
  #isAgentEnabled = true;
  /** As planned, or as an operator changed it. */
  #check: ServerCheckPlan | null;
  #agentPlan: AgentPlan | null;

  constructor(
    readonly server: Server,
    surroundings: MonitorSurroundings,
  ) {
    const { check, agent } = server.plan;
    this.#check = check;
    this.#agentPlan = agent;
    this.health = check === null ? null : new Health(check.rise, check.fall);
    this.#checker = this.health === null ? null : this.#makeChecker(this.health, surroundings);
    this.#agent = this.#makeAgent(surroundings);
    if (server.plan.observe === "layer4" && check !== null) server.onObserved = (succeeded) => this.#observe(succeeded);
  }

  #makeChecker(health: Health, { global, samples }: MonitorSurroundings): Checker | null {
    const { server } = this;
    const { plan, backend } = server;
    const { check } = plan;
    if (check === null) return null;
    const { interMs, fastInterMs, downInterMs } = check;
    const current = (): ServerCheckPlan => this.#check ?? check;
    return new Checker({
      transport: backend.process.transport,
      check: backend.plan.check,
      get server() {
        return current();
      },
      timeouts: backend.plan.timeouts,
      spreadPercent: global.spreadChecksPercent,
      bufsizeBytes: global.bufsizeBytes,
      proxyHeader: plan.proxyHeader,
      samples,
      address: () => (server.state === "MAINT" ? null : server.address),
      socket: () => server.checkSocket,
      external: { subject: () => externalSubject(server), tell: (text) => backend.process.noticeOnce(text) },
      intervalMs: () => health.intervalMs({ interMs, fastInterMs, downInterMs }),
      report: (outcome) => this.#report(outcome),
    });
  }

  #makeAgent({ global }: MonitorSurroundings): Agent | null {
    const { server } = this;
    const { plan, backend } = server;
    const { agent } = plan;
    if (agent === null) return null;
    const current = (): AgentPlan => this.#agentPlan ?? agent;
    return new Agent({
      transport: backend.process.transport,
      interMs: agent.interMs,
      timeouts: backend.plan.timeouts,
      spreadPercent: global.spreadChecksPercent,
      bufsizeBytes: global.bufsizeBytes,
      get send() {
        return current().send;
      },
      address: () => agentAddress(server, current()),
      socket: () => server.checkSocket,
      report: (answer, result) => this.#hear(answer, result),
    });
  }

  get last(): CheckResult | null {
    return this.#last;
  }

  get agentLast(): CheckResult | null {
    return this.#agent?.last ?? null;
  }

  get isRunning(): boolean {
    return this.#checker?.isRunning === true;
  }

  /** How many timetables it keeps: the check's and the agent's. */
  get count(): number {
    return Number(this.#checker !== null) + Number(this.#agent !== null);
  }

  get interMs(): number {
    return this.server.plan.check?.interMs ?? this.server.plan.agent?.interMs ?? 0;
  }

  start(delayMs: number): void {
    if (this.#isEnabled) this.#checker?.start(delayMs);
    if (this.#isAgentEnabled) this.#agent?.start(delayMs);
  }

  stop(): void {
    this.#checker?.stop();
    this.#agent?.stop();
    this.server.onObserved = null;
  }

  /** `enable|disable health`; the agent goes on. */
  setEnabled(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
    if (isEnabled) this.#checker?.start(0);
    else this.#checker?.stop();
  }

  /** `enable|disable agent`. */
  setAgentEnabled(isEnabled: boolean): void {
    this.#isAgentEnabled = isEnabled;
    if (isEnabled) this.#agent?.start(0);
    else this.#agent?.stop();
  }

  /** `set server … check-addr|check-port`, from the next check on. */
  changeCheck(host: string | null, port: number | null): void {
    if (this.#check === null) return;
    const address = host === null ? this.#check.address : literalAddress(host);
    this.#check = { ...this.#check, address, port: port ?? this.#check.port };
  }

  /** `set server … agent-addr|agent-port|agent-send`, from the next question on. */
  changeAgent(host: string | null, port: number | null, send: string | null): void {
    if (this.#agentPlan === null) return;
    const address = host === null ? this.#agentPlan.address : literalAddress(host);
    this.#agentPlan = {
      address,
      port: port ?? this.#agentPlan.port,
      interMs: this.#agentPlan.interMs,
      send: send ?? this.#agentPlan.send,
    };
  }

  /** The operator's word, until the next check. */
  force(health: "up" | "down" | "stopping"): void {
    if (health === "down") this.health?.forceDown();
    else this.health?.forceUp();
  }

  /** Up, until the next check fails. */
  revive(): void {
    this.health?.forceUp();
    this.health?.weaken();
    this.server.standing.health = "up";
  }

  /** Takes over what another monitor knew of the same server, at a reload. */
  inherit(former: Monitor): void {
    this.failures = former.failures;
    this.#last = former.#last;
    this.#isEnabled = former.#isEnabled;
    this.#isAgentEnabled = former.#isAgentEnabled;
    if (this.health === null || former.health === null) return;
    if (former.health.isUp) this.health.forceUp();
    else this.health.forceDown();
  }

  /** Does what the agent asks for. Its silence changes nothing. */
  #hear(answer: AgentAnswer | null, result: CheckResult): void {
    if (answer === null) return;
    const { server } = this;
    const { standing } = server;
    if (answer.health !== null) standing.agentDown = answer.health === "down";
    if (answer.admin !== null) {
      standing.agentMaint = answer.admin === "maint";
      standing.agentDrain = answer.admin === "drain";
    }
    if (answer.maxconn !== null) server.setMaxconn(answer.maxconn);
    if (answer.weightPercent !== null) server.setWeight({ percent: answer.weightPercent });
    server.settle(result, null);
  }

  #report(outcome: CheckOutcome): void {
    const { result, verdict } = outcome;
    this.#fold(verdict !== "failed", result, verdict === "conditional");
  }

  #fold(passed: boolean, result: CheckResult, isConditional: boolean): void {
    const { server } = this;
    const differs = this.#last === null || this.#last.status !== result.status || this.#last.code !== result.code;
    this.#last = result;
    const { health } = this;
    if (health === null) return;
    if (!passed && health.isUp) this.failures += 1;
    const step = health.fold(passed);
    const before = server.standing.health;
    server.standing.health = !health.isUp ? "down" : isConditional ? "stopping" : "up";
    const hasChanged = before !== server.standing.health;
    if (step.moved || differs) this.#tell(health, passed, result);
    if (hasChanged) server.settle(result, null);
  }

  #tell(health: Health, succeeded: boolean, result: CheckResult): void {
    const { server } = this;
    const { plan } = server.backend;
    server.backend.process.emit({
      type: "check",
      backend: plan.name,
      server: server.name,
      logs: plan.logs,
      log: plan.logHealthChecks,
      isBackup: server.plan.backup,
      succeeded,
      result,
      state: health.isUp ? "UP" : "DOWN",
      health: health.shown.count,
      healthOf: health.shown.of,
    });
  }

  /** `observe layer4`: so many failed connects in a row count as `on-error` says. */
  #observe(succeeded: boolean): void {
    const { health } = this;
    const { plan } = this.server;
    if (health === null) return;
    if (succeeded) {
      this.#errors = 0;
      return;
    }
    this.#errors += 1;
    if (this.#errors < plan.errorLimit) return;
    this.#errors = 0;
    const info = `Detected ${plan.errorLimit} consecutive errors, last one was: L4 unsuccessful connection`;
    const result: CheckResult = { status: "HANA", code: null, info, durationMs: 0 };
    if (plan.onError === "mark-down") {
      while (health.isUp) this.#fold(false, result, false);
    } else if (plan.onError === "fail-check") this.#fold(false, result, false);
    else if (plan.onError === "sudden-death") {
      health.weaken();
      this.#fold(false, result, false);
    }
    const fastMs = plan.check?.fastInterMs || plan.check?.interMs || 0;
    this.#checker?.hurry(fastMs);
  }
}

function literalAddress(host: string): ServerAddress {
  return { kind: "tcp", host, isName: false, family: null, port: null, portOffset: 0 };
}

/** Where a server's agent is asked: its own address, else the server's. */
function agentAddress(server: Server, agent: AgentPlan): SocketAddress | null {
  const own = agent.address;
  if (own !== null && own.kind !== "tcp") return own;
  const host = own?.host ?? (server.address?.kind === "tcp" ? server.address.host : null);
  return host === null ? null : { kind: "tcp", host, port: agent.port };
}

function externalSubject({ backend, plan, counters }: Server): ExternalSubject {
  const front = backend.plan.isListen ? backend.process.frontends.get(backend.plan.name) : undefined;
  return {
    proxy: backend.plan,
    listener: front?.address ?? null,
    server: plan,
    maxconn: plan.maxconn,
    connections: counters.current,
  };
}
