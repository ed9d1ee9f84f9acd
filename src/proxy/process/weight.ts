/** The scale in which backends and their balancers know weights. */
import { maxWeight } from "../../plan/server.ts";

/** Steps of one weight unit, so that slow start can raise a weight gently (HAProxy's own scale). */
export const weightScale = 16;

/** One more than the highest effective weight, so that `weightRange - weight` is positive. */
export const weightRange = maxWeight * weightScale + 1;

/** An effective weight, or a sum of them, in units of `weight` as statistics show it. */
export function shownWeight(weight: number): number {
  return Math.ceil(weight / weightScale);
}
