/** What a server has said of itself in the clear, be it to a probe or to a client. */
import type { SshIdentification, SshOffer } from "../../../ssh-facts.ts";

export interface SshHeard {
  readonly identification: SshIdentification;
  /** Null: it has not come, or not yet. */
  readonly offer: SshOffer | null;
  /** From the connection being there to the end of its identification. */
  readonly identMs: number;
}
