/** What becomes of a request by its rules: list by list, and what they may wait for, until one has decided or a server is looked for. */
import { clockMs } from "../../clock.ts";
import type { HttpFrontendPlan, HttpProxyPlan } from "../../plan/http.ts";
import { bodyWanted } from "../../proxy/balance/request-key.ts";
import type { Backend } from "../../proxy/backend/backend.ts";
import type { HttpRules } from "../../proxy/rules/http-rules.ts";
import { restOf, type StatsPage } from "../../proxy/rules/stats-page.ts";
import type { PasswordFault } from "../../proxy/session/questions/password-verdicts.ts";
import type { Cause, Phase } from "../../proxy/session/search/seeker.ts";
import type { Verdict } from "../../rules/actions/effects.ts";
import type { HttpReply, ReplyCause } from "../../rules/http-view.ts";
import type { RuleRun, Ruleset } from "../../rules/ruleset.ts";
import { Head } from "../../wire/http/head.ts";
import { inspecting } from "./inspecting.ts";
import { LookingExchange } from "./exchange-body.ts";
import { countError } from "../../rules/stick/tracking.ts";
import type { Responder } from "../answers/responder.ts";

const plainName = /^[a-z0-9-]+$/;

interface AskedPage {
  readonly page: StatsPage;
  readonly rest: string;
}

/** The letters of an answer that a rule made. */
function lettersOf(cause: ReplyCause): readonly [Cause, Phase] {
  return cause === "deny" || cause === "error" ? ["P", "R"] : ["L", "R"];
}

/** An answer of plain words, which nobody is to keep. */
function textReply(status: number, text: string): HttpReply {
  const fields = [
    ["cache-control", "no-cache"],
    ["content-type", "text/plain; charset=utf-8"],
  ] as const;
  return { kind: "made", status, reason: null, fields, body: Buffer.from(`${text}\n`) };
}

/** An exchange as far as its rules go. */
export abstract class RuledExchange extends LookingExchange {
  /** Which rules come next, and those that run. */
  #step = 0;
  #run: RuleRun | null = null;
  /** A rule has waited: what the client took for its request is told anew once they go on. */
  #hasWaited = false;
  /** The fields of a 103 that is to be sent. */
  #hints: Head | null = null;
  /** Rules are through: it is to choose a server that the body is waited for. */
  #isKeying = false;
  /** The statistics page that it asks for; and what a service makes in answer. */
  #page: AskedPage | null = null;
  #making: ReturnType<Responder["service"]> = null;

  /** `option http-restrict-req-hdr-names`. False: the request was refused. */
  protected restrictNames({ fields }: Head, how: HttpFrontendPlan["fieldNames"]): boolean {
    if (how === "preserve") return true;
    if (how === "delete") {
      fields.removeWhere((name) => !plainName.test(name));
      return true;
    }
    for (let index = 0; index < fields.count; index++) {
      if (plainName.test(fields.name(index))) continue;
      this.countRequestError();
      this.refuse(403, "P", "R");
      return false;
    }
    return true;
  }

  /** Takes the request along its rules, from where it stands, to a server. */
  protected proceed(): void {
    for (;;) {
      this.#run ??= this.#nextRun();
      if (this.isOver || this.stage !== "rules") return;
      if (this.#run === null) return this.findServer();
      const verdict = this.#run.step();
      if (this.isOver) return;
      this.#sendHints();
      if (verdict === "wait" && (this.isBodyWanted || this.awaitsAnswer)) {
        this.#hasWaited = true;
        if (this.awaitsPassword) return this.#awaitPassword();
        // For a name, as long as its resolvers are waited for.
        return this.isBodyWanted ? this.awaitBody() : this.side.arm();
      }
      if (this.#hasWaited) this.headMs = this.elapsed();
      this.#hasWaited = false;
      this.#run = null;
      if (verdict === "pass" || verdict === "accept" || verdict === "wait" || verdict === "switch-mode") continue;
      return this.#decide(verdict);
    }
  }

  /** The next rules that there are; null: all are through, or something else has ended them. */
  #nextRun(): RuleRun | null {
    while (this.stage === "rules" && !this.isOver) {
      const rules = this.#rulesAt(this.#step);
      if (rules === undefined) return null;
      this.#step += 1;
      if (rules !== null) return rules.start(this, this);
    }
    return null;
  }

  #rulesAt(step: number): Ruleset | null | undefined {
    const { rules, plan } = this.front;
    switch (step) {
      case 0:
        return plan.http?.buffersRequest === true ? this.#buffered(plan.http) : null;
      case 1:
        return rules.asks;
      case 2:
        // In `mode tcp` they have run over what came.
        return plan.http === null ? null : this.#inspected(rules.content, plan.inspectDelayMs);
      case 3:
        return this.#isMonitor() ? null : (rules.http?.request ?? null);
      case 4:
        return this.#pageRules(rules.http);
      case 5:
        return rules.http?.redirect ?? null;
      case 6:
        // Rules may have made it another password than came.
        return this.#page === null ? rules.asks : this.#page.page.asks;
      case 7:
        return this.#paging;
      case 8:
        if (!this.#chooseBackend()) return null;
        if (this.#other !== null) return this.#inspected(this.#other.rules.content, this.#other.plan.inspectDelayMs);
        // It has none of its own: 13 comes next.
        this.#step = 12;
        return null;
      case 9:
        return this.#other?.plan.http?.buffersRequest === true ? this.#buffered(this.#other.plan.http) : null;
      case 10:
        return this.#other?.rules.http?.request ?? null;
      case 11:
        return this.#other === null ? null : this.#pageRules(this.#other.rules.http);
      case 12:
        return this.#other?.rules.http?.redirect ?? null;
      case 13:
        return this.#page === null ? (this.at?.rules.asks ?? null) : this.#page.page.asks;
      case 14:
        return this.#paging;
      case 15:
        return this.#keyed;
      default:
        return undefined;
    }
  }

  #inspected(rules: Ruleset | null, delayMs: number): Ruleset | null {
    return rules === null ? null : inspecting(rules, delayMs, this);
  }

  /** `option http-buffer-request` of one half, as if it were a rule. */
  #buffered(half: HttpProxyPlan): Ruleset {
    const waitMs = this.bodyWaitMs(half);
    return { isEmpty: false, start: () => ({ step: () => (this.hasBody(0, waitMs) ? "pass" : "wait") }) };
  }

  /** Whether it is the statistics page of this half that is asked for: then what says who may see it. */
  #pageRules(half: HttpRules | null): Ruleset | null {
    const page = half === null ? null : half.statsPage;
    if (page === null || this.#page !== null || this.side.http.responder === null) return null;
    const { request } = this.http;
    const rest = request === null ? null : restOf(page.plan, request);
    if (rest === null) return null;
    this.#page = { page, rest };
    this.serveBy("<STATS>");
    return page.rules;
  }

  /** The page, as if it were a rule: a form is waited for. */
  get #paging(): Ruleset | null {
    const asked = this.#page;
    if (asked === null) return null;
    const isAdmin = asked.page.isAdmin(this);
    const waitMs = this.bodyWaitMs(this.plan);
    const isForm = isAdmin && this.requestHead?.method === "POST";
    return {
      isEmpty: false,
      start: () => ({
        step: () => {
          if (isForm && !this.hasBody(0, waitMs)) return "wait";
          this.#servePage(asked, isAdmin);
          return "answer";
        },
      }),
    };
  }

  #servePage({ page: { plan, proxy }, rest }: AskedPage, isAdmin: boolean): void {
    const { side } = this;
    const { fields, method } = this.requestHead as Head;
    const making = side.http.responder?.stats({
      plan,
      proxy,
      method: method as "GET" | "HEAD" | "POST",
      rest,
      field(name) {
        const at = fields.find(name);
        return at < 0 ? null : fields.value(at);
      },
      isAdmin,
      form: this.form,
    });
    if (making !== undefined) this.#making = { label: "<STATS>", answer: making };
  }

  /** `balance url_param … check_post`: so much of the body that its key may be in it. */
  get #keyed(): Ruleset | null {
    const wanted = this.at === null ? 0 : bodyWanted(this.at.plan.balance, this.method);
    if (wanted === 0) return null;
    this.#isKeying = true;
    const waitMs = this.bodyWaitMs(this.back);
    return { isEmpty: false, start: () => ({ step: () => (this.hasBody(wanted, waitMs) ? "pass" : "wait") }) };
  }

  /** The backend, where it has rules of its own: those that it shares with its frontend have run. */
  get #other(): Backend | null {
    return this.isOneSection ? null : this.at;
  }

  /** `monitor-uri`: answered, without a line in the log. */
  #isMonitor(): boolean {
    const { monitorUri } = this.plan;
    if (monitorUri === null || this.uri !== monitorUri) return false;
    const hasFailed = this.front.rules.http?.monitorFails?.(this) === true;
    this.front.counters.http.intercepted += 1;
    this.logLevel = "silent";
    this.refuse(hasFailed ? 503 : 200, "L", "R");
    return true;
  }

  #chooseBackend(): boolean {
    // What needs no server has been answered before this.
    if (this.#isInMaintenance(this.front.plan.name, "R")) return false;
    const backend = this.front.backendFor(this);
    if (backend === null || (backend.plan.http === null && this.front.plan.http === null)) {
      this.abandon("S", "C");
      return false;
    }
    this.at = backend;
    backend.counters.enter();
    backend.counters.begin(clockMs());
    backend.counters.http.count(clockMs());
    if (this.#isInMaintenance(backend.plan.name, "C")) return false;
    const head = this.requestHead;
    return head === null || this.restrictNames(head, backend.plan.http?.fieldNames ?? "preserve");
  }

  /** An operator has said so: the answer is what was said, or the page of a 503. */
  #isInMaintenance(name: string, phase: "R" | "C"): boolean {
    const maintenance = this.front.process.maintenance.of(name);
    if (maintenance === null) return false;
    maintenance.refused += 1;
    if (maintenance.text === "") this.refuse(503, "K", phase);
    else this.reply(textReply(503, maintenance.text), "K", phase);
    return true;
  }

  /** RuleEffects.http. */
  replyWith(reply: HttpReply, cause: ReplyCause): void {
    this.ruleReply = { reply, cause };
  }

  #decide(verdict: Verdict): void {
    const making = this.#making;
    if (verdict === "answer" && making !== null) {
      if (this.at === null || this.isOneSection) this.front.counters.http.intercepted += 1;
      return this.page(making.label, making.answer);
    }
    if (verdict === "answer" && this.ruleReply !== null) return this.#answerByRule(this.ruleReply);
    this.countDeniedRequest();
    this.#forgetTimes();
    this.end("P", "R", verdict === "silent-drop" ? "drop" : "linger");
  }

  #answerByRule({ reply, cause }: { readonly reply: HttpReply; readonly cause: ReplyCause }): void {
    const isDenied = cause === "deny" || cause === "tarpit";
    if (isDenied) {
      this.captureRequestCookie();
      this.countDeniedRequest();
    } else if (cause === "error") {
      this.#forgetTimes();
      if (reply.status === 400) this.countRequestError();
      else this.countInternalError();
    } else if (this.at === null || this.isOneSection) this.front.counters.http.intercepted += 1;
    if (cause === "auth" && this.ownTracked !== null) countError(this.ownTracked);
    if (cause === "tarpit") return this.#hold();
    // As in HAProxy, which does not wait for a body to be redirected.
    const { requestMessage } = this;
    if (cause === "redirect" && requestMessage !== null && requestMessage.framing.body !== "none") {
      requestMessage.framing.isPersistent = false;
    }
    const [letter, phase] = lettersOf(cause);
    this.reply(reply, letter, phase);
  }

  /** As in HAProxy, which has looked at the clock only where the body was waited for. */
  #forgetTimes(): void {
    if (this.plan.buffersRequest !== true) this.hideTimes();
  }

  /** `tarpit`: the answer is made once the client has waited long enough. */
  #hold(): void {
    const { at, plan, front } = this;
    const own = at?.plan.http?.httpTimeouts.tarpitMs ?? 0;
    const connectMs = at === null ? 0 : at.plan.timeouts.connectMs;
    const tarpitMs = own || plan.httpTimeouts.tarpitMs || connectMs || front.plan.timeouts.clientMs || 5000;
    this.stage = "tarpit";
    this.waitsUntil = clockMs() + tarpitMs;
    this.side.arm();
  }

  protected override named(): void {
    this.#goOn();
  }

  #goOn(): void {
    try {
      if (!this.isOver && this.stage === "rules") this.proceed();
    } catch (error) {
      this.fail(error);
    }
  }

  /** As long as a request may take to come, for its rules wait. */
  #awaitPassword(): void {
    this.waitsUntil = clockMs() + this.bodyWaitMs(this.plan);
    this.side.arm();
  }

  protected override passwordsKnown(fault: PasswordFault | null): void {
    if (this.isOver || this.stage !== "rules") return;
    this.waitsUntil = Infinity;
    if (fault === null) return this.#goOn();
    try {
      if (fault === "failed") this.countInternalError();
      this.refuse(fault === "busy" ? 503 : 500, fault === "busy" ? "R" : "I", "R");
    } catch (error) {
      this.fail(error);
    }
  }

  protected waited(): void {
    // Rules of content decide by what has come.
    if (this.isInspecting) return this.#goOn();
    if (this.awaitsPassword) return this.refuse(503, "R", "R");
    if (!this.#isKeying) this.hideTimes();
    this.refuse(408, "c", "R");
  }

  protected held(): void {
    this.heldMs = this.elapsed();
    if (this.plan.buffersRequest !== true) this.headMs = -1;
    if (this.ruleReply !== null) this.reply(this.ruleReply.reply, "P", "T");
  }

  // Effects.

  earlyHint(name: string, value: string): void {
    if (this.version === "HTTP/1.0") return;
    if (this.#hints === null) {
      this.#hints = new Head();
      this.#hints.setStatus(103, "Early Hints");
    }
    this.#hints.fields.add(name, value);
  }

  /** What a list of rules has hinted at goes as one 103. */
  #sendHints(): void {
    const hints = this.#hints;
    if (hints === null) return;
    this.#hints = null;
    this.sendInterim(hints);
  }

  serve(name: string): boolean {
    const head = this.requestHead;
    if (head === null) return false;
    this.#making = this.side.http.responder?.service(name, { method: head.method, target: head.target }) ?? null;
    return this.#making !== null;
  }
}
