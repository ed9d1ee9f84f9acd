/** How often what stands before a quantifier may come: `*`, `{2,5}?`, … */
import type { Node } from "./node.ts";

/** PCRE2's. */
const maxRepeat = 65_535;

/** What is wrong with the counts of one; null: nothing. */
export function countComplaint([, least, , most]: RegExpExecArray): string | null {
  const counts = [least, most].filter((one) => one !== undefined && one !== "").map(Number);
  if (counts.some((one) => one > maxRepeat)) return "number too big in {} quantifier";
  return counts[0]! > counts[1]! ? "numbers out of order in {} quantifier" : null;
}

/** What `quantifier` makes of `item`. */
export function repeated(item: Node, quantifier: RegExpExecArray, isUngreedy: boolean): Node {
  const [text, least, comma, most] = quantifier;
  const kind = text[0];
  const min = least === undefined ? (kind === "+" ? 1 : 0) : Number(least);
  let max = kind === "?" ? 1 : Number.POSITIVE_INFINITY;
  if (least !== undefined) max = comma === "" ? min : most === "" || most === undefined ? max : Number(most);
  const suffix = least === undefined ? text[1] : /\}(.)$/.exec(text)?.[1];
  const isLazy = (suffix === "?") !== isUngreedy;
  const mode = suffix === "+" ? "possessive" : isLazy ? "lazy" : "greedy";
  return { kind: "repeat", item, min, max, mode };
}
