/** The bounds of a server's weight. */

/** `weight`, an operator's and an agent's word: 0 (takes nothing) to this, as in HAProxy. */
export const maxWeight = 256;

export function isWeight(weight: number): boolean {
  return weight >= 0 && weight <= maxWeight;
}
