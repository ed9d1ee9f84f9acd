/** The place in a session's way where SSH is known: `service` fills it, and the proxy knows no more of SSH than this. */
import type { Connection, Tap } from "../../net/transport.ts";
import type { SocketAddress } from "../../address.ts";
import type { Event } from "../../events.ts";
import type { BackendPlan, FrontendPlan } from "../../plan/proxy.ts";
import type { SampleContext } from "../../rules/context.ts";
import type { ServerRefusal, SshFacts } from "../../ssh-facts.ts";
import type { SessionRecord } from "../../session-record.ts";

/** `ssh-error` of a frontend or a backend, compiled; null: it has none. */
export interface SshRules {
  readonly sshError: ((record: SessionRecord, context: SampleContext) => string) | null;
}

/** A backend as far as the same. */
export interface SshBackend {
  readonly plan: BackendPlan;
  readonly rules: SshRules;
}

/** A session as far as whoever knows SSH needs it. */
export interface SshSession extends SampleContext {
  readonly front: {
    readonly plan: FrontendPlan;
    readonly rules: SshRules;
    readonly defaultBackend: SshBackend | null;
    readonly process: { emit(event: Event): void };
  };
  /** Of its connection itself, whatever a PROXY header says. */
  readonly peer: SocketAddress;
  /** Of its source; null: it is not looked at, or not yet. */
  standing: SshStanding | null;
  /** Null until one is chosen. */
  readonly at: SshBackend | null;
  readonly client: Connection;
  /** What `ssh-reject` has its client read, and the code that goes with it; null: no such rule has decided. */
  readonly lastWord: { readonly text: string; readonly code: number } | null;
  /** How the last server that it came to has turned it down; null, or left out: none has. */
  readonly serverRefusal?: ServerRefusal | null;
  /** Its client has read the lines of its server, and nothing else: a last word is a packet behind them. */
  readonly hasServerLines?: boolean;
  /** Ends it at once with the letters that the log tells. Left out of an exchange of HTTP. */
  turnAway?(cause: "P" | "S", phase: "R" | "D"): void;
  /** Its server has identified itself, or told what it offers. Left out of an exchange of HTTP. */
  serverTold?(facts: SshFacts): void;
  /** As its log line would tell it now. */
  recordSoFar(): SessionRecord;
}

/** One session's first bytes as they are relayed. */
export interface SshReading extends Tap {
  readonly facts: SshFacts;
  /** Called when its client's bytes have told more, or will not: for rules that wait for that. May be called before the relay has begun. */
  whenTold: (() => void) | null;
  /**
   * How many of the server's first bytes, all that have come, are lines: its client says what it offers once it has read these, and
   * who holds the server's bytes for that lets them go on. 0: not known, or there are none.
   */
  linesEnd(held: Uint8Array): number;
  /** The session is over and has been told. Never throws. */
  ended(): void;
}

/** A session whose start-up counts at its server: a tap for the same bytes, behind that of its reading. */
export interface SshStartup extends Tap {
  /** The session is over: its start-up is not to be told of any more. */
  stop(): void;
}

/** Why a client is refused, in the two letters that the log tells: cause and phase. `standing`: for what its source has come to. */
export interface SshRefusal {
  readonly cause: string;
  readonly phase: string;
  readonly standing?: boolean;
}

/** How a session has ended: what the log tells first, and which side finished first where both did. */
export interface SshSessionEnd {
  readonly cause: string;
  readonly first: "client" | "server" | null;
}

/** A source's standing, as one of its sessions has it. */
export interface SshStanding {
  /** As the session was let in. */
  readonly source: SocketAddress;
  /** A tap for its relay: what is shown to it tells how far the session has come. */
  watch(): Tap;
  /** Never throws. */
  ended(session: SshSession, end: SshSessionEnd): void;
}

/** Clients that are no sessions any more and whose connections stay for a while: how many there may be at once. */
export interface SshHolds {
  /** Refused, and given time to read why. */
  readonly lingering: number;
  /** Kept busy. */
  readonly tarpit: number;
}

/** Whoever knows SSH. */
export interface SshPlace {
  /** Its client's and its server's bytes begin to be relayed: a tap for them. Only where a plan of its sides says so. */
  read(session: SshSession): SshReading;
  /** Nothing of it is relayed, and it ends: what its client has sent by now, read for whoever tells of it. */
  readHeld(session: SshSession): SshReading;
  /** A session that is read counts as starting up: calls `over` once, when its authentication is over as far as can be seen, after `graceMs` at the latest. */
  watchStartup(reading: SshReading, graceMs: number, over: () => void): SshStartup;
  /** Where only SSH is let through: what its client has sent by now is something else. Counts it. */
  isForeign(session: SshSession): boolean;
  /**
   * Its client is refused and still ours, and has been sent nothing: takes the connection over where there is a last word for it, and
   * closes it in good time. False: the caller closes it.
   */
  refuse(session: SshSession, refusal: SshRefusal): boolean;
  /**
   * A client comes, behind the rules of connections: how it is turned away for what its source has come to; null: it is let in. Where a PROXY
   * header is to come first it is asked twice, at first with `isBearer`. Whoever is let in for good may have a standing from then on. Only where
   * a frontend asks for that.
   */
  meet(session: SshSession, isBearer: boolean): "reject" | "tarpit" | "drop" | null;
  /** Its PROXY header is missing or wrong. */
  misheaded(session: SshSession): void;
  /** Milliseconds left of what its source is held to; null: its frontend does not ask. */
  penaltyMs(session: SshSession): number | null;
  /** Another plan runs, with these frontends. */
  renew(frontends: Iterable<FrontendPlan>): void;
  /** Takes the client's connection over and keeps it busy. False: there are too many already, and the caller closes it. */
  tarpit(session: SshSession): boolean;
  /** Sets how many clients may be held. Those that are held already stay. */
  allow(holds: SshHolds): void;
  /** Refused clients whose connections are open still. */
  readonly lingering: number;
  /** Called each time the last of them has gone. */
  onLingered: (() => void) | null;
  /** The process stops: nobody is kept busy any more, and who has been refused has the time left to read. */
  retire(): void;
  /** Resets all that are held. */
  cutOff(): void;
}
