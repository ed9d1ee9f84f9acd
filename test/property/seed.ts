/** Random choices that can be had again: the seed is printed, and SEED= repeats a run. */

/** A generator of numbers from 0 up to, not including, 1 (mulberry32), and choices made with it. */
export interface Random {
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Uint8Array;
}

/** Prints the seed it starts from. */
export function seededRandom(name: string): Random {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`${name}: SEED=${seed}`);
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick: (list) => list[between(0, list.length - 1)] as (typeof list)[number],
    bytes: (length) => Uint8Array.from({ length }, () => between(0, 255)),
  };
}
