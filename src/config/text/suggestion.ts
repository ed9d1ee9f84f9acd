/** "Did you mean": the known word nearest to one that is not known. */

/**
 * The nearest of `words`, or null when none is near.
 *
 * Near means that a third of the longer word is wrong at most: a letter more, less, other, or two swapped.
 */
export function nearest(word: string, words: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of words) {
    const limit = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const found = distance(word, candidate);
    if (found <= limit && found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** Damerau and Levenshtein's distance, with swaps of neighbours. */
export function distance(left: string, right: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[right.length] ?? 0;
}

/** Words that are compared for one configuration: a fraction of a second's work. */
const enough = 200_000;

/**
 * Suggestions among names that the configuration gives itself. So many wrong ones that looking further would take long
 * are one mistake: from there on nothing is suggested.
 */
export class Suggestions {
  #left = enough;

  /** As `nearest`; `words` is only called while there is something to be suggested. */
  nearest(word: string, words: () => Iterable<string>): string | null {
    if (this.#left <= 0) return null;
    const list = [...words()];
    this.#left -= list.length;
    return nearest(word, list);
  }
}
