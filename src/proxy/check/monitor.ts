/** Watches one server: runs its checks, folds their results, listens to its sessions, and tells the server how it stands. */
import { clockMs } from "../../clock.ts";
import type { CheckResult } from "../../events.ts";
import type { AgentPlan, ServerAddress, ServerCheckPlan } from "../../plan/server.ts";
import type { CheckPlan } from "../../plan/check.ts";
import { isSame } from "../../plan/same.ts";
import type { SshFacts } from "../../ssh-facts.ts";
import { Agent } from "./agent.ts";
import type { AgentAnswer } from "./agent-answer.ts";
import { type AnswerFault, faultWords } from "./answer-fault.ts";
import { type Detour, detourAfter, literalAddress, noDetour } from "./detour.ts";
import type { CheckOutcome } from "./run/outcome.ts";
import { AgentCheckOptions, type CommonCheckSettings, HealthCheckOptions } from "./monitor-options.ts";
import { CheckSchedule } from "./schedule.ts";
import { Health } from "./health.ts";
import type { CheckedServer } from "./checked-server.ts";
import { SshCheckCourse } from "./ssh/course.ts";

interface Due {
  readonly checkMs: number | null;
  readonly agentMs: number | null;
}

/** What a monitor is made for. */
interface Planned {
  readonly check: ServerCheckPlan | null;
  readonly kind: CheckPlan;
  readonly address: ServerAddress;
  readonly agent: AgentPlan | null;
}

function plannedOf({ plan: { check, agent, address }, backend }: CheckedServer): Planned {
  return { check, agent, address, kind: backend.plan.check };
}

const agentOnly: ReadonlySet<keyof Planned> = new Set(["agent"]);

interface HandOver {
  readonly planned: Planned;
  readonly health: Health | null;
  readonly course: SshCheckCourse | null;
  readonly failures: number;
  readonly observedFailures: number;
  readonly last: CheckResult | null;
  readonly agentLast: CheckResult | null;
  readonly errors: number;
  readonly isEnabled: boolean;
  readonly isAgentEnabled: boolean;
  readonly checkDetour: Detour;
  readonly agentDetour: Detour;
  readonly left: Due;
}

/**
 * A server that has `check`, `agent-check`, or both. Whatever a check needs to know is asked of the plan that runs by then.
 *
 * A server that is planned otherwise gets another monitor; what that one takes over stands in the constructor.
 */
export class Monitor {
  /** Null when it has no `check`. */
  readonly health: Health | null;
  /** Checks that failed while the server was up. */
  failures: number;
  /** How often `observe` saw as many errors as `on-error` waits for. */
  observedFailures: number;
  readonly #schedule: CheckSchedule | null;
  readonly #agent: Agent | null;
  /** Null: its check does not speak SSH. */
  readonly #course: SshCheckCourse | null;
  #last: CheckResult | null;
  #errors: number;
  #isEnabled: boolean;
  #isAgentEnabled: boolean;
  #checkDetour: Detour;
  #agentDetour: Detour;
  /** What it was made for, from when it is stopped. */
  #planned: Planned | null = null;
  /** When its next check and question were due, in ms from when it was stopped; null: there would have been none. */
  #left: Due = { checkMs: null, agentMs: null };
  /** That of the one before. */
  readonly #due: Due;
  #isStopped = false;

  /** `common` is asked anew for each check. `former`: the server's monitor under the plan before, which is stopped. */
  constructor(
    readonly server: CheckedServer,
    common: () => CommonCheckSettings,
    former: Monitor | null = null,
  ) {
    const { check, agent, observe } = server.plan;
    const planned = plannedOf(server);
    former?.stop();
    const known = former?.handOver() ?? null;
    const checked = check === null || known === null || known.health === null ? null : known;
    const asked = agent === null || known === null || known.planned.agent === null ? null : known;
    this.health = check === null ? null : new Health(check.rise, check.fall);
    const before = checked?.health ?? null;
    if (before !== null) this.health?.succeed(before);
    this.failures = known?.failures ?? 0;
    this.observedFailures = known?.observedFailures ?? 0;
    const isSameCheck = checked !== null && isSame(checked.planned, planned, agentOnly);
    const isSameAgent = asked !== null && isSame(asked.planned.agent, agent);
    this.#last = isSameCheck ? checked.last : null;
    const speaksSsh = check !== null && planned.kind.kind === "ssh";
    this.#course = speaksSsh ? ((isSameCheck ? checked.course : null) ?? new SshCheckCourse(server.probes)) : null;
    this.#errors = observe === null ? 0 : (checked?.errors ?? 0);
    this.#isEnabled = checked?.isEnabled ?? true;
    this.#isAgentEnabled = asked?.isAgentEnabled ?? true;
    this.#checkDetour = checked === null ? noDetour : detourAfter(checked.checkDetour, checked.planned.check, check);
    this.#agentDetour = asked === null ? noDetour : detourAfter(asked.agentDetour, asked.planned.agent, agent);
    this.#due = {
      checkMs: isSameCheck ? checked.left.checkMs : null,
      agentMs: isSameAgent ? asked.left.agentMs : null,
    };
    const { health } = this;
    this.#schedule =
      health === null
        ? null
        : new CheckSchedule(
            new HealthCheckOptions(this, common, health, this.#course, (outcome) =>
              this.#take(() => this.#report(outcome)),
            ),
          );
    this.#agent =
      agent === null
        ? null
        : new Agent(
            new AgentCheckOptions(this, common, (answer, result) => this.#take(() => this.#hear(answer, result))),
            asked?.agentLast ?? null,
          );
  }

  /** What the server's next monitor may take over. */
  handOver(): HandOver {
    return {
      planned: this.#planned ?? plannedOf(this.server),
      health: this.health,
      course: this.#course,
      failures: this.failures,
      observedFailures: this.observedFailures,
      last: this.#last,
      agentLast: this.agentLast,
      errors: this.#errors,
      isEnabled: this.#isEnabled,
      isAgentEnabled: this.#isAgentEnabled,
      checkDetour: this.#checkDetour,
      agentDetour: this.#agentDetour,
      left: this.#left,
    };
  }

  /** Where and when it is checked now: as planned, or as an operator changed it. */
  get checkPlan(): ServerCheckPlan {
    const check = this.server.plan.check ?? unchecked;
    const { host, port } = this.#checkDetour;
    if (host === null && port === null) return check;
    return { ...check, address: host === null ? check.address : literalAddress(host), port: port ?? check.port };
  }

  /** Where and what the agent is asked now. */
  get agentPlan(): AgentPlan {
    const agent = this.server.plan.agent ?? unasked;
    const { host, port, send } = this.#agentDetour;
    if (host === null && port === null && send === null) return agent;
    const address = host === null ? agent.address : literalAddress(host);
    return { address, port: port ?? agent.port, interMs: agent.interMs, send: send ?? agent.send };
  }

  get last(): CheckResult | null {
    return this.#last;
  }

  get agentLast(): CheckResult | null {
    return this.#agent?.last ?? null;
  }

  get isRunning(): boolean {
    return this.#schedule?.isRunning === true;
  }

  /** How many schedules it keeps: the check's and the agent's. */
  get count(): number {
    return Number(this.#schedule !== null) + Number(this.#agent !== null);
  }

  get interMs(): number {
    return this.server.plan.check?.interMs ?? this.server.plan.agent?.interMs ?? 0;
  }

  /** The first check comes when the former monitor's was due, after `delayMs` if that checked otherwise or there was none. */
  start(delayMs: number): void {
    const { checkMs, agentMs } = this.#due;
    if (this.#isEnabled) this.#schedule?.start(checkMs ?? delayMs);
    if (this.#isAgentEnabled) this.#agent?.start(agentMs ?? delayMs);
  }

  /** Ends it; to be called while the plan that it was made for still runs. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#planned = plannedOf(this.server);
    this.#left = { checkMs: this.#schedule?.dueInMs ?? null, agentMs: this.#agent?.dueInMs ?? null };
    this.#schedule?.stop();
    this.#agent?.stop();
  }

  /** It has been ended: nobody asks for the server's health until the next one is there. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  get isAgentEnabled(): boolean {
    return this.#isAgentEnabled;
  }

  /** `enable|disable health`; the agent goes on. */
  setEnabled(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
    if (this.#isStopped) return;
    if (isEnabled) this.#schedule?.start(0);
    else this.#schedule?.stop();
  }

  /** `enable|disable agent`. */
  setAgentEnabled(isEnabled: boolean): void {
    this.#isAgentEnabled = isEnabled;
    if (this.#isStopped) return;
    if (isEnabled) this.#agent?.start(0);
    else this.#agent?.stop();
  }

  /** `set server … check-addr|check-port`, from the next check on. */
  changeCheck(host: string | null, port: number | null): void {
    const known = this.#checkDetour;
    this.#checkDetour = { host: host ?? known.host, port: port ?? known.port, send: null };
  }

  /** `set server … agent-addr|agent-port|agent-send`, from the next question on. */
  changeAgent(host: string | null, port: number | null, send: string | null): void {
    const known = this.#agentDetour;
    this.#agentDetour = { host: host ?? known.host, port: port ?? known.port, send: send ?? known.send };
  }

  /** `clear counters all`. */
  clearCounters(): void {
    this.failures = this.observedFailures = 0;
  }

  /** The operator's word, until the next check. */
  force(health: "up" | "down" | "stopping"): void {
    if (health === "down") this.health?.forceDown();
    else this.health?.forceUp();
  }

  /** Null: the server is not checked, or its checks are switched off. */
  get isCheckUp(): boolean | null {
    return this.health === null || !this.#isEnabled ? null : this.health.isUp;
  }

  get isAgentAsked(): boolean {
    return this.#agent !== null && this.#isAgentEnabled;
  }

  /** The server leaves maintenance: its checks begin as at a start, up until the first one fails. */
  revive(): void {
    if (!this.#isEnabled) return;
    this.health?.restore(this.health.rise);
  }

  /** Does what the agent asks for. Its silence changes nothing. */
  #hear(answer: AgentAnswer | null, result: CheckResult): void {
    if (answer !== null) this.server.heard(answer, result);
  }

  /** What a result leads to must not end the checks that follow, nor the session that showed it. */
  #take(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.server.backend.process.faults.note(error, "while a check's result was taken");
    }
  }

  #report(outcome: CheckOutcome): void {
    const { result, verdict, identMs } = outcome;
    if (verdict === "undecided") this.#note(result);
    else this.#fold(verdict !== "failed", result, verdict === "conditional");
    if (identMs !== undefined) this.server.identified(identMs);
  }

  /** Whether it is told as another than the one before. */
  #keep(result: CheckResult): boolean {
    const last = this.#last;
    this.#last = result;
    return last === null || last.status !== result.status || last.code !== result.code;
  }

  /** Of a check that says nothing of its health; with `CHECKED` it says nothing at all. */
  #note(result: CheckResult): void {
    const { health } = this;
    if (result.status === "CHECKED") return;
    if (this.#keep(result) && health !== null) this.#tell(health, health.isUp, result);
  }

  #fold(passed: boolean, result: CheckResult, isConditional: boolean): void {
    const differs = this.#keep(result);
    const { health } = this;
    if (health === null) return;
    if (!passed && health.isUp) this.failures += 1;
    const step = health.fold(passed);
    if (step.moved || differs) this.#tell(health, passed, result);
    this.server.checked(passed, isConditional, result);
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

  /** A session's server has said so: for checks that speak SSH to where sessions go. */
  heardSsh({ server: { identification, offer }, timeToIdentMs }: SshFacts): void {
    if (this.#course === null || identification === null || !this.#isCheckedAtHome) return;
    this.#course.hear({ identification, offer, identMs: timeToIdentMs }, clockMs());
  }

  /** Checks go where sessions go. */
  get #isCheckedAtHome(): boolean {
    const { address, port } = this.checkPlan;
    const home = this.server.address;
    if (home?.kind !== "tcp") return address === null;
    const isSameHost = address === null || (address.kind === "tcp" && address.host === home.host);
    return isSameHost && ((address?.kind === "tcp" ? address.port : null) ?? port ?? home.port) === home.port;
  }

  /**
   * What an exchange or a session found: a connect, or an answer (`fault`: what was wrong with it). With `observe` so many failures in
   * a row count as `on-error` says: of connects alone in layer4, of both in layer7.
   */
  observed(succeeded: boolean, fault: AnswerFault | null): void {
    const { observe, check } = this.server.plan;
    if (observe === null || check === null || (fault !== null && observe === "layer4")) return;
    this.#take(() => this.#observe(succeeded, fault));
  }

  #observe(succeeded: boolean, fault: AnswerFault | null): void {
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
    const info = `Detected ${plan.errorLimit} consecutive errors, last one was: ${faultWords(fault)}`;
    const result: CheckResult = { status: "HANA", code: null, info, durationMs: 0 };
    this.observedFailures += 1;
    if (plan.onError === "mark-down") health.restore(Math.min(health.value, health.rise));
    if (plan.onError === "sudden-death") health.weaken();
    if (plan.onError !== "fastinter") this.#fold(false, result, false);
    const fastMs = plan.check?.fastInterMs || plan.check?.interMs || 0;
    this.#schedule?.hurry(fastMs);
  }
}

/** Of a server that lost its check or agent a moment ago, until its monitor has been replaced. */
const unchecked: ServerCheckPlan = {
  interMs: 2000,
  fastInterMs: 0,
  downInterMs: 0,
  rise: 2,
  fall: 3,
  address: null,
  port: null,
  sendProxy: false,
  tls: null,
};
const unasked: AgentPlan = { address: null, port: 0, interMs: 2000, send: "" };
