/** The agent check: asks a helper beside the server how it feels, in words that change its state, weight and maxconn. */
import { bytesOf, latin1 } from "../../wire/latin1.ts";
import { clockMs } from "../../clock.ts";
import type { ConnectOptions, Transport } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import type { CheckResult } from "../../events.ts";
import { ownText } from "../../rules/value/own.ts";
import { RepeatedCheck } from "./repeated-check.ts";
import type { Abort } from "./run/abort.ts";
import { type AgentAnswer, parseAgentAnswer } from "./agent-answer.ts";
import { Dialogue, type DialogueHandler } from "./run/dialogue.ts";
import { DialogueFailure } from "./run/dialogue-failure.ts";
import { spread } from "./schedule.ts";

/** What an agent needs to know. The functions are asked anew each time. */
export interface AgentOptions {
  readonly transport: Transport;
  readonly interMs: number;
  readonly timeouts: { readonly connectMs: number; readonly checkMs: number };
  readonly spreadPercent: number;
  readonly bufsizeBytes: number;
  /** Sent as it is right after connecting; "" sends nothing. */
  readonly send: string;
  /** Null: nowhere to ask now. */
  readonly address: () => SocketAddress | null;
  readonly socket: () => Omit<ConnectOptions, "address" | "timeoutMs">;
  /** Gets each answer. An agent that cannot be reached gives null: its last word stands (manual, `agent-check`), and `result` says why. */
  readonly report: (answer: AgentAnswer | null, result: CheckResult) => void;
}

/** What an agent said, as its options' `report` gets it. */
interface AgentWord {
  readonly answer: AgentAnswer | null;
  readonly result: CheckResult;
}

/** Asks one server's agent again and again between `start` and `stop`. */
export class Agent extends RepeatedCheck<AgentWord> implements AgentHandler {
  #last: CheckResult | null;

  /** `last`: what the same server's agent said before, under another plan. */
  constructor(
    private readonly options: AgentOptions,
    last: CheckResult | null = null,
  ) {
    super();
    this.#last = last;
  }

  get last(): CheckResult | null {
    return this.#last;
  }

  protected ask(abort: Abort): boolean {
    const address = this.options.address();
    if (address !== null) askAgent(this.options, address, abort, this);
    return address !== null;
  }

  /** AgentHandler. */
  answered(abort: Abort, answer: AgentAnswer | null, result: CheckResult): void {
    this.settle(abort, { answer, result });
  }

  protected report({ answer, result }: AgentWord): void {
    this.#last = result;
    this.options.report(answer, result);
  }

  protected pauseMs(): number {
    return spread(this.options.interMs, this.options.spreadPercent);
  }
}

/** Agents get no header. */
const noProxyHeader = { proxyVersion: 1, proxyChecksum: false, neverSendLocal: false } as const;

/** Who hears what an agent said. */
export interface AgentHandler {
  /** Called once, and not before `askAgent` returns. Where `abort` was given up the answer means nothing. */
  answered(abort: Abort, answer: AgentAnswer | null, result: CheckResult): void;
}

/** What a question needs to know. */
export type AgentQuestion = Omit<AgentOptions, "address" | "report" | "spreadPercent">;

/** Asks once: connects, sends, and reads one line or up to the end. Throws nothing for what the agent does. */
export function askAgent(options: AgentQuestion, address: SocketAddress, abort: Abort, handler: AgentHandler): void {
  new Question(options, abort, handler).ask(address);
}

class Question implements DialogueHandler {
  readonly #startedAt = clockMs();
  readonly #dialogue: Dialogue;
  #isConnected = false;
  #text = "";

  constructor(
    private readonly options: AgentQuestion,
    private readonly abort: Abort,
    private readonly handler: AgentHandler,
  ) {
    const { transport, interMs, timeouts, bufsizeBytes } = options;
    this.#dialogue = new Dialogue(
      { transport, socket: options.socket(), interMs, timeouts, bufsizeBytes, ...noProxyHeader },
      abort,
    );
  }

  ask(address: SocketAddress): void {
    const speaksFirst = this.options.send !== "";
    this.#dialogue.open(address, { sendProxy: false, lingers: true, speaksFirst, tls: null }, this);
  }

  /** DialogueHandler. */
  heard(failure: unknown): void {
    if (failure !== null) return this.#fail(failure);
    let answer: AgentAnswer;
    try {
      if (!this.#isConnected && !this.#listen()) return;
      answer = parseAgentAnswer(this.#text);
    } catch (error) {
      return this.#fail(error);
    }
    this.#end(answer, answer.result.status, answer.result.info);
  }

  /** True: the answer is there already. */
  #listen(): boolean {
    this.#isConnected = true;
    const { send } = this.options;
    if (send !== "") this.#dialogue.send(bytesOf(send));
    return this.#dialogue.listen((bytes, final) => {
      this.#text = latin1(bytes);
      return final || /[\r\n]/.test(this.#text) ? "enough" : "wait";
    }, this);
  }

  #fail(error: unknown): void {
    if (error instanceof DialogueFailure) this.#end(null, error.status, error.text);
    // A mistake in this program, told as such.
    else this.#end(null, "SOCKERR", String(error));
  }

  #end(answer: AgentAnswer | null, status: string, info: string | null): void {
    this.#dialogue.finish();
    const durationMs = Math.max(0, Math.floor(clockMs() - this.#startedAt));
    const code = status === "L7OK" || status === "L7STS" ? 0 : null;
    const result = { status, code, info: info === null ? null : ownText(info), durationMs };
    this.handler.answered(this.abort, answer, result);
  }
}
