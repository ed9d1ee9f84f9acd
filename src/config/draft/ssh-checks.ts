/** The `ssh-check` lines of a section while it is read. */
import type { SshExpectation } from "../../plan/ssh/ssh-check.ts";

/** Replaced whole where a line changes it. */
export interface SshCheckSettings {
  readonly expects: readonly SshExpectation[];
  readonly slowMs: number;
  /** The section has an expectation of its own: those of its `defaults` are left behind, as with `tcp-check`. */
  readonly isOwn: boolean;
}

/** For a section without anything before it. */
export const startSshChecks: SshCheckSettings = { expects: [], slowMs: 0, isOwn: false };
