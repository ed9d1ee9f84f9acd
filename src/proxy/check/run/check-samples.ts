/** What a check's expressions and formats may see: its connection, the answer so far, its variables. */
import type { Sample } from "../../../rules/value/sample.ts";
import type { SocketAddress } from "../../../address.ts";
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import type { SampleExpression } from "../../../plan/rules/sample.ts";
import type { Variables } from "../../../rules/context.ts";
import type { TlsFacts } from "../../../tls-facts.ts";
import type { SessionVariables } from "../../process/variables.ts";

/** One check while it runs. `answer` is what came since the last thing sent. */
export interface CheckContext {
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
  readonly answer: Uint8Array;
  readonly tls: TlsFacts | null;
  readonly variables: Variables;
}

/** Evaluates what stands in `tcp-check` and `http-check` lines. */
export interface CheckSamples {
  /** Latin-1 text: one character per byte. */
  format(format: LogFormat, context: CheckContext): string;
  sample(expression: SampleExpression, context: CheckContext): Sample | undefined;
  /** For one check, which releases them at its end. */
  variables(): SessionVariables;
}
