/** Monotonic milliseconds. They stand still while what is ready at once is worked off: asking costs, and sessions ask often. */

/** Of the turn under way; negative: none. */
let turnMs = -1;

/** The time since some instant, in ms. The same throughout a turn of the event loop that `beginTurn` told of. */
export function clockMs(): number {
  return turnMs < 0 ? performance.now() : turnMs;
}

/** From here to `endTurn` time stands still. Nothing in between may wait for time to pass. */
export function beginTurn(): void {
  turnMs = performance.now();
}

export function endTurn(): void {
  turnMs = -1;
}
