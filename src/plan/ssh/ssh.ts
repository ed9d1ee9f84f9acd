/** What is planned of SSH, which is read in passing. */
import type { LogFormat } from "../rules/log-format.ts";
import type { SshPenaltiesPlan } from "./ssh-penalties.ts";

/** What a frontend or a backend says of it: either side's word counts for a session. */
export interface SshPlan {
  /** Its sessions' first bytes are read along: `option ssh`, or something asks for what they tell. */
  readonly isRead: boolean;
  /** Its own section, and not `defaults` alone, has `option ssh`, `option ssh-require` or `ssh-maxstartups`: SSH is what it is for. */
  readonly isNamed: boolean;
  /** `option ssh-require`: what is not SSH is refused. */
  readonly isRequired: boolean;
  /** What clients that are refused read; null: nothing is said of it, and a built-in text is sent where `isRead`. */
  readonly refusal: SshRefusalPlan | null;
  /** `timeout tarpit`, as long as `ssh-tarpit` holds a client; 0: none is set, so ten minutes. */
  readonly tarpitMs: number;
  /** `ssh-penalties` of a frontend; null: it keeps nobody out. */
  readonly penalties: SshPenaltiesPlan | null;
}

/** `ssh-error TEXT`, or `no ssh-error`: a plain close. */
export type SshRefusalPlan = { readonly kind: "text"; readonly text: LogFormat } | { readonly kind: "silent" };

/** What holds where no line says otherwise. */
export const sshDefaults: SshPlan = {
  isRead: false,
  isNamed: false,
  isRequired: false,
  refusal: null,
  tarpitMs: 0,
  penalties: null,
};

/** What is planned of a server's host keys: how often they are looked at, and which of them it must have. */
export interface SshHostKeysPlan {
  /** From the beginning of one look to that of the next. */
  readonly interMs: number;
  /** Fingerprints, `SHA256:` and 43 characters: it must hold one of them. None: any key will do. */
  readonly pins: readonly string[];
}

/** `inter` where nothing is said. */
export const hostKeysInterMs = 3_600_000;

/** What `global` says of it. */
export interface SshGlobalPlan {
  /** `ssh-report-file`: where the inventory is kept between runs. */
  readonly reportFile: string | null;
  /** `ssh-hostkeys-file`: where host keys that servers were seen with are kept between runs. */
  readonly hostKeysFile: string | null;
  /** `tune.ssh.lingering`: refused clients that may be waited for at once. */
  readonly lingering: number;
  /** `tune.ssh.tarpit`: clients that may be held up at once. */
  readonly tarpit: number;
}

/** The same of `global`. */
export const sshGlobalDefaults: SshGlobalPlan = { reportFile: null, hostKeysFile: null, lingering: 512, tarpit: 256 };
