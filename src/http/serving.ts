/** `mode http` as the proxy takes it: whoever serves the clients of its frontends. */
import type { HttpGlobalPlan } from "../plan/http.ts";
import type { Frontend } from "../proxy/frontend/frontend.ts";
import type { HttpMode } from "../proxy/proxy.ts";
import type { Sessions } from "../proxy/session/sessions.ts";
import type { HttpLimits, HttpProcess } from "./client/client-side.ts";
import { Messages } from "./bytes/message.ts";
import { Pools } from "./server/pool.ts";
import type { Responder } from "./answers/responder.ts";
import { HttpSession } from "./session.ts";

/** One per process. `global`: what the plan that runs says of HTTP; `responder`: who makes pages, if anybody does. */
export function httpServing(
  sessions: Sessions,
  global: () => HttpGlobalPlan,
  responder: Responder | null = null,
): HttpMode {
  const http: HttpProcess = {
    requests: new Messages("request"),
    answers: new Messages("response"),
    pools: new Pools(),
    responder,
  };
  let known: { readonly plan: HttpGlobalPlan; readonly bytes: number; readonly limits: HttpLimits } | null = null;

  /** The same object for all messages while nothing changes, for readers are kept by it. */
  function limitsOf({ process }: Frontend): HttpLimits {
    const plan = global();
    const bytes = process.inspectBytes;
    if (known?.plan !== plan || known.bytes !== bytes) {
      const head = { bytes, fields: plan.maxFields, target: bytes };
      const { logUriLength, cookieLength, acceptsAnyPayload } = plan;
      const caseAdjust = new Map(plan.caseAdjust);
      known = {
        plan,
        bytes,
        limits: { head, bodyBytes: bytes, logUriLength, cookieLength, acceptsAnyPayload, caseAdjust },
      };
    }
    return known.limits;
  }

  return {
    serve: (front, listener, client, now) =>
      new HttpSession(sessions, front, listener, client, http, limitsOf(front), now, null),
    takeOver(session) {
      const { front, listener, client, startedAt } = session;
      new HttpSession(sessions, front, listener, client, http, limitsOf(front), startedAt, session).goOn();
    },
    retire() {
      http.pools.close();
      for (const session of sessions.running) session.retire?.();
    },
    renew(closing) {
      http.pools.renew();
      for (const session of sessions.running) session.renew?.(closing);
    },
  };
}
