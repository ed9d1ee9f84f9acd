/** How often bytes that come in pieces are looked at as a whole: at every piece, until that has cost too much. */

/** Looks at whole buffers that are free. Nobody who means well comes near it: 1,400 pieces of one byte each. */
const freeBuffers = 64;

/** When to look again: once so many bytes are there, or after so long if any have come; 0: there is no such time. */
export interface NextLook {
  readonly atLeast: number;
  readonly waitMs: number;
}

/**
 * When to look again at bytes of which `have` are there, after looks at `lookedAtBytes` of them in all.
 *
 * At first whenever one more byte has come, as HAProxy does. Who has had looks at 64 full buffers gets the next when an
 * eighth more has come, or when a 64th of the time since `startedAt` has gone by with any: from then on the looks are as few as the
 * logarithms of the bytes and of the time, and the answer is late by no more than that 64th.
 */
export function nextLook(
  have: number,
  lookedAtBytes: number,
  limitBytes: number,
  startedAt: number,
  nowMs: number,
): NextLook {
  if (lookedAtBytes <= freeBuffers * limitBytes) return { atLeast: have + 1, waitMs: 0 };
  return { atLeast: have + 1 + (have >> 3), waitMs: Math.max(1, (nowMs - startedAt) / 64) };
}
