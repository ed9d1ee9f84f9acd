/** Fetches of bytes that have come and not yet gone on (manual, sections 7.3.4 and 7.3.5). */
import type { SampleExpression } from "../plan.ts";
import type { Payload, SampleContext } from "./context.ts";
import type { FetchCompiler } from "./expression.ts";
import { bool, sint } from "./sample.ts";

/** Whether no more bytes will come before the rules decide; true where there is no payload at all. */
export function isFinal(context: SampleContext): boolean {
  return (context.response ?? context.request)?.final ?? true;
}

/** Whether a fetch's value may be another one once more bytes have come, so that a test that fails is not final. */
export function maySampleChange(expression: SampleExpression): boolean {
  return changing.test(expression.fetch) && (!expression.fetch.endsWith("payload") || expression.arguments[1] === 0);
}

const changing = /^((req|res)[._]len|(req\.|res\.)?payload)$/;

type Side = (context: SampleContext) => Payload | null;

function length(side: Side): FetchCompiler {
  return () => (context) => {
    const payload = side(context);
    return payload === null ? undefined : sint(payload.bytes.length);
  };
}

export const payloadFetches: Readonly<Record<string, FetchCompiler>> = {
  "req.len": length((context) => context.request),
  req_len: length((context) => context.request),
  "res.len": length((context) => context.response),
  wait_end: () => (context) => (isFinal(context) ? bool(true) : "wait"),
};
