/** What a check's expressions and formats may see: its connection, the answer so far, its variables. */
import type { SocketAddress } from "../net/transport.ts";
import type { LogFormat, SampleExpression } from "../plan.ts";
import type { ProxyFacts, Sample, SampleContext, Variables } from "../rules/context.ts";
import type { Evaluate } from "../rules/expression.ts";
import { compileExpression } from "../rules/expression.ts";
import type { WriteFormat } from "../rules/log-format.ts";
import { compileFormat } from "../rules/log-format.ts";
import type { Tables } from "../rules/stick-table.ts";

/** One check while it runs. `answer` is what came since the last thing sent. */
export interface CheckScope {
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
  readonly answer: Uint8Array;
  readonly variables: Variables;
}

/** Evaluates what stands in `tcp-check` and `http-check` lines. */
export interface CheckSamples {
  /** Latin-1 text: one character per byte. */
  format(format: LogFormat, scope: CheckScope): string;
  sample(expression: SampleExpression, scope: CheckScope): Sample | undefined;
}

/** Compiles each expression and format once, at its first use, and runs it as the backend `backend`'s. */
export function compileCheckSamples(tables: Tables, facts: ProxyFacts, backend: string | null): CheckSamples {
  const formats = new WeakMap<LogFormat, WriteFormat>();
  const expressions = new WeakMap<SampleExpression, Evaluate>();
  return {
    format(format, scope) {
      const write = formats.get(format) ?? compileFormat(format, tables, backend);
      formats.set(format, write);
      return write(null, checkContext(scope, facts, backend));
    },
    sample(expression, scope) {
      const evaluate = expressions.get(expression) ?? compileExpression(expression, tables, backend);
      expressions.set(expression, evaluate);
      const sample = evaluate(checkContext(scope, facts, backend));
      return sample === "wait" ? undefined : sample;
    },
  };
}

/** A check as rules see it: a session without a client, whose response is the server's answer. */
function checkContext(scope: CheckScope, facts: ProxyFacts, backend: string | null): SampleContext {
  const { source, destination, variables } = scope;
  return {
    source,
    destination,
    peer: source,
    peerDestination: destination,
    acceptedAt: Date.now(),
    frontend: backend ?? "",
    backend,
    server: null,
    listener: { id: 0, name: null },
    proxyHeader: null,
    request: null,
    response: { bytes: scope.answer, final: true },
    variables,
    facts,
    sessionId: 0,
    uniqueId: () => null,
    tracked: [],
    bytesIn: 0,
    bytesOut: scope.answer.length,
    serverSide: { source, destination },
  };
}
