/** HAProxy's event rate over a sliding period: the current window and a fading share of the one before. */

/** Slots that one rate takes in a row of counters: start of the window, events in it, events in the one before. */
export const rateSlots = 3;

/** Values of an unused rate; its first event opens the first window. */
export const freshRate: readonly number[] = [Number.NEGATIVE_INFINITY, 0, 0];

/** Adds `count` events at `nowMs` to the rate that stands at `at` in `counters`. */
export function addToRate(counters: number[], at: number, periodMs: number, nowMs: number, count: number): void {
  const start = counters[at]!;
  if (nowMs - start < periodMs) {
    counters[at + 1]! += count;
    return;
  }
  const next = start + periodMs;
  const missed = nowMs - next >= periodMs;
  counters[at + 2] = missed ? 0 : counters[at + 1]!;
  counters[at + 1] = count;
  counters[at] = missed ? nowMs : next;
}

/**
 * Events over the last `periodMs`: all of the current window, and of the one before as large a share as the period still
 * reaches into it, rounded down. A single event in the window before stays 1 until that window is out of reach.
 */
export function readRate(counters: readonly number[], at: number, periodMs: number, nowMs: number): number {
  let current = counters[at + 1]!;
  let past = counters[at + 2]!;
  let remaining = counters[at]! + periodMs - nowMs;
  if (remaining < 0) {
    remaining += periodMs;
    past = remaining >= 0 ? current : 0;
    current = 0;
  }
  if (current === 0 && past <= 1) return past;
  return Math.floor((past * remaining) / periodMs) + current;
}
