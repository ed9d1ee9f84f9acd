/** Environment variables inside words and addresses. */
import type { Environment } from "./statement.ts";

/** Expands `$VAR`, `${VAR}` and `${VAR-default}` in an unquoted address, as HAProxy does for bind, server and log lines. Throws a Complaint. */
export function expandAddress(text: string, environment: Environment): string {
  throw new Error(`not yet: ${text} ${environment.size}`);
}
