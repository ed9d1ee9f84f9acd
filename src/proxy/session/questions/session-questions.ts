/** What rules of a session ask others, and wait for: names, and whose passwords are. */
import type { SocketAddress } from "../../../address.ts";
import type { NameAsked } from "../../../rules/actions/effects.ts";
import type { Frontend } from "../../frontend/frontend.ts";
import { NameLookups } from "./name-lookups.ts";
import { type PasswordFault, PasswordVerdicts } from "./password-verdicts.ts";
import type { Sessions } from "../sessions.ts";

/** A session as far as its rules wait for answers. */
export abstract class SessionQuestions {
  #names: NameLookups | null = null;
  #verdicts: PasswordVerdicts | null = null;
  /** Ms since it began; -1: it goes on. */
  endedMs = -1;

  constructor(
    readonly sessions: Sessions,
    readonly front: Frontend,
  ) {}

  abstract get source(): SocketAddress;

  lookUp(asker: object, asked: NameAsked): "wait" | string | null {
    this.#names ??= new NameLookups(this.sessions, () => this.named());
    return this.#names.lookUp(asker, asked);
  }

  /** A name that a rule waits for has been looked up. */
  protected abstract named(): void;

  isPassword(password: string, hashed: string): boolean | "wait" {
    const { passwords } = this.front.process;
    if (this.endedMs >= 0) return passwords.known(password, hashed) ?? false;
    this.#verdicts ??= new PasswordVerdicts(passwords, this.source, (fault) => this.passwordsKnown(fault));
    return this.#verdicts.verdict(password, hashed);
  }

  /** Rules need wait no longer, or cannot go on. */
  protected abstract passwordsKnown(fault: PasswordFault | null): void;

  get awaitsPassword(): boolean {
    return this.#verdicts !== null && this.#verdicts.isWaiting;
  }

  /** A rule waits for a name's address, or to know whose a password is. */
  get awaitsAnswer(): boolean {
    return this.awaitsPassword || (this.#names !== null && this.#names.isWaiting);
  }

  /** There is none then: no address, and nobody's password. */
  giveUpAnswer(): void {
    if (this.#names !== null) this.#names.giveUp();
    if (this.#verdicts !== null) this.#verdicts.giveUp();
  }
}
