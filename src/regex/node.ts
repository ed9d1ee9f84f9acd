/** A regular expression taken apart: what any engine is told, and what is reckoned with. */
import type { ByteSet } from "./bytes.ts";

/** "end": before a newline that is the last byte, too; "very-end": at the end only. Lines' own ends are those of `(?m)`. */
export type Place = "start" | "end" | "very-end" | "word" | "not-word" | "line-start" | "line-end";

export type Node =
  | { readonly kind: "set"; readonly set: ByteSet }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly items: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly item: Node;
      readonly min: number;
      /** Infinity: as often as it can. */
      readonly max: number;
      readonly mode: "greedy" | "lazy" | "possessive";
    }
  /** `( )`; counted from 1. */
  | { readonly kind: "group"; readonly item: Node; readonly index: number }
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "look"; readonly item: Node; readonly isAhead: boolean; readonly isNegative: boolean }
  | { readonly kind: "atomic"; readonly item: Node }
  | { readonly kind: "reference"; readonly index: number; readonly ignoreCase: boolean };

export const empty: Node = { kind: "sequence", items: [] };

/** How many bytes it takes, at least and at most. */
export function widthOf(node: Node): { readonly min: number; readonly max: number } {
  switch (node.kind) {
    case "set":
      return { min: 1, max: 1 };
    case "sequence":
      return node.items.map(widthOf).reduce((sum, one) => ({ min: sum.min + one.min, max: sum.max + one.max }), {
        min: 0,
        max: 0,
      });
    case "choice": {
      const widths = node.items.map(widthOf);
      return { min: Math.min(...widths.map((one) => one.min)), max: Math.max(...widths.map((one) => one.max)) };
    }
    case "repeat": {
      const { min, max } = widthOf(node.item);
      return { min: min * node.min, max: max === 0 ? 0 : max * node.max };
    }
    case "group":
    case "atomic":
      return widthOf(node.item);
    case "place":
    case "look":
      return { min: 0, max: 0 };
    case "reference":
      return { min: 0, max: Number.POSITIVE_INFINITY };
  }
}

/** Whether `is` holds for it or for anything in it. */
export function includes(node: Node, is: (node: Node) => boolean): boolean {
  if (is(node)) return true;
  if ("items" in node) return node.items.some((item) => includes(item, is));
  return "item" in node && includes(node.item, is);
}
