/** What the two sides of an SSH connection say in clear text before there are keys (RFC 4253): what reads it and what asks for it have this in common. */

/** One identification line (section 4.2). Texts have one character a byte. */
export interface SshIdentification {
  /** Without its line end. */
  readonly line: string;
  /** `2.0`, or `1.99` of a server that speaks SSH 1 as well. */
  readonly protocol: string;
  /** `OpenSSH`; of software that names no version the whole word. */
  readonly software: string;
  /** `9.2p1`; "": none is named. */
  readonly version: string;
  readonly comments: string | null;
}

/**
 * How a server turns a connection down before it says who it is: `full` in sshd's words for too many that have not logged in,
 * `not-allowed` in newer sshd's for both that and a penalty, `closed` without a word.
 */
export type ServerRefusal = "not-allowed" | "full" | "closed";

/** The lists of a KEXINIT (section 7.1), each in the sender's order, as sent. */
export interface SshOffer {
  readonly keyExchange: readonly string[];
  readonly hostKey: readonly string[];
  readonly ciphersToServer: readonly string[];
  readonly ciphersToClient: readonly string[];
  readonly macsToServer: readonly string[];
  readonly macsToClient: readonly string[];
  readonly compressionToServer: readonly string[];
  readonly compressionToClient: readonly string[];
  /** The eight lists as one text, each behind its length in four bytes as it was sent: tells offers apart. Left out where lists alone are known. */
  readonly text?: string;
  /** `first_kex_packet_follows`. */
  readonly firstFollows: boolean;
  /** Of the sender's side: a client's lists towards the server, a server's towards the client. */
  readonly hassh: string;
  readonly hasshText: string;
}

/** Bytes of a text for the user of a client that are sent at most: OpenSSH shows no more of it. */
export const sshTextMostBytes = 400;

/** What one side has said. */
export interface SshSide {
  readonly identification: SshIdentification | null;
  readonly offer: SshOffer | null;
}

/** What both will choose (section 7.1); "": they have none in common. */
export interface SshChoice {
  readonly keyExchange: string;
  readonly hostKey: string;
  readonly cipherToServer: string;
  readonly cipherToClient: string;
  /** `implicit` where the cipher brings its own. */
  readonly macToServer: string;
  readonly macToClient: string;
  readonly compressionToServer: string;
  readonly compressionToClient: string;
  readonly isPostQuantum: boolean;
  readonly postQuantumOffered: "both" | "client" | "server" | "none";
  readonly isStrict: boolean;
  /** Open to CVE-2023-48795. */
  readonly isTerrapin: boolean;
}

/** What is known of a session's SSH by now. Live. */
export interface SshFacts {
  readonly client: SshSide;
  readonly server: SshSide;
  /** Null until both have offered. */
  readonly choice: SshChoice | null;
  /** From the server's connection being there to the end of its line, ms; -1: that has not come. */
  readonly timeToIdentMs: number;
  /** The side whose bytes turned out not to be SSH's, and null while none has. */
  readonly foreign: "client" | "server" | null;
  /** No more will be known. */
  readonly isDone: boolean;
}
