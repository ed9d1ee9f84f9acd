/** Which directions of relays are streams, and are woken for much at a time: a rule over bytes and instants, without a clock or a socket. */

/** When a direction is a stream, and what becomes of it. */
export interface LowWaterRule {
  /** So much without a pause makes a stretch one of a stream. */
  readonly afterBytes: number;
  /** After a stream's pause it takes so many times as much as before: what pauses again and again, as a dialogue does, is held up hardly ever. */
  readonly growth: number;
  /** SO_RCVLOWAT of a stream. What has come waits until there is so much, or `pauseMs`. */
  readonly markBytes: number;
  /**
   * A direction that brings nothing, or not half of `markBytes`, in this time pauses: where much is there after it the pause was
   * our own.
   */
  readonly pauseMs: number;
  /**
   * Marks that may be up at once. The kernel makes a socket's receive buffer as large as its mark needs, 1 MB for 512 KiB instead
   * of 131 KB, for good. It does the same for whoever sends fast, mark or not: of a stream that nobody takes any more it was
   * seen to keep 1.4 to 18 MB. So what marks add is bounded by those that are up.
   */
  readonly limit: number;
}

/**
 * What suits most. Less than 5 ms would be less than a tick of the kernel's clock, and cost a timer of its own for each sleep.
 */
export const lowWaterRule: LowWaterRule = {
  afterBytes: 8 << 20,
  growth: 4,
  markBytes: 512 << 10,
  pauseMs: 5,
  limit: 64,
};

/** Who shares the process's marks: the relay that copies, and the workers that splice. */
export const relayShares = 2;

/** The share of each of so many. */
export function shareOf(rule: LowWaterRule, parts: number): LowWaterRule {
  return { ...rule, limit: Math.floor(rule.limit / parts) };
}

/** What one direction has moved since it paused last. */
export class Stretch<Source> {
  /** Its mark is up. */
  isRaised = false;
  /** All that it has brought. */
  bytes = 0;
  /** Monotonic ms: when bytes last came, or reading went on. */
  movedAt: number;
  /** What it has yet to move to be a stream. */
  left: number;
  /** What that is after a pause. */
  after: number;

  constructor(
    readonly source: Source,
    afterBytes: number,
    now: number,
  ) {
    this.movedAt = now;
    this.left = this.after = afterBytes;
  }
}

/** What `LowWater` asks of those who move the bytes. */
export interface Marking<Source> {
  /** SO_RCVLOWAT, at most `bytes`; false where there can be none. */
  raise(source: Source, bytes: number): boolean;
  /** SO_RCVLOWAT of 1. The kernel tells at once of what is there. */
  lower(source: Source): void;
  /** Nothing is read from it because nobody takes what it has brought: not its pause. */
  isHeld(source: Source): boolean;
}

/** The streams of one thread. */
export class LowWater<Source> {
  readonly rule: LowWaterRule;
  readonly #marking: Marking<Source>;
  readonly #raised = new Set<Stretch<Source>>();
  /** Monotonic ms: when one may have paused, so that `look` has something to do; Infinity while there is none. */
  lookAt = Infinity;

  constructor(rule: LowWaterRule, marking: Marking<Source>) {
    this.rule = rule;
    this.#marking = marking;
  }

  begin(source: Source, now: number): Stretch<Source> {
    return new Stretch(source, this.rule.afterBytes, now);
  }

  /** `bytes` have come. */
  moved(stretch: Stretch<Source>, bytes: number, now: number): void {
    stretch.bytes += bytes;
    if (!stretch.isRaised && !this.#isMuch(bytes) && this.#isDue(stretch, now)) stretch.left = stretch.after;
    stretch.movedAt = now;
    if (stretch.isRaised) return;
    stretch.left -= bytes;
    if (stretch.left <= 0 && this.#raised.size < this.rule.limit) this.#raise(stretch, now);
  }

  /** Reading goes on after it had to wait. Long enough, that counts as a pause: one who takes bytes so slowly makes nobody wake often. */
  goOn(stretch: Stretch<Source>, now: number): void {
    if (!stretch.isRaised && this.#isDue(stretch, now)) stretch.left = stretch.after;
    stretch.movedAt = now;
  }

  #isDue(stretch: Stretch<Source>, now: number): boolean {
    return now - stretch.movedAt >= this.rule.pauseMs;
  }

  #isMuch(bytes: number): boolean {
    return bytes * 2 >= this.rule.markBytes;
  }

  #raise(stretch: Stretch<Source>, now: number): void {
    if (!this.#marking.raise(stretch.source, this.rule.markBytes)) {
      stretch.left = stretch.after = Infinity;
      return;
    }
    stretch.isRaised = true;
    this.#raised.add(stretch);
    this.lookAt = Math.min(this.lookAt, now + this.rule.pauseMs);
  }

  /**
   * Has what has come been read, by `read`, of those that may have paused; who has is woken for every byte again. To be called
   * once all that was told at `now` has been read.
   */
  look(now: number, read: (source: Source) => void): void {
    if (now < this.lookAt) return;
    for (const stretch of this.#raised) {
      if (!this.#isDue(stretch, now)) continue;
      const { bytes } = stretch;
      if (!this.#marking.isHeld(stretch.source)) read(stretch.source);
      if (!this.#isMuch(stretch.bytes - bytes)) this.end(stretch);
    }
    this.lookAt = Infinity;
    for (const { movedAt } of this.#raised) this.lookAt = Math.min(this.lookAt, movedAt + this.rule.pauseMs);
  }

  /** Ends a stretch whose mark is up, before its time or after it. */
  end(stretch: Stretch<Source>): void {
    if (!this.forget(stretch)) return;
    if (!this.#marking.isHeld(stretch.source)) stretch.after *= this.rule.growth;
    stretch.left = stretch.after;
    this.#marking.lower(stretch.source);
  }

  /** The direction is gone. Whether its mark was up. */
  forget(stretch: Stretch<Source>): boolean {
    if (!stretch.isRaised) return false;
    stretch.isRaised = false;
    this.#raised.delete(stretch);
    if (this.#raised.size === 0) this.lookAt = Infinity;
    return true;
  }
}
