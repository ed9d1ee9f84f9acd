/** `tcp-response` content rules: run over the server's first bytes, which a gate holds back while the client's go on. */
import type { Verdict } from "../../../rules/actions/effects.ts";
import { clockMs } from "../../../clock.ts";
import { Gate } from "../../../net/gate.ts";
import type { Payload } from "../../../rules/context.ts";
import type { RuleRun } from "../../../rules/ruleset.ts";
import { Sniffing } from "../../../rules/sniffing.ts";
import type { SshReading } from "../../process/ssh-place.ts";
import type { Room } from "./request-inspection.ts";
import { type NextLook, nextLook } from "../../time/inspection-pace.ts";

/** What an inspection asks of its session. */
export interface ResponseInspector {
  /** What the rules are to see from now on. */
  response: Payload | null;
  /** The rules' last word, once, over what the gate holds; what still waited at the end counts as passed. */
  answered(verdict: Verdict, gate: Gate): void;
  /** Something threw. Never throws. */
  fail(error: unknown): void;
}

/** Begins when the relay does, with what has come by then, and looks again at each piece, less often once that has cost too much. */
export class ResponseInspection {
  readonly gate: Gate;
  readonly #sniffing = new Sniffing();
  readonly #startedAt = clockMs();
  #next: NextLook = { atLeast: 0, waitMs: 0 };
  #isLooking = false;
  #deadline: ReturnType<typeof setTimeout> | null = null;
  #pause: ReturnType<typeof setTimeout> | null = null;

  constructor(
    readonly run: RuleRun,
    readonly delayMs: number,
    readonly room: Room,
    readonly inspector: ResponseInspector,
    /** SSH is read along, so that rules may wait for what the client says only once it has read the server's lines. */
    readonly reading: SshReading | null = null,
    /** Somebody else's, who tells `changed`; null: one of its own. */
    gate: Gate | null = null,
  ) {
    this.gate = gate ?? new Gate(room.limitBytes, () => this.changed());
    if (reading !== null) reading.whenTold = () => this.#clientTold();
  }

  /** The first look; the relay that the gate stands in has begun. */
  begin(): void {
    this.#isLooking = true;
    this.#look(this.delayMs === 0);
    if (this.#isLooking) this.#deadline = setTimeout(() => this.#lookLater(true), this.delayMs);
  }

  /** Nobody wants to know any more. */
  stop(): void {
    this.#isLooking = false;
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#deadline = this.#pause = null;
    if (this.reading !== null) this.reading.whenTold = null;
  }

  /** In a turn of its own: the relay is in the middle of the client's bytes. */
  #clientTold(): void {
    queueMicrotask(() => {
      if (this.#isLooking) this.#lookLater(false);
    });
  }

  /** More has come, or will not. */
  changed(): void {
    if (!this.#isLooking) return;
    const { bytes, isWhole } = this.gate;
    if (isWhole || bytes.length >= this.#next.atLeast) return this.#look(isWhole);
    this.#passLines();
    this.#pause ??= setTimeout(() => this.#lookLater(false), this.#next.waitMs);
  }

  #lookLater(isLast: boolean): void {
    this.#pause = null;
    try {
      this.#look(isLast);
    } catch (error) {
      this.stop();
      this.inspector.fail(error);
    }
  }

  #look(isLast: boolean): void {
    const { isWhole } = this.gate;
    const { limitBytes, bufferBytes } = this.room;
    // The last piece may have been more than there is room for.
    const bytes = this.gate.bytes.subarray(0, limitBytes);
    const final = isLast || isWhole;
    this.inspector.response = { bytes, final, bufferBytes, sniffing: this.#sniffing };
    const verdict = this.run.step();
    if (verdict === "wait" && !final) {
      const { lookedAtBytes } = this.#sniffing;
      this.#next = nextLook(bytes.length, lookedAtBytes, limitBytes, this.#startedAt, clockMs());
      return this.#passLines();
    }
    this.stop();
    this.inspector.answered(verdict === "wait" ? "pass" : verdict, this.gate);
  }

  /** The rules wait, and for what they know: the server's lines go on, once they are whole. */
  #passLines(): void {
    const { gate, reading } = this;
    if (reading !== null && gate.passedBytes === 0) gate.pass(reading.linesEnd(gate.bytes));
  }
}
