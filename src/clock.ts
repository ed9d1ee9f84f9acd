/** Monotonic milliseconds for every duration, and the date. The former stand still while what is ready at once is worked off: asking costs, and sessions ask often. */

/** Of the turn under way; negative: none. */
let turnMs = -1;

/** The time since some instant, in ms. The same throughout a turn of the event loop that `beginTurn` told of. */
export function clockMs(): number {
  return turnMs < 0 ? performance.now() : turnMs;
}

/** From here to `endTurn` time stands still. Nothing in between may wait for time to pass. */
export function beginTurn(): void {
  turnMs = performance.now();
  turnDateMs = -1;
  outsideMs += turnMs - endedMs;
}

export function endTurn(): void {
  endedMs = performance.now();
  turnMs = -1;
}

/** When the latest turn ended. */
let endedMs = 0;
let outsideMs = 0;

/**
 * How long there has been nothing to do for the loop that has turns, in ms, all told. What is watched was silent for that long
 * at least; how long it was besides, while others were served, nobody knows.
 */
export function restedMs(): number {
  return outsideMs;
}

/** What the monotonic clock lacks to be the date. */
let dateOffsetMs = performance.timeOrigin;
/** Of the turn under way; negative: nobody has asked for it yet. */
let turnDateMs = -1;

/**
 * Milliseconds since 1970, to the microsecond: the system's clock, also after it has been set. Like the other it stands still within a
 * turn, and both at its beginning: a date and what has passed since by the other make the date of now. For dates alone: whoever takes the
 * difference of two may find an hour in between.
 */
export function dateMs(): number {
  if (turnMs < 0) return askDate();
  if (turnDateMs < 0) {
    askDate();
    turnDateMs = dateOffsetMs + turnMs;
  }
  return turnDateMs;
}

function askDate(): number {
  const monotonicMs = performance.now();
  const wholeMs = Date.now();
  const ms = dateOffsetMs + monotonicMs;
  if (ms >= wholeMs && ms < wholeMs + 1) return ms;
  // The clock was set, or runs at another pace.
  dateOffsetMs = wholeMs - monotonicMs;
  return wholeMs;
}
