/** How much the runtime's heap holds. */
import { heapSize } from "bun:jsc";

/** Bytes, as counted already: v8's statistics go through the whole heap here, which stops everything for some 0.1 s. */
export function heapBytes(): number {
  return heapSize();
}
