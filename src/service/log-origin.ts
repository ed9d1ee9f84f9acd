/** Where lines of the log go, and what they say they come from. */
import { hostname } from "node:os";
import type { LogNames } from "../ops/log/syslog.ts";
import type { LogTarget } from "../plan/log.ts";
import type { Plan } from "../plan/plan.ts";
import type { Proxies } from "../proxy/running.ts";

/** A proxy's own `log-tag`. */
export function tagOf({ frontends, backends }: Proxies, name: string): string | null {
  return frontends.get(name)?.plan.logTag ?? backends.get(name)?.plan.logTag ?? null;
}

/** A proxy's own `log` targets. */
export function logsOf({ frontends, backends }: Proxies, name: string): readonly LogTarget[] {
  return frontends.get(name)?.plan.logs ?? backends.get(name)?.plan.logs ?? [];
}

/** What lines of the log say they come from, by the plan that runs. The machine is asked for its name once a plan. */
export function logNames(planOf: () => Plan | null): () => LogNames {
  let of: Plan | null = null;
  let names: LogNames = { tag: "haproxy", hostname: null };
  return () => {
    const plan = planOf();
    if (plan === null || plan === of) return names;
    of = plan;
    const { logTag, logSendHostname } = plan.global;
    names = { tag: logTag ?? "haproxy", hostname: logSendHostname === "" ? hostname() : logSendHostname };
    return names;
  };
}
