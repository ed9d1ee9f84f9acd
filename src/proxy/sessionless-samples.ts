/** Expressions and formats outside a session: `set-var proc.x` of `global`, and what checks send and compare. */
import type { Tables } from "../rules/stick/tables.ts";
import type { Sample } from "../rules/value/sample.ts";
import type { SocketAddress } from "../address.ts";
import type { TlsFacts } from "../tls-facts.ts";
import type { LogFormat } from "../plan/rules/log-format.ts";
import type { SampleExpression } from "../plan/rules/sample.ts";
import type { Payload, InternalStates, SampleContext, Variables } from "../rules/context.ts";
import { compileExpression } from "../rules/expression.ts";
import { compileFormat, type WriteFormat } from "../rules/format/log-format.ts";
import type { CheckSamples, CheckContext } from "./check/run/check-samples.ts";
import type { ProcessState } from "./process/process-state.ts";
import { SessionVariables } from "./process/variables.ts";

const nowhere: SocketAddress = { kind: "tcp", host: "0.0.0.0", port: 0 };

interface Scene {
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
  readonly response: Payload | null;
  readonly tls: TlsFacts | null;
  readonly variables: Variables;
}

/** What a fetch sees where no client is: the process's own states, and the scene's addresses and bytes. */
function contextOf(internal: InternalStates, scene: Scene): SampleContext {
  return {
    source: scene.source,
    destination: scene.destination,
    peer: scene.source,
    peerDestination: scene.destination,
    acceptedAt: Date.now(),
    frontend: "",
    backend: null,
    server: null,
    listener: { id: 0, name: null },
    proxyHeader: null,
    request: null,
    response: scene.response,
    variables: scene.variables,
    internal,
    sessionId: 0,
    uniqueId: () => null,
    tracked: [],
    bytesIn: 0,
    bytesOut: 0,
    serverSide: null,
    serverTls: scene.tls,
  };
}

type VariableLines = readonly { readonly name: string; readonly value: SampleExpression | LogFormat }[];

/** Sets the variables that `global` asks for, in order; those that the plan before asked for are unset first. */
export function setProcessVariables(
  process: ProcessState,
  internal: InternalStates,
  tables: Tables,
  list: VariableLines,
  before: VariableLines,
): void {
  const variables = new SessionVariables(process.variables);
  const context = contextOf(internal, { source: nowhere, destination: nowhere, response: null, tls: null, variables });
  for (const { name } of before) variables.unset(name);
  for (const { name, value } of list) {
    if ("parts" in value) {
      variables.set(name, { type: "str", value: compileFormat(value, tables)(null, context) });
      continue;
    }
    const sample = compileExpression(value, tables)(context);
    if (sample !== undefined && sample !== "wait") variables.set(name, sample);
  }
}

/** Evaluates the lines of checks, each compiled when it is first used. */
export function checkSamplesOf(process: ProcessState, internal: InternalStates, tables: Tables): CheckSamples {
  const formats = new WeakMap<LogFormat, WriteFormat>();
  const expressions = new WeakMap<SampleExpression, ReturnType<typeof compileExpression>>();
  const seen = (context: CheckContext): SampleContext =>
    contextOf(internal, { ...context, response: { bytes: context.answer, final: true } });
  return {
    format(format, context) {
      const write = formats.get(format) ?? compileFormat(format, tables);
      formats.set(format, write);
      return write(null, seen(context));
    },
    sample(expression, context): Sample | undefined {
      const evaluate = expressions.get(expression) ?? compileExpression(expression, tables);
      expressions.set(expression, evaluate);
      const sample = evaluate(seen(context));
      return sample === "wait" ? undefined : sample;
    },
    variables: () => new SessionVariables(process.variables, true),
  };
}
