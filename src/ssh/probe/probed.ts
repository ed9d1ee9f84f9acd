/** What a probe has found of a server. Texts of the server's have one character a byte. */
import type { SshChoice, SshIdentification, SshOffer } from "../../ssh-facts.ts";
import type { HostKey } from "../../wire/ssh/kex/host-key.ts";
import type { SignatureVerdict } from "../../wire/ssh/kex/host-key-algorithms.ts";

/** One key that the server lists, as it was asked for. */
export interface ProbedKey {
  /** The host key algorithm agreed to. */
  readonly algorithm: string;
  /** Null: it was not read, and `failure` says why. */
  readonly key: HostKey | null;
  /** Of the exchange with this key. */
  readonly signature: SignatureVerdict;
  readonly failure: string | null;
  /** From our KEXINIT to the server's reply. */
  readonly ms: number;
}

/** Of the first connection, each since the one before it; -1: it has not come so far. */
export interface ProbeTimes {
  readonly connectMs: number;
  readonly identificationMs: number;
  readonly kexInitMs: number;
  /** All of it, with the connections for other keys. */
  readonly totalMs: number;
}

/** Verdicts are about its lists; they are false and empty where `offer` is null. */
export interface SshProbed {
  readonly identification: SshIdentification | null;
  /** Lines before it. */
  readonly preamble: readonly string[];
  readonly offer: SshOffer | null;
  /** The key exchange that we have agreed to; "": none. */
  readonly keyExchange: string;
  /** What OpenSSH's client of today comes to with this server; "" where it comes to nothing. */
  readonly choice: SshChoice | null;
  /** Key exchanges of the server's that withstand a quantum computer. */
  readonly postQuantum: readonly string[];
  readonly isStrict: boolean;
  /** It lists what CVE-2023-48795 (Terrapin) needs, and no strict key exchange: as Terrapin-Scanner judges. */
  readonly isTerrapin: boolean;
  readonly keys: readonly ProbedKey[];
  /** Host key algorithms that it lists and we do not know. */
  readonly unknownKeys: readonly string[];
  readonly times: ProbeTimes;
  /** Why there is no more; null: all was asked. Of single keys they tell themselves. */
  readonly failure: string | null;
}

/** Whether everything that the server lists was read and nothing of it was signed by another key. */
export function isSound(probed: SshProbed): boolean {
  return (
    probed.failure === null &&
    probed.keys.every(({ failure, signature }) => failure === null && signature !== "invalid")
  );
}
