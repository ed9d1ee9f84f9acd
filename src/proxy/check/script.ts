/** Runs the lines of a `tcp-check` or `http-check` script, one after the other, over one dialogue. */
import type { Sample } from "../../rules/value/sample.ts";
import type { SocketAddress } from "../../address.ts";
import type { CheckPlan, CheckStep } from "../../plan/check.ts";
import type { LogFormat } from "../../plan/log-format.ts";
import type { SampleExpression } from "../../plan/sample.ts";
import type { ServerAddress } from "../../plan/server.ts";
import type { Variables } from "../../rules/context.ts";
import { latin1Bytes } from "./check-bytes.ts";
import type { Dialogue } from "./dialogue.ts";
import { DialogueFailure } from "./dialogue.ts";
import { expectedText, lookForHttp, lookForTcp, unmetText } from "./expect.ts";
import { formatHttpRequest } from "./http-answer.ts";
import { CheckEnd } from "./outcome.ts";
import { stateHeader } from "./send-state.ts";
import type { CheckSamples, CheckScope } from "./check-samples.ts";

/** What a script runs on. `resolve` finds the address of a `connect addr` line. */
export interface ScriptRun {
  readonly plan: Extract<CheckPlan, { kind: "tcp" | "http" }>;
  readonly dialogue: Dialogue;
  readonly samples: CheckSamples;
  readonly server: SocketAddress;
  readonly sendProxy: boolean;
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
  optional: false,
};
/** Runs a script to its end, which is always thrown as a CheckEnd. */
export async function runScript(run: ScriptRun): Promise<never> {
  const variables = run.samples.variables();
  try {
    const script = new Script(run, variables);
    let steps = scripts.get(run.plan);
    if (steps === undefined) scripts.set(run.plan, (steps = effectiveSteps(run.plan)));
    for (const step of steps) await script.take(step, step === steps.at(-1));
    return script.pass();
  } finally {
    variables.release();
  }
}

/** What plans come to, each made once. */
const scripts = new WeakMap<ScriptRun["plan"], readonly CheckStep[]>();

/** The script with what HAProxy adds: a first connect, and for `disable-on-404` an expectation. */
function effectiveSteps(plan: ScriptRun["plan"]): readonly CheckStep[] {
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

class Script {
  #last: CheckStep | null = null;
  #code: number | null = null;

  constructor(
    private readonly run: ScriptRun,
    private readonly variables: Variables,
  ) {}

  /** `isLast`: nothing comes behind it. */
  async take(step: CheckStep, isLast: boolean): Promise<void> {
    this.#last = step;
    try {
      await this.#act(step, isLast);
    } catch (error) {
      if (!(error instanceof DialogueFailure)) throw error;
      if (step.kind === "connect" && step.optional) return;
      const text = `${error.text ?? ""}${this.#where(step)}`;
      throw new CheckEnd(this.#failureStatus(step, error), text || null);
    }
  }

  /** Every line did what it should. */
  pass(): never {
    const step = this.#last;
    const own = this.run.plan.kind === "tcp" ? "(tcp-check)" : null;
    if (step?.kind === "connect") throw new CheckEnd("L4OK", step.number > 0 ? "(tcp-check)" : null);
    if (step?.kind !== "expect" && step?.kind !== "http-expect") throw new CheckEnd("L7OK", own, 0);
    const info = step.onSuccess === null ? own : this.#format(step.onSuccess);
    throw new CheckEnd(step.okStatus ?? "L7OK", info, this.#statusCode(step));
  }

  async #act(step: CheckStep, isLast: boolean): Promise<void> {
    switch (step.kind) {
      case "connect":
        return this.#connect(step, isLast);
      case "send":
        return this.run.dialogue.send(step.data instanceof Uint8Array ? step.data : this.#bytes(step.data));
      case "http-send":
        return this.run.dialogue.send(latin1Bytes(this.#request(step)));
      case "expect":
        return this.#expect(step);
      case "http-expect":
        return this.#expectHttp(step);
      case "set-var": {
        const value = "parts" in step.value ? text(this.#format(step.value)) : this.#sample(step.value);
        if (value !== undefined) this.variables.set(step.name, value);
        return;
      }
      case "unset-var":
        return this.variables.unset(step.name);
    }
  }

  async #connect(step: Step<"connect">, isLast: boolean): Promise<void> {
    const { server, dialogue } = this.run;
    const serverPort = server.kind === "tcp" ? server.port : 0;
    const port = step.port ?? serverPort;
    // The same object each time where it can be: sockets remember what they made of it.
    let address: SocketAddress = server.kind === "tcp" && port !== server.port ? { ...server, port } : server;
    if (step.address !== null) address = await this.run.resolve(step.address, port);
    const sendProxy = step.sendProxy || (step.default && this.run.sendProxy);
    if (isLast && !sendProxy && !step.linger) return dialogue.probe(address);
    await dialogue.connect(address, sendProxy, step.linger);
  }

  async #expect(step: Step<"expect">): Promise<void> {
    const render = (format: LogFormat): string => this.#format(format);
    const look = await this.run.dialogue.receive((answer, final) => {
      if (answer.length === 0) return final ? "empty" : "wait";
      return lookForTcp(step, render, answer, final);
    });
    if (look === "fits") return;
    const status = step.errorStatus ?? "L7RSP";
    if (look === "empty") {
      const comment = step.comment === null ? "" : ` comment: '${step.comment}'`;
      throw new CheckEnd(status, `TCPCHK got an empty response at step ${step.number}${comment}`, 0);
    }
    const info = step.onError === null ? unmetText(step) : this.#format(step.onError);
    throw new CheckEnd(status, withComment(info, step), this.#statusCode(step));
  }

  async #expectHttp(step: Step<"http-expect">): Promise<void> {
    const render = (format: LogFormat): string => this.#format(format);
    const look = await this.run.dialogue.receive((answer, final) => lookForHttp(step, render, answer, final));
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

  #format(format: LogFormat): string {
    return this.run.samples.format(format, this.#scope());
  }

  #bytes(format: LogFormat): Uint8Array {
    return latin1Bytes(this.#format(format));
  }

  #sample(expression: SampleExpression): Sample | undefined {
    return this.run.samples.sample(expression, this.#scope());
  }

  #scope(): CheckScope {
    const { dialogue, server } = this.run;
    return {
      source: dialogue.local ?? server,
      destination: dialogue.remote ?? server,
      answer: dialogue.answer,
      variables: this.variables,
    };
  }
}

function doing(step: CheckStep): string {
  if (step.kind === "connect") return step.port === null ? " (connect)" : ` (connect port ${step.port})`;
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
