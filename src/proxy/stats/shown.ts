/** Which frontends and backends are shown. */
import type { Backend } from "../backend/backend.ts";
import type { Frontend } from "../frontend/frontend.ts";
import { LiveBackend } from "./live-backend.ts";
import { LiveFrontend } from "./live-frontend.ts";

/** What is shown of a plan that runs. */
export interface Shown {
  readonly frontends: readonly LiveFrontend[];
  readonly backends: readonly LiveBackend[];
  /** Both, in the order of their ids. */
  readonly proxies: readonly (LiveFrontend | LiveBackend)[];
}

/** Lists those that the plan does not disable. Nothing is read of them but their ids. */
export function shown(frontends: Iterable<Frontend>, backends: Iterable<Backend>): Shown {
  const fronts: LiveFrontend[] = [];
  const backs: LiveBackend[] = [];
  for (const one of frontends) if (!one.plan.disabled) fronts.push(new LiveFrontend(one));
  for (const one of backends) if (!one.plan.disabled) backs.push(new LiveBackend(one));
  const places = [...fronts, ...backs].map((one) => ({ one, at: one.id * 2 + (one.kind === "frontend" ? 0 : 1) }));
  places.sort((a, b) => a.at - b.at);
  return { frontends: fronts, backends: backs, proxies: places.map(({ one }) => one) };
}
