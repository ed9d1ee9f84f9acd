/** Runs one check of `option ssh-check`: by what clients have shown, by a plain connect, or by speaking SSH. */
import type { SocketAddress } from "../../../address.ts";
import { clockMs } from "../../../clock.ts";
import type { CheckResult } from "../../../events.ts";
import type { TransportError } from "../../../net/transport.ts";
import type { SshCheckPlan } from "../../../plan/ssh/ssh-check.ts";
import type { ServerCheckPlan } from "../../../plan/server.ts";
import { ownText } from "../../../rules/value/own.ts";
import type { Abort } from "../run/abort.ts";
import { connectBudgetMs, Dialogue, type DialogueSettings, done } from "../run/dialogue.ts";
import { connectFailure, DialogueFailure } from "../run/dialogue-failure.ts";
import { CheckEnd, type CheckOutcome } from "../run/outcome.ts";
import type { SshCheckCourse, SshStep } from "./course.ts";
import { greet, printable, SshRefused } from "./greeting.ts";
import type { SshHeard } from "./heard.ts";
import { misfit, needsOffer } from "./judgement.ts";

/** sshd enforces a penalty for so long at least. */
const penaltyMs = 15_000;

/** Characters of a server's own words that are kept and told: an identification may have thousands. */
const toldMost = 400;

/** One check and what it needs to know. */
export interface SshCheckRun {
  readonly plan: SshCheckPlan;
  readonly server: Pick<ServerCheckPlan, "interMs" | "sendProxy" | "tls">;
  readonly settings: DialogueSettings;
  readonly address: SocketAddress;
  readonly course: SshCheckCourse;
  /** The server is fully up: neither rising nor falling. */
  readonly isSettled: boolean;
}

/** Resolves with what has come of it, and never rejects. Where `abort` is given up meanwhile that means nothing. */
export function checkSsh(run: SshCheckRun, abort: Abort): Promise<CheckOutcome> {
  return new SshCheck(run, abort).begin();
}

class SshCheck {
  readonly #startedAt = clockMs();

  constructor(
    private readonly run: SshCheckRun,
    private readonly abort: Abort,
  ) {}

  async begin(): Promise<CheckOutcome> {
    const { course, plan } = this.run;
    const step = this.#next();
    if (step === "skip") return this.#undecided(null);
    if (step === "heard") {
      const heard = course.takeHeard(needsOffer(plan.expects));
      if (heard !== null) return this.#judge(heard, 0);
    }
    return step === "connect" ? this.#connect() : this.#probe();
  }

  #next(): SshStep {
    const { course, address, plan, server, settings, isSettled } = this.run;
    const { interMs } = server;
    const isSeen = settings.transport.hidesProbes !== true;
    return course.next({ address, interMs, isSettled, isSeen, needsOffer: needsOffer(plan.expects) }, this.#startedAt);
  }

  /** All that is asked is whether a connection opens. */
  async #connect(): Promise<CheckOutcome> {
    const { settings, address, isSettled, course } = this.run;
    const { transport, socket, interMs, timeouts } = settings;
    const timeoutMs = connectBudgetMs(interMs, timeouts);
    const failure = await new Promise<TransportError | null>((probed) => {
      this.abort.running = transport.probe({ ...socket, address, timeoutMs }, { probed });
    });
    if (failure !== null) return this.#failed(connectFailure(failure, address));
    const opened = this.#result("L4OK", null, null);
    if (!isSettled) return this.#undecided(opened);
    return { verdict: "passed", result: course.shown ?? opened };
  }

  async #probe(): Promise<CheckOutcome> {
    const { settings, server, address, course } = this.run;
    course.pace.begin(clockMs());
    const dialogue = new Dialogue(settings, this.abort);
    try {
      const { sendProxy, tls } = server;
      await done((handler) => dialogue.open(address, { sendProxy, lingers: true, speaksFirst: true, tls }, handler));
      const heard = await greet(dialogue);
      return this.#judge(heard, clockMs() - this.#startedAt);
    } catch (error) {
      return error instanceof SshRefused ? this.#refused(error) : this.#failed(error);
    } finally {
      dialogue.finish();
    }
  }

  #judge(heard: SshHeard, durationMs: number): CheckOutcome {
    const { plan, course } = this.run;
    const wrong = misfit(plan.expects, heard);
    const isSlow = plan.slowMs > 0 && heard.identMs >= plan.slowMs;
    const info = wrong ?? heard.identification.line;
    const told = `${printable(info.slice(0, toldMost))}${isSlow ? ` (slow: ${Math.round(heard.identMs)} ms)` : ""}`;
    const result = this.#result(wrong === null ? "L7OK" : "L7STS", 0, told, durationMs);
    course.judged(result, wrong === null, clockMs());
    return { verdict: wrong === null ? "passed" : "failed", result, identMs: heard.identMs };
  }

  /** It is there, and wants no more of us for now. */
  #refused({ kind, info }: SshRefused): CheckOutcome {
    const { course } = this.run;
    if (kind === "penalty") course.pace.rest(clockMs(), penaltyMs);
    const result = this.#result("L7OKC", 0, info);
    course.refused(result);
    return { verdict: "undecided", result };
  }

  #failed(error: unknown): CheckOutcome {
    const result = this.#failure(error);
    this.run.course.judged(result, false, clockMs());
    return { verdict: "failed", result };
  }

  #failure(error: unknown): CheckResult {
    if (error instanceof CheckEnd) return this.#result(error.status, error.code, error.info);
    if (error instanceof DialogueFailure) return this.#result(error.status, null, error.text);
    // A mistake in this program, told as such.
    return this.#result("SOCKERR", null, String(error));
  }

  /** What was known stays. */
  #undecided(opened: CheckResult | null): CheckOutcome {
    const result = this.run.course.shown ?? opened ?? this.#result("CHECKED", null, null);
    return { verdict: "undecided", result };
  }

  /** It is kept until the next check's end, and may have been cut out of a long answer. */
  #result(status: string, code: number | null, info: string | null, durationMs?: number): CheckResult {
    const ms = durationMs ?? clockMs() - this.#startedAt;
    return { status, code, info: info === null ? null : ownText(info), durationMs: Math.max(0, Math.floor(ms)) };
  }
}
