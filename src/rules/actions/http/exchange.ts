/** Actions on how an exchange goes on: its status, what is captured of it, how long it waits. */
import { compileExpression } from "../../expression.ts";
import { cast } from "../../value/sample.ts";
import { reasonOf } from "../../../wire/http/reasons.ts";
import { compileNumber } from "../number.ts";
import { action, type ActionRow, always, httpLayers, type RuleLayer } from "../row.ts";

const later: readonly RuleLayer[] = ["http-response", "http-after-response"];

/** The actions of this file. */
export const exchangeActions: readonly ActionRow[] = [
  action("set-status", later, [{ word: "set-status", takes: "status" }], ({ status, reason }) =>
    always(({ http }) => {
      const response = http?.response ?? null;
      if (response === null) return;
      response.status = status;
      response.reason = reason ?? reasonOf(status);
    }),
  ),
  action(
    "capture",
    ["content", ...httpLayers],
    [{ word: "capture", takes: "capture slot" }],
    ({ from, value, slot, length }, within) => {
      const evaluate = compileExpression(value, within.tables, within.proxy);
      return always((context, effects) => {
        const sample = evaluate(context);
        const text = sample === undefined || sample === "wait" ? undefined : cast(sample, "str");
        if (text?.type !== "str") return;
        const kept = length === null ? text.value : text.value.slice(0, length);
        if (effects.http === undefined) effects.captureEarly(slot, kept);
        else effects.http.capture(from, slot, kept);
      });
    },
    // What it reads may be there by then.
    true,
  ),
  action("set-timeout", ["http-request"], [{ word: "set-timeout", takes: "time-out" }], ({ which, value }, within) => {
    const evaluate = compileNumber(value, within);
    return always((context, { http }) => {
      const ms = evaluate(context);
      if (ms !== undefined && ms > 0) http?.setTimeout(which, Math.min(ms, 2_147_483_647));
    });
  }),
  action(
    "wait-for-body",
    ["http-request", "http-response"],
    [{ word: "wait-for-body", takes: "body wait" }],
    ({ waitMs, atLeast }) =>
      (_, { http }) =>
        http?.hasBody(atLeast, waitMs) === false ? "wait" : "pass",
  ),
  // There is no early data to wait for the end of a handshake with.
  action("wait-for-handshake", ["http-request"], [{ word: "wait-for-handshake", takes: "nothing" }], () =>
    always(() => undefined),
  ),
  action("disable-l7-retry", ["http-request"], [{ word: "disable-l7-retry", takes: "nothing" }], () =>
    always((_, { http }) => http?.disableRetry()),
  ),
  action(
    "strict-mode",
    httpLayers,
    [{ word: "strict-mode", takes: "switch" }],
    ({ isOn }) =>
      () =>
        isOn ? "strict" : "lenient",
  ),
];
