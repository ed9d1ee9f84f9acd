/** `tcp-request inspect-delay` in `mode http`: rules of content may wait for more of a request's body. */
import { clockMs } from "../../clock.ts";
import type { Payload } from "../../rules/context.ts";
import type { BodyView } from "../../rules/http-view.ts";
import type { Ruleset } from "../../rules/ruleset.ts";

/** What an inspection asks of its exchange. */
export interface InspectedExchange {
  readonly requestBody: BodyView;
  /** A rule waits for something else than the body. */
  readonly awaitsAnswer: boolean;
  /** Ends it where its client has ended before all of the body had come; whether it has. */
  endsBrokenOff(): boolean;
  /** Tells rules whether more may come. */
  request: Payload | null;
  /** More of the body is wanted, until then (monotonic ms); null: no longer. */
  inspectUntil(at: number | null): void;
}

const nothing = new Uint8Array(0);

/** Rules that are asked again as more comes, until they decide, all is there, or the time is over. */
export function inspecting(rules: Ruleset, delayMs: number, exchange: InspectedExchange): Ruleset {
  if (delayMs === 0) return rules;
  return {
    isEmpty: rules.isEmpty,
    start(context, effects) {
      const run = rules.start(context, effects);
      const until = clockMs() + delayMs;
      return {
        step() {
          if (exchange.endsBrokenOff()) return "wait";
          const final = exchange.requestBody.final || clockMs() >= until;
          exchange.request = { bytes: nothing, final };
          const verdict = run.step();
          exchange.request = null;
          const waits = verdict === "wait" && !final && !exchange.awaitsAnswer;
          exchange.inspectUntil(waits ? until : null);
          return verdict;
        },
      };
    },
  };
}
