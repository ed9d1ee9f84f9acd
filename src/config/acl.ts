/** `acl` lines, anonymous ACLs, and the `if`/`unless` conditions made of them. */
import type { Condition } from "../plan.ts";
import type { Site } from "./samples.ts";
import type { Cursor, ProxyScope } from "./scope.ts";
import type { Statement } from "./statement.ts";

/** Reads `acl NAME criterion [flags] patterns` into `scope.acls`. Throws a Complaint. */
export function parseAcl(statement: Statement, scope: ProxyScope): void {
  throw new Error(`not yet: ${statement.line} ${scope.name}`);
}

/**
 * Takes `if …` or `unless …` up to the end of the line; the cursor stands on `if`. Null at the end of the line.
 *
 * `rule` is how messages call the line (`tcp-request connection`). Throws a Complaint without the caller's prefix.
 */
export function parseCondition(cursor: Cursor, scope: ProxyScope, site: Site, rule: string): Condition | null {
  throw new Error(`not yet: ${cursor.index} ${scope.name} ${site} ${rule}`);
}
