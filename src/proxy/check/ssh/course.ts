/** The course of one server's SSH checks: what has been heard of it, when, and so what its next check has to do. */
import type { SocketAddress } from "../../../address.ts";
import type { CheckResult } from "../../../events.ts";
import { isSame } from "../../../plan/same.ts";
import type { ProbePace } from "../../time/probe-pace.ts";
import type { SshHeard } from "./heard.ts";

/**
 * What a check does. "heard": it takes for its answer what the server has said to a client since the last check. "connect": it opens a
 * connection and resets it, which leaves no line in sshd's log. "probe": it speaks SSH. "skip": it leaves the server alone.
 */
export type SshStep = "heard" | "connect" | "probe" | "skip";

/** How things stand when a check is due. */
export interface SshTerms {
  readonly address: SocketAddress;
  /** `inter`. */
  readonly interMs: number;
  /** The server is fully up: neither rising nor falling. */
  readonly isSettled: boolean;
  /** Servers notice connections that are reset at once: they count them as they count probes, and may complain of them. */
  readonly isSeen: boolean;
  /** Identifications without lists do not tell enough. */
  readonly needsOffer: boolean;
}

/** A server that speaks SSH is taken to go on doing so for so many times `inter`, as long as it can be connected to. */
const trustedInters = 5;

/**
 * Decides, of one server, when it is spoken to. Takes the time from outside, in monotonic ms.
 *
 * A settled server that its clients do not show to be one of SSH is probed once in five intervals; one that rises or falls at each
 * check, as far as the pace of probes allows; a plain connect tells then only that it is dead, not that it is well. Where plain connects are
 * noticed there are none, and probes as often as their pace allows.
 */
export class SshCheckCourse {
  #address: SocketAddress | null = null;
  /** The latest that it has said since the last check; and the latest with its lists. */
  #latest: SshHeard | null = null;
  #whole: SshHeard | null = null;
  #latestAt = -Infinity;
  #wholeAt = -Infinity;
  /** Of all since the last check. */
  #quickestMs = Infinity;
  /** When it has last shown itself to be what is expected of it. */
  #provenAt = -Infinity;
  #shown: CheckResult | null = null;

  constructor(readonly pace: ProbePace) {}

  /** The server has said so to a client. */
  hear(heard: SshHeard, now: number): void {
    this.#latest = heard;
    this.#latestAt = now;
    if (heard.offer !== null) {
      this.#whole = heard;
      this.#wholeAt = now;
    }
    this.#quickestMs = Math.min(this.#quickestMs, heard.identMs);
  }

  /** What the check that is due has to do. */
  next(terms: SshTerms, now: number): SshStep {
    if (!isSame(terms.address, this.#address)) this.#moveTo(terms.address);
    const heardAt = terms.needsOffer ? this.#wholeAt : this.#latestAt;
    if (now - heardAt <= terms.interMs) return "heard";
    const mayProbe = this.pace.waitMs(now) === 0;
    if (terms.isSeen) return mayProbe ? "probe" : "skip";
    const isTrusted = terms.isSettled && now - this.#provenAt < trustedInters * terms.interMs;
    return mayProbe && !isTrusted ? "probe" : "connect";
  }

  /** What "heard" stands for. Nothing of it counts for another check: what was said quickest tells how fast the server is. */
  takeHeard(needsOffer: boolean): SshHeard | null {
    const heard = needsOffer ? this.#whole : this.#latest;
    const quickestMs = this.#quickestMs;
    this.#forgetHeard();
    return heard === null ? null : { ...heard, identMs: quickestMs };
  }

  /** A check has found out how it stands: `isProven`, as it should. */
  judged(result: CheckResult, isProven: boolean, now: number): void {
    this.#shown = result;
    this.#provenAt = isProven ? now : -Infinity;
  }

  /** A check has found out nothing, and `result` says why. */
  refused(result: CheckResult): void {
    this.#shown = result;
  }

  /** What the last check that has found out something is told to have found; null: there is none. */
  get shown(): CheckResult | null {
    return this.#shown;
  }

  /** It is another server. */
  #moveTo(address: SocketAddress): void {
    if (this.#address !== null) {
      this.#forgetHeard();
      this.#provenAt = -Infinity;
      this.#shown = null;
    }
    this.#address = address;
  }

  #forgetHeard(): void {
    this.#latest = this.#whole = null;
    this.#latestAt = this.#wholeAt = -Infinity;
    this.#quickestMs = Infinity;
  }
}
