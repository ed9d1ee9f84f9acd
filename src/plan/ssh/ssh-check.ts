/** What `option ssh-check` and the `ssh-check` lines of a backend plan. */

/** Which of what a server says is looked at: its identification line, or a list of its KEXINIT. */
export const sshExpected = ["ident", "kex", "hostkey", "cipher", "mac"] as const;

/**
 * `ssh-check expect`: something of that kind fits the regular expression or, with `negate`, nothing does. Of ciphers and MACs both
 * directions are looked at.
 */
export interface SshExpectation {
  readonly what: (typeof sshExpected)[number];
  readonly negate: boolean;
  readonly pattern: string;
}

/** A check that speaks SSH. */
export interface SshCheckPlan {
  readonly kind: "ssh";
  /** All of them must hold. */
  readonly expects: readonly SshExpectation[];
  /** `ssh-check slow`: a server that takes so long to identify itself is slow; 0: none is. */
  readonly slowMs: number;
}
