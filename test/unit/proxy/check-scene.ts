/** Runs one check against one scripted server, for tests. */
import { transport } from "../../transport.ts";
import { type CheckPlan, type CheckStep, expectDefaults } from "../../../src/plan/check.ts";
import type { LogFormat } from "../../../src/plan/rules/log-format.ts";
import type { ServerCheckPlan } from "../../../src/plan/server.ts";
import { Abort } from "../../../src/proxy/check/run/abort.ts";
import { runCheck } from "../../../src/proxy/check/run/run-check.ts";
import type { CheckOutcome } from "../../../src/proxy/check/run/outcome.ts";
import type { CheckSamples } from "../../../src/proxy/check/run/check-samples.ts";
import { ProcessVariables, SessionVariables } from "../../../src/proxy/process/variables.ts";
import type { CheckScheduleOptions } from "../../../src/proxy/check/schedule.ts";
import type { Behaviour } from "./scripted-server.ts";
import { ScriptedServer } from "./scripted-server.ts";

export const serverCheck: ServerCheckPlan = {
  interMs: 1000,
  fastInterMs: 0,
  downInterMs: 0,
  rise: 2,
  fall: 3,
  address: null,
  port: null,
  sendProxy: false,
  tls: null,
};

/** Formats are texts as they stand; samples are the numbers they say. */
export const plainSamples: CheckSamples = {
  format: (format) => format.text,
  sample: (expression) => ({ type: "sint", value: BigInt(expression.text) }),
  variables: () => new SessionVariables(new ProcessVariables(), true),
};

export function format(text: string): LogFormat {
  return { text, encoding: "text", parts: [] };
}

export const socketOptions = {
  source: null,
  interface: null,
  transparent: false,
  keepAlive: null,
  buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
  userTimeoutMs: null,
  fastOpen: false,
  congestion: null,
  quickAck: true,
  mark: null,
};

export function checkerOptions(check: CheckPlan, overrides: Partial<CheckScheduleOptions> = {}): CheckScheduleOptions {
  return {
    transport,
    check,
    server: serverCheck,
    timeouts: { connectMs: 5000, checkMs: 0 },
    spreadPercent: 0,
    bufsizeBytes: 16384,
    proxyHeader: null,
    samples: plainSamples,
    address: () => null,
    socket: () => socketOptions,
    state: () => "UP",
    intervalMs: () => 1000,
    report: () => {},
    ...overrides,
  };
}

/** The outcome without its duration, and what the server got. */
export async function checkAgainst(
  behaviour: Behaviour,
  check: CheckPlan,
  overrides: Partial<CheckScheduleOptions> = {},
): Promise<{ seen: readonly unknown[]; received: string[]; outcome: CheckOutcome }> {
  await using server = await ScriptedServer.start(behaviour);
  const address = { kind: "tcp", host: "127.0.0.1", port: server.port } as const;
  const outcome = await new Promise<CheckOutcome>((resolve) => {
    runCheck(checkerOptions(check, overrides), address, new Abort(), { checked: (_, ended) => resolve(ended) });
  });
  const { status, code, info } = outcome.result;
  return { seen: [status, code, info], received: server.received.map((one) => one.toString("latin1")), outcome };
}

/** A port nobody listens on. */
export async function closedPort(): Promise<number> {
  await using server = await ScriptedServer.start(() => {});
  return server.port;
}

type WithoutBase<T> = T extends unknown ? Omit<T, "comment" | "number" | "position"> : never;

/** Steps numbered from 1; a tuple's second part is the comment. */
export function steps(...list: (WithoutBase<CheckStep> | readonly [WithoutBase<CheckStep>, string])[]): CheckStep[] {
  return list.map((one, index) => {
    const [step, comment] = "kind" in one ? [one, null] : one;
    return Object.assign(
      { comment, number: index + 1, position: { file: "t.cfg", line: index + 1 } },
      step,
    ) as CheckStep;
  });
}

export const connectStep = {
  kind: "connect",
  default: false,
  port: null,
  address: null,
  sendProxy: false,
  tls: null,
  linger: false,
  optional: false,
} as const;

const expectBase = { negate: false, ...expectDefaults } as const;

type TcpExpect = WithoutBase<Extract<CheckStep, { kind: "expect" }>>;
type HttpExpect = WithoutBase<Extract<CheckStep, { kind: "http-expect" }>>;

export function expectStep(match: TcpExpect["match"], pattern: string, more: Partial<TcpExpect> = {}): TcpExpect {
  const isRegex = match === "rstring" || match === "rbinary";
  const bytes = match === "binary" ? Buffer.from(pattern, "hex") : Buffer.from(pattern, "latin1");
  const value = match.endsWith("-lf") ? format(pattern) : isRegex ? pattern : new Uint8Array(bytes);
  return { kind: "expect", match, pattern: value, ...expectBase, ...more };
}

export function httpExpectStep(
  match: HttpExpect["match"],
  pattern: string,
  more: Partial<HttpExpect> = {},
): HttpExpect {
  return { kind: "http-expect", match, pattern, header: null, ...expectBase, ...more };
}
