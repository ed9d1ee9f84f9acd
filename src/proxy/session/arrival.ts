/** From the accept to where a session begins: the rules of connections, a PROXY header, TLS, the rules of sessions. */
import type { RuleEffects, Verdict } from "../../rules/actions/effects.ts";
import type { HttpEffects, HttpView } from "../../rules/http-view.ts";
import { countSession } from "../../rules/stick/tracking.ts";
import type { Connection } from "../../net/transport.ts";
import { factsOfHello, handshakeReasons, type TlsFacts } from "../../tls-facts.ts";
import { proxyHeaderReasons } from "../../wire/proxy-protocol.ts";
import { isDenial } from "./inspect/request-inspection.ts";
import { ClientHandshake, type HandshakeOwner } from "./client-handshake.ts";
import type { ClientTls } from "./context/client-tls.ts";
import { readHeader } from "./proxy-header/received-header.ts";
import type { SessionContext } from "./context/session-context.ts";
import { tellAccepted } from "./context/telling.ts";

/** Whose client has been accepted and counted. */
export interface Arriving extends SessionContext, RuleEffects {
  turnAway?(cause: "P" | "S", phase: "R" | "D"): void;
  readonly isOver: boolean;
  /** Of an exchange, what its rules see and what they may do. */
  readonly http?: HttpView & HttpEffects;
  /** Whole milliseconds since it began. */
  elapsed(): number;
  /** The rules let it pass. */
  admitted(): void;
  /** Its client is spoken to over `client` from now on: its connection as it came is that one's. */
  secured(client: Connection): void;
  /** What must come first did not, a PROXY header or a handshake, for a reason in HAProxy's words; the client has been let go. */
  unheard(reason: string): void;
  /** It was turned away: gives back the client's place. */
  leave(): void;
  /** Something threw. Never throws. */
  fail(error: unknown): void;
}

/** Has a client turned away, or admitted at once, or once its PROXY header has come and its handshake is over. */
export function arrive(session: Arriving): void {
  const { front, listener } = session;
  const { rules } = front;
  let expectsHeader = listener.plan.acceptProxy;
  if (rules.connection !== null) {
    const run = rules.connection.start(session, session);
    let verdict = run.step();
    for (; verdict === "expect-proxy"; verdict = run.step()) expectsHeader = true;
    if (isDenial(verdict)) return deny(session, verdict, "connection");
  }
  session.addresses.isArriving = false;
  if (isKeptOut(session, expectsHeader)) return;
  if (expectsHeader) void takeHeader(session);
  else secure(session);
}

async function takeHeader(session: Arriving): Promise<void> {
  try {
    const { plan, process } = session.front;
    const reason = await readHeader(session, plan.timeouts, process.bufsizeBytes);
    if (!session.isOver) headed(session, reason);
  } catch (error) {
    session.fail(error);
  }
}

/** The PROXY header has been read; or `reason` says why not. */
function headed(session: Arriving, reason: string | null): void {
  session.handshakeMs = session.elapsed();
  if (reason === null) return isKeptOut(session, false) ? undefined : secure(session);
  session.clientError = reason;
  if (!blameless.has(reason)) session.front.process.ssh?.misheaded(session);
  // A peer that left by itself gets a plain end; any other would take one for a healthy server's.
  if (reason === proxyHeaderReasons.empty) session.client.close();
  else session.client.reset();
  session.unheard(reason);
}

/** Whoever looks whether somebody is there sends nothing. */
const blameless: ReadonlySet<string> = new Set([proxyHeaderReasons.empty, proxyHeaderReasons.lost]);

/** Turns a client away whose source has come to that, before it costs more; `isBearer`: its PROXY header will say which that is. */
function isKeptOut(session: Arriving, isBearer: boolean): boolean {
  const { plan, process } = session.front;
  if (process.ssh === null || plan.ssh.penalties === null) return false;
  const verdict = process.ssh.meet(session, isBearer);
  if (verdict === null) return false;
  deny(session, verdict === "drop" ? "silent-drop" : verdict, "standing");
  return true;
}

/** TLS is spoken from here on, where it is at all. */
function secure(session: Arriving): void {
  const { tls } = session.addresses;
  if (tls === null) begin(session);
  else new Securement(session, tls).begin();
}

/** A session's handshake, and what follows. */
class Securement implements HandshakeOwner {
  constructor(
    private readonly session: Arriving,
    private readonly tls: ClientTls,
  ) {}

  begin(): void {
    const { session, tls } = this;
    const handshake = new ClientHandshake(session, this);
    handshake.begin(tls.terms);
    tls.handshake = handshake;
  }

  get isOver(): boolean {
    return this.session.isOver;
  }

  secured(client: Connection): void {
    const { session } = this;
    this.tls.handshake = null;
    session.secured(client);
    session.handshakeMs = session.elapsed();
    session.shaken(client.tls ?? null);
    begin(session);
  }

  insecure(reason: string, facts: TlsFacts | null): void {
    const { session } = this;
    this.tls.handshake = null;
    session.handshakeMs = session.elapsed();
    this.tls.failed = facts ?? factsOfHello({ error: null });
    // As in HAProxy one that has taken too long is none that has failed.
    if (reason !== handshakeReasons.timeout) session.shaken(null);
    session.clientError = reason;
    session.unheard(reason);
  }

  fail(error: unknown): void {
    this.session.fail(error);
  }
}

function begin(session: Arriving): void {
  const { front } = session;
  if (front.rules.session !== null) {
    const verdict = front.rules.session.start(session, session).step();
    if (isDenial(verdict)) return deny(session, verdict, "session");
  }
  front.begin(session.startedAt + session.handshakeMs);
  session.hasBegun = true;
  if (front.rules.logsTcpInfo) session.clientTcpInfo();
  if (session.ownTracked !== null) countSession(session.ownTracked);
  // In `mode http` each exchange is told.
  if (front.isLogging && front.plan.logFormat === null && front.plan.mode !== "http") tellAccepted(session);
  session.admitted();
}

/** Whether whoever knows SSH has its client's connection now, to keep it busy or to tell why it is refused. */
function isTakenOver(session: Arriving, verdict: Verdict, layer: Layer): boolean {
  const { plan, defaultBackend, process } = session.front;
  const { ssh } = process;
  if (ssh === null) return false;
  if (verdict === "tarpit") return ssh.tarpit(session);
  // What would be said in the clear is nothing for a client of TLS.
  if (layer === "standing") return session.addresses.tls === null && ssh.refuse(session, keptOut);
  const isRead = plan.ssh.isRead || defaultBackend?.plan.ssh.isRead === true;
  return layer === "session" && isRead && ssh.refuse(session, denied);
}

/** As the log would tell it, were it told. */
const denied = { cause: "P", phase: "R" };
const keptOut = { ...denied, standing: true };

/** What denies. */
type Layer = "connection" | "standing" | "session";

/** Turned away before it became a session: no log line, as in HAProxy. */
function deny(session: Arriving, verdict: Verdict, layer: Layer): void {
  const { front, listener, client } = session;
  if (layer !== "session") {
    front.counters.deniedConnections += 1;
    listener.deniedConnections += 1;
  } else {
    front.counters.deniedSessions += 1;
    listener.deniedSessions += 1;
  }
  if (verdict === "silent-drop") session.drop();
  else if (isTakenOver(session, verdict, layer)) return session.leave();
  else if (layer !== "session") client.reset();
  else client.close();
  session.leave();
}
