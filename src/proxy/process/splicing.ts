/** Whose bytes may stay in the kernel. */
import type { RelayLimits, Splicing } from "../../net/transport.ts";
import type { Plan } from "../../plan/plan.ts";
import type { SplicePlan } from "../../plan/proxy.ts";

/** Whether some proxy asks for it. */
export function asksForSplice({ frontends, backends }: Plan): boolean {
  return [...frontends, ...backends].some(({ splice }) => splice.auto || splice.request || splice.response);
}

/** What holds for sessions between two proxies: as in HAProxy one of them is enough to ask for it, and who asks is stronger than who refuses. */
export function splicingOf(front: SplicePlan, back: SplicePlan): RelayLimits["splice"] {
  const auto = either(front.auto, back.auto);
  return {
    request: either(auto, either(front.request, back.request)),
    response: either(auto, either(front.response, back.response)),
  };
}

function either(one: Splicing, other: Splicing): Splicing {
  if (one === true || other === true) return true;
  return one === false || other === false ? false : null;
}
