/** Tables by word, which may be asked for any word that came from outside. */

/** A Map, for a plain object has words that nobody put into it: `constructor`, `__proto__`. */
export function wordTable<Row>(rows: { readonly [word: string]: Row }): ReadonlyMap<string, Row> {
  return new Map(Object.entries(rows));
}
