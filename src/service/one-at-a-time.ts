/** Acts that must not overlap, asked for more often than they are worth doing. */

/**
 * Never runs `act` twice at once. Whoever asks while it runs gets what the next run brings, one for all of them: it began
 * after they asked.
 */
export function oneAtATime<T>(act: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    waiting = null;
    return act();
  };
  return () => {
    if (waiting !== null) return waiting;
    waiting = last.then(begin, begin);
    last = waiting;
    return waiting;
  };
}
