/** Runs the lines of a `tcp-check` or `http-check` script, one after the other, over one dialogue. */
import { bytesOf } from "../../../wire/latin1.ts";
import { cast, type Sample } from "../../../rules/value/sample.ts";
import type { SocketAddress } from "../../../address.ts";
import type { CheckPlan, CheckStep } from "../../../plan/check.ts";
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import type { SampleExpression } from "../../../plan/rules/sample.ts";
import type { ServerAddress } from "../../../plan/server.ts";
import type { CheckTlsPlan } from "../../../plan/tls.ts";
import type { Dialogue, DialogueHandler } from "./dialogue.ts";
import { DialogueFailure } from "./dialogue-failure.ts";
import { expectedText, type HttpLook, type Look, lookForHttp, lookForTcp, unmetText } from "./expect.ts";
import { formatHttpRequest } from "./http-answer.ts";
import { CheckEnd } from "./outcome.ts";
import type { CheckSamples, CheckContext } from "./check-samples.ts";
import type { SessionVariables } from "../../process/variables.ts";

/** `http-check send-state`. */
const stateHeader = "x-haproxy-server-state";

/** Checks that are scripts. */
export type ScriptPlan = Extract<CheckPlan, { kind: "tcp" | "http" }>;

/** Who hears how a script ended. */
export interface ScriptEnd {
  /** Called once, perhaps before `runScript` returns: with a CheckEnd, or with what is a mistake in this program. */
  ended(end: unknown): void;
}

/** What a script runs on. `resolve` finds the address of a `connect addr` line. */
export interface ScriptRun {
  readonly plan: ScriptPlan;
  readonly dialogue: Dialogue;
  readonly samples: CheckSamples;
  readonly server: SocketAddress;
  readonly sendProxy: boolean;
  /** How the server line's own checks speak TLS; null: in the clear. */
  readonly tls: CheckTlsPlan | null;
  /** What the server line says of a step that is to speak it as well and says nothing itself; null: nothing. */
  readonly tlsDefault: CheckTlsPlan | null;
  /** The value of `http-check send-state`'s header. */
  readonly state: () => string;
  readonly resolve: (address: ServerAddress, port: number) => Promise<SocketAddress>;
}

type Step<K extends CheckStep["kind"]> = Extract<CheckStep, { kind: K }>;
/** Lines that HAProxy adds have no number. */
const added = { comment: null, number: 0, position: { file: "", line: 0 } } as const;
const firstConnect: CheckStep = {
  ...added,
  kind: "connect",
  default: true,
  port: null,
  address: null,
  sendProxy: false,
  linger: false,
  tls: null,
  optional: false,
};
/** Runs a script to its end, and finishes the dialogue. */
export function runScript(run: ScriptRun, end: ScriptEnd): void {
  let steps = scripts.get(run.plan);
  if (steps === undefined) scripts.set(run.plan, (steps = effectiveSteps(run.plan)));
  new Script(run, steps, end).heard(null);
}

/** What plans come to, each made once. */
const scripts = new WeakMap<ScriptPlan, readonly CheckStep[]>();

/** The script with what HAProxy adds: a first connect, and for `disable-on-404` an expectation. */
function effectiveSteps(plan: ScriptPlan): readonly CheckStep[] {
  const steps = [...plan.steps];
  const at = steps.findIndex((step) => step.kind !== "set-var" && step.kind !== "unset-var");
  if (steps[at]?.kind !== "connect") steps.splice(Math.max(at, 0), 0, firstConnect);
  return plan.kind === "http" && plan.disableOn404 ? withDrain(steps) : steps;
}

/** `http-check disable-on-404`: a 404 ends the check before any other expectation is asked. */
function withDrain(steps: readonly CheckStep[]): readonly CheckStep[] {
  const at = steps.findIndex((step) => step.kind === "http-expect");
  if (at < 0) return steps;
  return [...steps.slice(0, at), statusExpect("404", "L7OKC"), ...steps.slice(at)];
}

function statusExpect(pattern: string, okStatus: string | null): Step<"http-expect"> {
  return {
    ...added,
    kind: "http-expect",
    match: "status",
    negate: false,
    pattern,
    header: null,
    minRecv: null,
    okStatus,
    errorStatus: null,
    timeoutStatus: null,
    onSuccess: null,
    onError: null,
    statusCode: null,
  };
}

class Script implements DialogueHandler {
  /** The next line. */
  #at = 0;
  #last: CheckStep | null = null;
  /** What the last line does with the answer, once there is enough of it. */
  #conclude: (() => void) | null = null;
  #code: number | null = null;
  #variables: SessionVariables | null = null;

  constructor(
    private readonly run: ScriptRun,
    private readonly steps: readonly CheckStep[],
    private readonly end: ScriptEnd,
  ) {}

  /** DialogueHandler: goes on, behind a line that had to wait. */
  heard(failure: unknown): void {
    try {
      if (failure !== null) this.#fail(failure);
      this.#concluded();
      while (this.#at < this.steps.length) {
        if (!this.#take(this.steps[this.#at++] as CheckStep)) return;
      }
      this.#pass();
    } catch (error) {
      this.#variables?.release();
      this.run.dialogue.finish();
      this.end.ended(error);
    }
  }

  #concluded(): void {
    const conclude = this.#conclude;
    this.#conclude = null;
    conclude?.();
  }

  /** False: it has to wait. */
  #take(step: CheckStep): boolean {
    this.#last = step;
    try {
      if (!this.#act(step)) return false;
    } catch (error) {
      this.#fail(error);
    }
    this.#concluded();
    return true;
  }

  /** A line's failure ends the check, unless it may fail. */
  #fail(failure: unknown): void {
    const step = this.#last;
    if (!(failure instanceof DialogueFailure) || step === null) throw failure;
    if (step.kind === "connect" && step.optional) return;
    const text = `${failure.text ?? ""}${this.#where(step)}`;
    throw new CheckEnd(this.#failureStatus(step, failure), text || null);
  }

  /** Every line did what it should. */
  #pass(): never {
    const step = this.#last;
    const own = this.run.plan.kind === "tcp" ? "(tcp-check)" : null;
    if (step?.kind === "connect") {
      throw new CheckEnd(this.#tlsOf(step) === null ? "L4OK" : "L6OK", step.number > 0 ? "(tcp-check)" : null);
    }
    if (step?.kind !== "expect" && step?.kind !== "http-expect") throw new CheckEnd("L7OK", own, 0);
    const info = step.onSuccess === null ? own : this.#format(step.onSuccess);
    throw new CheckEnd(step.okStatus ?? "L7OK", info, this.#statusCode(step));
  }

  /** False: `heard` will be called. */
  #act(step: CheckStep): boolean {
    switch (step.kind) {
      case "connect":
        this.#connect(step);
        return false;
      case "send":
        this.run.dialogue.send(step.data instanceof Uint8Array ? step.data : bytesOf(this.#format(step.data)));
        return true;
      case "http-send":
        this.run.dialogue.send(bytesOf(this.#request(step)));
        return true;
      case "expect":
        return this.#expect(step);
      case "http-expect":
        return this.#expectHttp(step);
      case "set-var": {
        const value = "parts" in step.value ? text(this.#format(step.value)) : this.#sample(step.value);
        if (value !== undefined) this.#variablesHere.set(step.name, value);
        return true;
      }
      case "unset-var":
        this.#variablesHere.unset(step.name);
        return true;
    }
  }

  /** 0: none is said. */
  #portOf({ port }: Step<"connect">): number {
    if (port === null || typeof port === "number") return port ?? 0;
    const sample = this.#sample(port);
    const number = sample === undefined ? undefined : cast(sample, "sint");
    return number?.type === "sint" ? Number(BigInt.asUintN(16, number.value)) : 0;
  }

  #connect(step: Step<"connect">): void {
    const { server } = this.run;
    const serverPort = server.kind === "tcp" ? server.port : 0;
    const port = this.#portOf(step) || serverPort;
    // The same object each time where it can be: sockets remember what they made of it.
    if (step.address === null)
      return this.#open(step, server.kind === "tcp" && port !== server.port ? { ...server, port } : server);
    this.run.resolve(step.address, port).then(
      (address) => this.#open(step, address),
      (error: unknown) => this.heard(error),
    );
  }

  #open(step: Step<"connect">, address: SocketAddress): void {
    const { dialogue } = this.run;
    const sendProxy = step.sendProxy || (step.default && this.run.sendProxy);
    const next = this.steps[this.#at];
    const speaksFirst = next?.kind === "send" || next?.kind === "http-send";
    const tls = this.#tlsOf(step);
    if (next === undefined && !sendProxy && !step.linger && tls === null) dialogue.probe(address, this);
    else dialogue.open(address, { sendProxy, lingers: step.linger, speaksFirst, tls }, this);
  }

  #tlsOf({ tls, default: isDefault }: Step<"connect">): CheckTlsPlan | null {
    if (tls === null || !isDefault) return tls ?? (isDefault ? this.run.tls : null);
    const { sni, alpn } = this.run.tlsDefault ?? tls;
    return { sni: tls.sni ?? sni, alpn: tls.alpn.length > 0 ? tls.alpn : alpn };
  }

  #expect(step: Step<"expect">): boolean {
    let look: Look | "empty" = "wait";
    this.#conclude = () => this.#judge(step, look);
    return this.run.dialogue.listen((answer, final) => {
      if (answer.length > 0) look = lookForTcp(step, this.#render, answer, final);
      else if (final) look = "empty";
      return look === "wait" ? "wait" : "enough";
    }, this);
  }

  #judge(step: Step<"expect">, look: Look | "empty"): void {
    if (look === "fits") return;
    const status = step.errorStatus ?? "L7RSP";
    if (look === "empty") {
      const comment = step.comment === null ? "" : ` comment: '${step.comment}'`;
      throw new CheckEnd(status, `TCPCHK got an empty response at step ${step.number}${comment}`, 0);
    }
    const info = step.onError === null ? unmetText(step) : this.#format(step.onError);
    throw new CheckEnd(status, withComment(info, step), this.#statusCode(step));
  }

  #expectHttp(step: Step<"http-expect">): boolean {
    let look: HttpLook | "wait" = "wait";
    this.#conclude = () => {
      if (look !== "wait") this.#judgeHttp(step, look);
    };
    return this.run.dialogue.listen((answer, final) => {
      look = lookForHttp(step, this.#render, answer, final);
      return look === "wait" ? "wait" : "enough";
    }, this);
  }

  #judgeHttp(step: Step<"http-expect">, look: HttpLook): void {
    if (look.look === "fits") {
      this.#code = look.answer.status;
      if (step.okStatus === "L7OKC" && step.number === 0) throw new CheckEnd("L7OKC", null, look.answer.status);
      return;
    }
    if (step.okStatus === "L7OKC" && step.number === 0 && look.answer !== null) return;
    this.#code = look.answer?.status ?? null;
    if (look.answer === null) throw new CheckEnd(look.status, null);
    const info = step.onError === null ? look.info : this.#format(step.onError);
    throw new CheckEnd(step.errorStatus ?? look.status, withComment(info, step), this.#statusCode(step));
  }

  #request(step: Step<"http-send">): string {
    const own = (value: string | LogFormat): string => (typeof value === "string" ? value : this.#format(value));
    const headers = step.headers.map(({ name, value }) => [name, own(value)] as const);
    const { plan, state } = this.run;
    if (plan.kind === "http" && plan.sendState) headers.push([stateHeader, state()]);
    return formatHttpRequest(
      step.method,
      own(step.uri),
      step.version,
      headers,
      step.body === null ? "" : own(step.body),
    );
  }

  /** Where a tcp-check was when its connection failed; other kinds of checks do not say. */
  #where(step: CheckStep): string {
    if (this.run.plan.kind !== "tcp") return "";
    if (step.number === 0) return " at initial connection step of tcp-check";
    const comment = step.comment === null ? "" : ` comment: '${step.comment}'`;
    return ` at step ${step.number} of tcp-check${doing(step)}${comment}`;
  }

  #failureStatus(step: CheckStep, failure: DialogueFailure): string {
    if (failure.status !== "L7TOUT") return failure.status;
    const own = step.kind === "expect" || step.kind === "http-expect" ? step.timeoutStatus : null;
    return own ?? "L7TOUT";
  }

  #statusCode(step: Step<"expect"> | Step<"http-expect">): number {
    if (step.statusCode !== null) {
      const sample = this.#sample(step.statusCode);
      if (sample?.type === "sint") return Number(sample.value);
      if (sample?.type === "str" && /^\s*[0-9]+/.test(sample.value)) return Number.parseInt(sample.value, 10);
    }
    return this.#code ?? 0;
  }

  /** Made when they are first needed: most scripts have none. */
  get #variablesHere(): SessionVariables {
    return (this.#variables ??= this.run.samples.variables());
  }

  readonly #render = (format: LogFormat): string => this.#format(format);

  #format(format: LogFormat): string {
    return this.run.samples.format(format, this.#context());
  }

  #sample(expression: SampleExpression): Sample | undefined {
    return this.run.samples.sample(expression, this.#context());
  }

  #context(): CheckContext {
    const { dialogue, server } = this.run;
    return {
      source: dialogue.local ?? server,
      destination: dialogue.remote ?? server,
      answer: dialogue.answer,
      tls: dialogue.tlsFacts,
      variables: this.#variablesHere,
    };
  }
}

function doing(step: CheckStep): string {
  if (step.kind === "connect") return typeof step.port !== "number" ? " (connect)" : ` (connect port ${step.port})`;
  if (step.kind === "send") return " (send)";
  return step.kind === "expect" ? ` (${expectedText(step)})` : "";
}

function withComment(info: string | null, step: CheckStep): string | null {
  if (step.comment === null) return info;
  return `${info ?? ""} comment: ${step.comment}`;
}

function text(value: string): Sample {
  return { type: "str", value };
}
