/** What is planned of a server's start-ups: sessions of SSH whose authentication may be under way. */

/** `ssh-maxstartups` and `ssh-login-grace`. */
export interface StartupsPlan {
  /** At once; 0: no limit. */
  readonly most: number;
  /** At once of one source's address; 0: no limit. */
  readonly perSource: number;
  /** So long one counts at most, ms. */
  readonly graceMs: number;
}

/** What holds where no line says otherwise. */
export const startupsDefaults: StartupsPlan = { most: 0, perSource: 0, graceMs: 10_000 };

/** Whether there is any limit. */
export function limitsStartups({ most, perSource }: StartupsPlan): boolean {
  return most > 0 || perSource > 0;
}
