/**
 * How everything that is asked of the process is answered: in slices, with a turn of the event loop between any two of all
 * answers under way, and no faster than they are read. So sessions never wait for more than one slice.
 *
 * What is shown is that of the moment at which its slice is made, as in HAProxy: counters go on between two slices, and what
 * has gone meanwhile is left out.
 */

/**
 * The pieces of an answer. Each step does the work of one row: it shows one server, table entry or sample. A step that finds
 * nothing to show is an empty text, so that work counts although nothing comes of it.
 */
export type Rows = Iterable<string>;

/** A slice ends with the step that reaches either. */
export const sliceRows = 256;
export const sliceLength = 16_384;

/** The text of the next steps; `isLast`: there are no more. */
export interface Slice {
  readonly text: string;
  readonly isLast: boolean;
}

/** Does the next slice of the work. */
export function nextSlice(rows: Iterator<string>): Slice {
  let text = "";
  for (let count = 0; count < sliceRows && text.length < sliceLength; count++) {
    const { done, value } = rows.next();
    if (done === true) return { text, isLast: true };
    text += value;
  }
  return { text, isLast: false };
}

/** A text that is there already, in pieces no longer than a slice. */
export function* pieces(text: string): Rows {
  for (let at = 0; at < text.length; at += sliceLength) yield text.slice(at, at + sliceLength);
}

/** Rows that say nothing: what is done for each of many. */
export function* silently(steps: Iterable<unknown>): Rows {
  for (const _ of steps) yield "";
}

const waiting: (() => void)[] = [];

/** Resolves in a turn of the event loop of its own: of all who wait for one, one goes on each turn, in the order of asking. */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(nextTurn);
  });
}

function nextTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(nextTurn);
}

/**
 * Makes an answer slice by slice. `write` resolves once the reader takes more, false when there is nobody any more: then the
 * rest is not made. Work that shows nothing is done to its end, whoever listens.
 */
export async function pour(rows: Rows, write: (text: string) => Promise<boolean>): Promise<boolean> {
  const steps = rows[Symbol.iterator]();
  for (;;) {
    await ownTurn();
    const { text, isLast } = nextSlice(steps);
    if (text !== "" && !(await write(text))) {
      steps.return?.();
      return false;
    }
    if (isLast) return true;
  }
}

/** Does work that is not for a reader in the same way: `take` is given what each step comes to. */
export async function inSlices<Item>(items: Iterable<Item>, take: (item: Item) => void): Promise<void> {
  const steps = items[Symbol.iterator]();
  for (;;) {
    await ownTurn();
    for (let count = 0; count < sliceRows; count++) {
      const { done, value } = steps.next();
      if (done === true) return;
      take(value);
    }
  }
}
