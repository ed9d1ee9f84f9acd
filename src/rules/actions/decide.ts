/** Actions that decide about a connection, or about what comes first on it. */
import { action, type ActionRow, earlyLayers, httpLayers, type RuleLayer, tcpLayers } from "./row.ts";
import type { Verdict } from "./effects.ts";

type Decision = Exclude<Verdict, "tarpit" | "pass" | "wait" | "expect-proxy" | "answer" | "switch-mode">;

function decision(verdict: Decision, layers: readonly RuleLayer[]): ActionRow {
  return action(verdict, layers, [{ word: verdict, takes: "nothing" }], () => () => verdict);
}

/** The actions of this file. */
export const decidingActions: readonly ActionRow[] = [
  decision("accept", tcpLayers),
  decision("reject", [...tcpLayers, "http-request"]),
  decision("close", ["response"]),
  decision("silent-drop", earlyLayers),
  action("switch-mode", ["content"], [{ word: "switch-mode", takes: "mode" }], () => () => "switch-mode"),
  action("allow", httpLayers, [{ word: "allow", takes: "nothing" }], () => () => "accept"),
  action(
    "expect-proxy",
    ["connection", "session", "content"],
    [{ word: "expect-proxy", takes: "layer4" }],
    () => () => "expect-proxy",
  ),
];
