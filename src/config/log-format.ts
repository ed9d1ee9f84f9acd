/** Log-format strings: `%ci`, `%[src]`, `%{+Q}o` to a LogFormat, and HAProxy's own formats. */
import type { LogFormat } from "../plan.ts";
import type { Site } from "./samples.ts";
import type { Cursor, ProxyScope } from "./scope.ts";

/** Takes one word as a log-format string. `option` is HAProxy's name for the line (`log-format`, `unique-id-format`, …). Throws a Complaint. */
export function parseLogFormat(cursor: Cursor, scope: ProxyScope, site: Site, option: string): LogFormat {
  throw new Error(`not yet: ${cursor.index} ${scope.name} ${site} ${option}`);
}
