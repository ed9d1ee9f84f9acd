/** Actions that decide about a connection, or about what comes first on it. */
import { action, type ActionRow, allLayers, requestLayers, type RuleLayer } from "./row.ts";
import type { Verdict } from "./effects.ts";

type Decision = Exclude<Verdict, "pass" | "wait" | "expect-proxy">;

function decision(verdict: Decision, layers: readonly RuleLayer[] = allLayers): ActionRow {
  return action(verdict, layers, [{ word: verdict, takes: "nothing" }], () => () => verdict);
}

/** The actions of this file. */
export const decidingActions: readonly ActionRow[] = [
  decision("accept"),
  decision("reject"),
  decision("close", ["response"]),
  decision("silent-drop"),
  action("expect-proxy", requestLayers, [{ word: "expect-proxy", takes: "layer4" }], () => () => "expect-proxy"),
];
