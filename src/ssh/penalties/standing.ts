/** A source's standing as one of its sessions has it: what the session comes to is held against the source. */
import type { SocketAddress } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import type { SshSession, SshSessionEnd, SshStanding } from "../../proxy/process/ssh-place.ts";
import type { SshFacts } from "../../ssh-facts.ts";
import { LoginChance } from "./login-chance.ts";
import { isClientsFault } from "./blame.ts";
import type { SshFault } from "../../plan/ssh/ssh-penalties.ts";

/** Made when the session is let in. */
export class Standing implements SshStanding {
  #chance: LoginChance | null = null;
  #isForeign = false;
  /** When whose turn it is could last have changed. */
  #heardAt = clockMs();

  /** `source` is its own as it was let in, whatever rules make of it later. */
  constructor(
    readonly source: SocketAddress,
    private readonly blame: (session: SshSession, source: SocketAddress, fault: SshFault) => void,
  ) {}

  watch(): LoginChance {
    this.#heardAt = clockMs();
    this.#chance = new LoginChance(() => (this.#heardAt = clockMs()));
    return this.#chance;
  }

  /** Its client does not speak SSH: that counts once, whoever finds it. */
  foreign(session: SshSession): void {
    if (this.#isForeign) return;
    this.#isForeign = true;
    this.blame(session, this.source, "invalid");
  }

  ended(session: SshSession, end: SshSessionEnd): void {
    const chance = this.#chance;
    const facts = session.ssh ?? null;
    if (facts?.foreign === "client") return this.foreign(session);
    if (chance?.mayHaveCome === true || facts?.foreign === "server") return;
    const isFault = isClientsFault({
      by: endedBy(end, chance !== null),
      isTimeout: end.cause === "c" || end.cause === "s",
      isServersTurn: chance?.isServersTurn ?? true,
      waitedMs: clockMs() - this.#heardAt,
      isHopeless: isHopeless(facts),
    });
    if (isFault) this.blame(session, this.source, "noauth");
  }
}

/** `isRelayed`: it has come as far as its server. Whatever else ends a session is neither side's. */
function endedBy({ cause, first }: SshSessionEnd, isRelayed: boolean): "client" | "server" | null {
  if (cause === "C") return "client";
  if (!isRelayed) return null;
  if (cause === "c") return "client";
  if (cause === "S" || cause === "s") return "server";
  return cause === "-" ? first : null;
}

/** There is nothing that both can. */
function isHopeless(facts: SshFacts | null): boolean {
  const choice = facts?.choice ?? null;
  if (choice === null) return false;
  const { keyExchange, hostKey, cipherToServer, cipherToClient } = choice;
  return [keyExchange, hostKey, cipherToServer, cipherToClient].includes("");
}
