/** Sample expressions: words like `src,ipmask(24)` to a checked SampleExpression. */
import type { SampleExpression } from "../plan.ts";
import type { Site } from "./samples.ts";
import type { Cursor, ProxyScope } from "./scope.ts";

/** Who asks for an expression: decides which fetches are available and what messages call it. */
export interface ExpressionUse {
  readonly site: Site;
  /** `ACL keyword`, `sample fetch keyword`, …: how messages about references call the fetch. */
  readonly kind: "acl" | "sample";
}

/** Takes an expression from the cursor (it may go on over several words). Throws a Complaint; references go to `scope.references`. */
export function parseExpression(cursor: Cursor, scope: ProxyScope, use: ExpressionUse): SampleExpression {
  throw new Error(`not yet: ${cursor.index} ${scope.name} ${use.kind}`);
}
