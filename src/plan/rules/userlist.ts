/** What is planned of those who may come in: `userlist` sections. */

export interface UserlistPlan {
  readonly name: string;
  readonly users: readonly UserPlan[];
}

export interface UserPlan {
  readonly name: string;
  /** As written; null: nobody comes in by this name. */
  readonly password: string | null;
  /** `password`: in the form of crypt(3); else as it is (`insecure-password`). */
  readonly isHashed: boolean;
  readonly groups: readonly string[];
}
