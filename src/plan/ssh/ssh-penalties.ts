/** What `ssh-penalties` plans: how sources are kept out for a while whose sessions come to nothing. */

/** What a source gets a penalty for: sessions that end before anybody can have logged in; what is not SSH; PROXY headers that are missing or wrong. */
export type SshFault = "noauth" | "invalid" | "proxy";

/** A frontend's. Times in ms; a penalty of 0 is none. */
export interface SshPenaltiesPlan {
  /** What each fault adds. */
  readonly addMs: Readonly<Record<SshFault, number>>;
  /** From here on a penalty is enforced, and it grows no further than that. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Networks that get none, in full. */
  readonly exempt: readonly string[];
  /** Bits of an address that make a source. */
  readonly prefix4: number;
  readonly prefix6: number;
  /** Sources that are remembered at once. */
  readonly size: number;
  /** What becomes of sessions from where a penalty is enforced. */
  readonly action: "reject" | "tarpit" | "drop";
}

/** As sshd has it (PerSourcePenalties, PerSourceNetBlockSize), but for what it does not know. */
export const sshPenaltiesDefaults: SshPenaltiesPlan = {
  addMs: { noauth: 1000, invalid: 10_000, proxy: 10_000 },
  minMs: 15_000,
  maxMs: 600_000,
  exempt: [],
  prefix4: 32,
  prefix6: 64,
  size: 65_536,
  action: "reject",
};
