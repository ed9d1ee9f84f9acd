/** A promise that somebody else settles: Promise.withResolvers, which Node 20 lacks. */

/** The promise and what settles it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: Error) => void;
}

/** Not settled yet. */
export function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> | null = null;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  // The constructor has called it by now.
  return { promise, ...(settle as unknown as Omit<Deferred<T>, "promise">) };
}
