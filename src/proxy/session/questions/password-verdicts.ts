/** Which passwords are right, as far as one session or exchange has asked: its rules wait for an answer, and then all see the same one. */
import type { SocketAddress } from "../../../address.ts";
import { parseIPv6 } from "../../../ip-literal.ts";
import type { Passwords } from "../../process/passwords.ts";

/** Why it cannot be told: too many ask, or something is wrong here. */
export type PasswordFault = "busy" | "failed";

/** The part of an IPv6 address that one client has to himself. */
const prefixBytes = 8;

export class PasswordVerdicts {
  readonly #passwords: Passwords;
  readonly #source: string;
  readonly #tell: (fault: PasswordFault | null) => void;
  /** By hash and password; null: it is asked for. */
  readonly #verdicts = new Map<string, boolean | null>();
  readonly #asked = new Set<() => void>();

  /** `tell`: nothing is waited for any more. */
  constructor(passwords: Passwords, client: SocketAddress, tell: (fault: PasswordFault | null) => void) {
    this.#passwords = passwords;
    this.#source = sourceOf(client);
    this.#tell = tell;
  }

  get isWaiting(): boolean {
    return this.#asked.size > 0;
  }

  /** Texts are latin1. */
  verdict(password: string, hashed: string): boolean | "wait" {
    const key = `${hashed}\0${password}`;
    const verdict = this.#verdicts.get(key) ?? this.#passwords.known(password, hashed);
    if (verdict !== undefined) {
      this.#verdicts.set(key, verdict);
      return verdict;
    }
    if (!this.#verdicts.has(key)) this.#ask(key, password, hashed);
    return "wait";
  }

  #ask(key: string, password: string, hashed: string): void {
    this.#verdicts.set(key, null);
    const giveUp = this.#passwords.ask(password, hashed, this.#source, (verdict) => {
      this.#asked.delete(giveUp);
      if (typeof verdict === "boolean") this.#verdicts.set(key, verdict);
      else {
        this.giveUp();
        return this.#tell(verdict);
      }
      if (!this.isWaiting) this.#tell(null);
    });
    this.#asked.add(giveUp);
  }

  /** Nobody waits for what is asked for: none of it is right. */
  giveUp(): void {
    for (const giveUp of this.#asked) giveUp();
    this.#asked.clear();
    for (const [key, verdict] of this.#verdicts) if (verdict === null) this.#verdicts.set(key, false);
  }
}

/** Whose turn it is: an address, or of IPv6 the network that one client has. */
function sourceOf(client: SocketAddress): string {
  if (client.kind !== "tcp") return client.kind;
  const bytes = parseIPv6(client.host);
  return bytes === null ? client.host : Buffer.from(bytes.subarray(0, prefixBytes)).toString("hex");
}
