/** Refuses clients so that they can read why. */
import type { SshRefusal, SshSession } from "../proxy/process/ssh-place.ts";
import { beginsSsh, decidingBytes } from "./first-bytes.ts";
import type { HeldClient } from "./held-client.ts";
import { LastWord } from "./last-word.ts";
import type { RefusalReason } from "./public.ts";
import { lastWordOf, reasonOf } from "./refusal-texts.ts";

/** All of the process. */
export class Refusals {
  readonly counts: Record<RefusalReason, number> = {
    "no-server": 0,
    unreachable: 0,
    timeout: 0,
    queue: 0,
    full: 0,
    "not-allowed": 0,
    rule: 0,
    maintenance: 0,
    limit: 0,
    foreign: 0,
    fault: 0,
    penalty: 0,
  };
  /** Would have been told, were there not too many already. */
  untold = 0;
  most = 0;
  /** Called each time the last one that lingers has gone. */
  onLingered: (() => void) | null = null;
  readonly #held = new Set<HeldClient>();
  readonly #emptied = (): void => this.onLingered?.();

  get lingering(): number {
    return this.#held.size;
  }

  /** As `SshPlace.refuse`. */
  refuse(session: SshSession, refusal: SshRefusal): boolean {
    const reason = reasonOf(session, refusal);
    if (reason === null) return false;
    const { client, ssh } = session;
    const isKnown = (ssh?.client.identification ?? null) !== null;
    const isForeign = ssh?.foreign === "client" || (!isKnown && hasForeignStart(session));
    this.counts[isForeign ? "foreign" : reason] += 1;
    if (isForeign) return false;
    const word = lastWordOf(session, reason, refusal);
    if (word === null) return false;
    // Scanners leave room for others.
    const most = reason === "penalty" ? this.most >> 1 : this.most;
    if (this.#held.size >= most) {
      this.untold += 1;
      return false;
    }
    new LastWord(client, word, this.#held, this.#emptied).begin(isKnown);
    return true;
  }

  cutOff(): void {
    for (const one of this.#held) one.cutOff();
  }
}

/** What its client has sent by now is not how SSH begins. */
export function hasForeignStart({ client }: Pick<SshSession, "client">): boolean {
  return beginsSsh(client.present?.(decidingBytes) ?? client.held) === false;
}
