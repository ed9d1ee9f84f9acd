/** A rate's statistics. */
import { clockMs } from "../../clock.ts";
import type { Rate } from "../time/rate.ts";
import type { RateStats } from "../public.ts";

/** As it is now. `limit`: 0 where there is none. */
export function rateStats(rate: Rate, limit: number): RateStats {
  return { current: rate.read(clockMs()), limit, max: rate.max };
}
