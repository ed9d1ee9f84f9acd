/** How one check ended, in the words that HAProxy's log, statistics and status pages use. */
import type { CheckResult } from "../../../events.ts";
import { wordTable } from "../../../word-table.ts";

/** "conditional": up for those it already serves, not for new sessions (`http-check disable-on-404`). */
export type CheckVerdict = "passed" | "conditional" | "failed";

export interface CheckOutcome {
  readonly verdict: CheckVerdict;
  readonly result: CheckResult;
}

/** What a status stands for: the `reason` of a log line. */
export const checkStatuses = wordTable<{ readonly verdict: CheckVerdict; readonly text: string }>({
  SOCKERR: { verdict: "failed", text: "Socket error" },
  L4OK: { verdict: "passed", text: "Layer4 check passed" },
  L4TOUT: { verdict: "failed", text: "Layer4 timeout" },
  L4CON: { verdict: "failed", text: "Layer4 connection problem" },
  L6OK: { verdict: "passed", text: "Layer6 check passed" },
  L6TOUT: { verdict: "failed", text: "Layer6 timeout" },
  L6RSP: { verdict: "failed", text: "Layer6 invalid response" },
  L7OK: { verdict: "passed", text: "Layer7 check passed" },
  L7OKC: { verdict: "conditional", text: "Layer7 check conditionally passed" },
  L7TOUT: { verdict: "failed", text: "Layer7 timeout" },
  L7RSP: { verdict: "failed", text: "Layer7 invalid response" },
  L7STS: { verdict: "failed", text: "Layer7 wrong status" },
  PROCERR: { verdict: "failed", text: "External check error" },
  PROCTOUT: { verdict: "failed", text: "External check timeout" },
  PROCOK: { verdict: "passed", text: "External check passed" },
  CHECKED: { verdict: "passed", text: "No status change" },
  HANA: { verdict: "failed", text: "Health analyze" },
});

/** The `reason` text of a status; the status itself when HAProxy has no such one. */
export function checkReason(status: string): string {
  return checkStatuses.get(status)?.text ?? status;
}

/**
 * Ends a check from anywhere inside it; only {@link CheckEnd}s come out of a check's dialogue. Thrown, but no Error: every check
 * ends by one, and nobody wants to know where.
 */
export class CheckEnd {
  constructor(
    readonly status: string,
    readonly info: string | null,
    readonly code: number | null = null,
  ) {}
}
