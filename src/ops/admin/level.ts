/** How much a connection of a command socket may do (manual, 9.3, "level"). */
import type { StatsSocketPlan } from "../../plan/global.ts";

/** How much a connection may do, in rising order. */
export type Level = StatsSocketPlan["level"];

const ranks: Record<Level, number> = { user: 0, operator: 1, admin: 2 };

/** Whether a connection may do what needs this level. */
export function isAllowed(session: { readonly level: Level }, level: Level): boolean {
  return ranks[session.level] >= ranks[level];
}
