/** What others see of what is known of SSH: what pages, metrics and the command socket may read. Plain data out. */

import type { SshFault } from "../plan/ssh/ssh-penalties.ts";

/** Whoever knows SSH, as it is looked at from outside. */
export interface PublicSsh {
  /**
   * What was seen, gathered in steps that each do a little; an iterator, and its last word is the report.
   * `sinceAt`: what has not been seen since is left out, and only the days from then on are counted (the first as a whole);
   * null: all that is kept.
   */
  report(sinceAt: number | null): Iterator<unknown, SshReport>;
  /** The same in few figures. */
  summary(): Iterator<unknown, SshSummary>;
}

/** What both sides may have chosen, as samples name it. */
export type SshChosenKind =
  "kex" | "hostkey_alg" | "cipher.c2s" | "cipher.s2c" | "mac.c2s" | "mac.s2c" | "compression.c2s" | "compression.s2c";

/** What is counted of sessions whose SSH was read, since the start. Names that strangers chose stand under few labels, `other` for the rest. */
export interface SshCounts {
  /** Those in which a side has said who it is. */
  sessions(): Iterable<{
    readonly frontend: string;
    readonly side: "client" | "server";
    readonly software: string;
    readonly count: number;
  }>;
  /** Those in which both sides have offered, as all below. */
  chosen(): Iterable<{ readonly kind: SshChosenKind; readonly algorithm: string; readonly count: number }>;
  /** Who of the two offered a post-quantum key exchange, and whether one was chosen. */
  readonly postQuantum: readonly {
    readonly offered: "both" | "client" | "server" | "none";
    readonly chosen: "yes" | "no";
    readonly count: number;
  }[];
  readonly strict: { readonly yes: number; readonly no: number };
  /** Open to CVE-2023-48795. */
  readonly terrapin: number;
  /** By the side whose bytes were not SSH's, let through or not. */
  readonly foreign: { readonly client: number; readonly server: number };
  /** All together, ms, and of how many. */
  readonly timeToIdentMs: number;
  readonly timesToIdent: number;
}

/** Who speaks what. Instants are ms of the calendar's clock. */
export interface SshReport {
  readonly at: number;
  readonly sinceAt: number | null;
  /** Since when something is known; null: nothing has been seen yet. */
  readonly firstAt: number | null;
  /** Those in which a client has said who it is. */
  readonly sessions: number;
  /** Clients, by the frontend that they came to. */
  readonly frontends: readonly SshPlaceReport[];
  /** Servers; their name is `backend/server`. */
  readonly servers: readonly SshPlaceReport[];
  readonly findings: SshFindings;
}

/** Who speaks at one place. The most frequent come first. */
export interface SshPlaceReport {
  readonly name: string;
  readonly sessions: number;
  readonly software: readonly SshSoftwareReport[];
  readonly algorithms: readonly SshAlgorithmReport[];
}

/** One kind of software. */
export interface SshSoftwareReport {
  /** `other`: all that is too rare to have a place of its own, where there is too much. */
  readonly software: string;
  /** "": it names none; `other` as above. */
  readonly version: string;
  readonly sessions: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Sessions by what it offered: the best for a key exchange; `unknown`: it ended before it offered anything. */
  readonly offered: {
    readonly mlkem: number;
    readonly otherPostQuantum: number;
    readonly classical: number;
    readonly unknown: number;
  };
  /** Sessions in which both sides offered, by what they chose. */
  readonly chosen: {
    readonly postQuantum: number;
    readonly classical: number;
    readonly strict: number;
    readonly terrapin: number;
  };
}

/** What an algorithm is for. */
export type SshAlgorithmKind = "kex" | "hostkey" | "cipher" | "mac" | "compression";

/** One algorithm, and in how many sessions it was offered by who speaks here, and chosen by both. */
export interface SshAlgorithmReport {
  readonly kind: SshAlgorithmKind;
  readonly name: string;
  readonly offered: number;
  readonly chosen: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** One kind of software at one place, and in how many sessions it was found to be so. */
export interface SshFinding {
  /** A frontend of clients, `backend/server` of servers. */
  readonly place: string;
  readonly software: string;
  readonly version: string;
  readonly sessions: number;
  readonly lastAt: number;
}

/** Who offers nothing but what may go: who would be locked out then, and which servers could not be reached any more. */
export interface SshLockedOut {
  readonly clients: readonly SshFinding[];
  readonly servers: readonly SshFinding[];
}

/** What an administrator wants to know. */
export interface SshFindings {
  /** Were these not accepted any more: `ssh-rsa`; whatever needs SHA-1 (key exchange, MAC or host key); ciphers in CBC mode. */
  readonly without: {
    readonly sshRsa: SshLockedOut;
    readonly sha1: SshLockedOut;
    readonly cbc: SshLockedOut;
  };
  /** Servers that offer no ML-KEM, and those of them that offer no post-quantum key exchange at all. */
  readonly serversWithoutMlkem: readonly SshFinding[];
  readonly serversWithoutPostQuantum: readonly SshFinding[];
  /** Clients whose users were warned: OpenSSH of 10.1 and later, in sessions without a post-quantum key exchange. */
  readonly warnedClients: readonly SshFinding[];
  /** Clients that offer no post-quantum key exchange. */
  readonly clientsWithoutPostQuantum: readonly SshFinding[];
}

/** How many kinds of software, at all places together, unless it says sessions. */
export interface SshSummary {
  readonly sessions: number;
  readonly clients: number;
  readonly servers: number;
  readonly postQuantumSessions: number;
  readonly classicalSessions: number;
  readonly warnedClients: number;
  readonly clientsWithoutPostQuantum: number;
  readonly serversWithoutMlkem: number;
  readonly serversWithoutPostQuantum: number;
  /** Clients that would be locked out. */
  readonly lockedOut: { readonly sshRsa: number; readonly sha1: number; readonly cbc: number };
}

/** Why clients are refused. */
export type RefusalReason =
  | "no-server"
  | "unreachable"
  | "timeout"
  | "queue"
  | "full"
  | "not-allowed"
  | "rule"
  | "maintenance"
  | "limit"
  | "foreign"
  | "fault"
  | "penalty";

/** Who is refused and who is held: counters since the start, and gauges. */
export interface SshFigures {
  /** Sessions whose bytes are read, or would be, and that were refused; told or not. */
  readonly refusals: Readonly<Record<RefusalReason, number>>;
  /** Of those: clients that got a plain close because too many were told at once. */
  readonly untold: number;
  /** Refused clients that are given time to read, now and at most. */
  readonly lingering: number;
  readonly lingeringMax: number;
  /** Clients that are kept busy, now, at most, and since the start. */
  readonly tarpit: number;
  readonly tarpitMax: number;
  readonly tarpitTotal: number;
}

/** The host keys of servers, as they are looked at again and again. Instants are ms of the calendar's clock. */
export interface PublicHostKeys {
  /** Some server's are. */
  readonly isWatching: boolean;
  /** Looks since the start: those in which all was read, and the others. */
  readonly looks: { readonly whole: number; readonly failed: number };
  /** Backends with such servers, by name. */
  backends(): Iterable<HostKeysBackend>;
}

export interface HostKeysBackend {
  readonly name: string;
  /** Where its servers differ; none: they agree, or are not known yet. */
  readonly differences: readonly HostKeyDifference[];
  readonly servers: readonly HostKeysServer[];
}

/** Servers whose keys of one kind are not the same. */
export interface HostKeyDifference {
  readonly type: string;
  /** `ssh-ed25519`, as in known_hosts. */
  readonly name: string;
  /** Who has which; a fingerprint of null: none of that kind. */
  readonly groups: readonly {
    readonly fingerprint: string | null;
    readonly servers: readonly { readonly name: string; readonly firstAt: number | null }[];
  }[];
}

export interface HostKeysServer {
  readonly name: string;
  /** Where it was looked at; null: nowhere yet. */
  readonly address: string | null;
  /** `none`: nothing is pinned; `unknown`: it has not been looked at yet. */
  readonly pin: "none" | "unknown" | "held" | "refused";
  /** Why it is refused; null: it is not. */
  readonly objection: string | null;
  /** The last look in which anything was read; null: there has been none. */
  readonly lookedAt: number | null;
  /** Why the last look was not whole; null: it was. */
  readonly failure: string | null;
  /** Keys that others have taken the place of, since the start. */
  readonly changes: number;
  readonly keys: readonly HostKeyFacts[];
}

/** One key that a server was seen with. */
export interface HostKeyFacts {
  /** `ssh-ed25519`, with ` certificate` behind it where it came in one. */
  readonly name: string;
  readonly type: string;
  readonly bits: number;
  readonly fingerprint: string;
  readonly firstAt: number;
  readonly lastAt: number;
  /** It has signed with it, and that could be verified. */
  readonly isVerified: boolean;
  /** The server listed it when it was last asked. */
  readonly isListed: boolean;
  /** The key in whose place it came; null: none is known. */
  readonly before: { readonly fingerprint: string; readonly firstAt: number; readonly lastAt: number } | null;
}

/** A source's penalty at a frontend. */
export interface SshPenaltyView {
  readonly frontend: string;
  /** A network, as `192.0.2.1/32`. */
  readonly source: string;
  readonly leftMs: number;
  /** Its sessions are turned away. */
  readonly isEnforced: boolean;
  readonly faults: Readonly<Record<SshFault, number>>;
  /** Sessions turned away since it has had a penalty. */
  readonly refused: number;
}

/** The penalties of a frontend in figures. Counters since the start. */
export interface SshPenaltyFigures {
  readonly frontend: string;
  readonly sources: number;
  readonly enforced: number;
  readonly given: Readonly<Record<SshFault, number>>;
  readonly refused: number;
  /** Faults of sources that there was no room for. */
  readonly unnoted: number;
}

/** Penalties as others see them. */
export interface PublicSshPenalties {
  /** In steps; null: one that shows nothing. */
  all(): Iterable<SshPenaltyView | null>;
  /** Forgives the sources that have an address in common with a network; null: all. In steps, to be gone through to the end: whether one was forgiven. Null: it is no network. */
  clear(network: string | null): Iterable<boolean> | null;
  /** Of frontends that give penalties. */
  figures(): Iterable<SshPenaltyFigures>;
}
