/** How one check ended, in the words that HAProxy's log, statistics and status pages use. */
import type { CheckResult } from "../../../events.ts";
import { wordTable } from "../../../word-table.ts";

/**
 * "conditional": up for those it already serves, not for new sessions (`http-check disable-on-404`). "undecided": the check says nothing
 * of the server's health, which stays as it is.
 */
export type CheckVerdict = "passed" | "conditional" | "failed" | "undecided";

export interface CheckOutcome {
  readonly verdict: CheckVerdict;
  readonly result: CheckResult;
  /** How long the server took to identify itself, in ms; left out where it was not asked, or has not. */
  readonly identMs?: number;
}

/** What a check that ends with a status has come to. */
export const checkVerdicts = wordTable<CheckVerdict>({
  SOCKERR: "failed",
  L4OK: "passed",
  L4TOUT: "failed",
  L4CON: "failed",
  L6OK: "passed",
  L6TOUT: "failed",
  L6RSP: "failed",
  L7OK: "passed",
  L7OKC: "conditional",
  L7TOUT: "failed",
  L7RSP: "failed",
  L7STS: "failed",
  PROCERR: "failed",
  PROCTOUT: "failed",
  PROCOK: "passed",
  CHECKED: "passed",
  HANA: "failed",
});

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
