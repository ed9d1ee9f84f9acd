/** The end of a session, whoever brings it about: everything that was taken is given back, counted and told. */
import { latin1 } from "../../wire/latin1.ts";
import type { Maintenance } from "../process/maintenance.ts";
import { releaseTracked } from "../../rules/stick/tracking.ts";
import type { Membership } from "../../roster.ts";
import type { SessionRecord } from "../../session-record.ts";
import { SessionContext } from "./context/session-context.ts";
import { tell, tellFailed } from "./context/telling.ts";
import type { Cause, Phase } from "./search/seeker.ts";
import { account } from "./accounting.ts";

/** How far a session without a server connection has come. */
const phases = { rules: "R", queued: "Q", connecting: "C", relaying: "D" } as const;

/** A session as far as it ends, by what happens on the way or by somebody else's word. */
export abstract class EndingSession extends SessionContext {
  isOver = false;
  /** Among those that run; null: not yet. */
  protected place: Membership<unknown> | null = null;
  /** Why it was ended at once while its bytes were relayed; null: it was not. */
  protected killedBy: Cause | null = null;
  protected killedIn: Phase = "-";
  /** The side that finished first, where both sides of its relay have; null: they have not. */
  protected finishedFirst: "client" | "server" | null = null;
  /** Some of what its server has said has gone to the client, though the rest was held back. */
  hasServerLines = false;
  /** `option logasap`: its one line has been written. */
  #isTold = false;

  abstract readonly state: keyof typeof phases;
  /** Nobody looks at what its server has sent any more. */
  protected abstract stopInspection(): void;

  /** There was no PROXY header, or no handshake. */
  unheard(reason: string): void {
    this.leave();
    tellFailed(this, this.recordToTell(false), reason);
  }

  /** RST to the server if there is one, and ends. */
  endBoth(cause: Cause, phase: Phase): void {
    this.serverConnection?.reset();
    this.abandon(cause, phase);
  }

  /** Ends it at once, whatever it does. `letter`: why. */
  kill(letter: Cause): void {
    if (this.isOver) return;
    this.killedBy = letter;
    try {
      if (this.relay !== null) this.relay.kill();
      else this.endBoth(letter, "-");
    } catch (error) {
      this.fail(error);
    }
  }

  /** Cuts both connections off, and ends. The log tells how far it had come. */
  fail(error: unknown): void {
    const { process } = this.front;
    process.faults.note(error, "in a session, which was ended");
    if (this.isOver) return;
    const phase = this.serverConnection !== null ? "D" : phases[this.state];
    try {
      this.cutOff();
    } catch (another) {
      process.faults.note(another, "in a session that was being ended");
    }
    try {
      this.end("I", phase);
    } catch (another) {
      process.faults.note(another, "in a session that was being ended");
    }
  }

  /** Ends it while the client connection is still ours. */
  abandon(cause: Cause, phase: Phase): void {
    if (!this.giveUpHandshake()) {
      this.client.onLost = null;
      this.lookLast();
      if (cause === "K" || cause === "D" || cause === "U") this.client.reset();
      else if (!this.#hasLastWord(cause, phase)) this.client.close();
    }
    this.end(cause, phase);
  }

  /** One that it comes by is in maintenance: its client may read so. The letters are those of an operator's word. */
  protected refuseFor(maintenance: Maintenance, phase: "R" | "C"): void {
    maintenance.refused += 1;
    if (maintenance.text !== "") this.setLastWord(latin1(new TextEncoder().encode(maintenance.text)), 7);
    this.client.onLost = null;
    this.lookLast();
    if (!this.#hasLastWord("K", phase)) this.client.close();
    this.end("K", phase);
  }

  /** What its client has sent by now cannot be SSH, and nothing else is let through. */
  protected get isForeign(): boolean {
    const { ssh } = this.front.process;
    if (ssh === null) return false;
    const isRequired = this.front.plan.ssh.isRequired || this.at?.plan.ssh.isRequired === true;
    return isRequired && ssh.isForeign(this);
  }

  /** Before the client is let go: what came and went no further is counted, and read where that is SSH's. */
  protected lookLast(): void {
    this.countUnread();
    if (this.reading === null && this.#isSshRead) this.reading = this.front.process.ssh?.readHeld(this) ?? null;
  }

  get #isSshRead(): boolean {
    // Where it usually goes has a say before that is known.
    const back = this.at ?? this.front.defaultBackend;
    return this.front.plan.ssh.isRead || back?.plan.ssh.isRead === true;
  }

  /** Whether whoever knows SSH has taken over its client's connection, to tell why it is refused. */
  #hasLastWord(cause: Cause, phase: Phase): boolean {
    const { ssh } = this.front.process;
    return ssh !== null && this.#isSshRead && ssh.refuse(this, { cause, phase });
  }

  /** A word of whoever knows SSH: see `SshSession`. */
  turnAway(cause: Cause, phase: Phase): void {
    if (this.isOver) return;
    if (this.relay === null) return this.endBoth(cause, phase);
    this.killedBy = cause;
    this.killedIn = phase;
    this.relay.kill();
  }

  /** The one way out of a session that has begun: gives back what was taken, counts, tells. */
  protected end(cause: Cause, phase: Phase): void {
    if (this.isOver) return;
    this.endedMs = this.elapsed();
    this.termination = cause + phase;
    this.stopInspection();
    try {
      this.search?.leave();
    } catch (error) {
      this.#blame(error);
    }
    this.isOver = true;
    try {
      if (this.at !== null) this.at.counters.current -= 1;
      this.countBytes();
      account(this, cause, phase);
      // Told while it still counts for its frontend and its tracked entries are held, for a format may ask.
      this.standing?.ended(this, { cause, first: this.finishedFirst });
      this.reading?.ended();
      if (this.front.isLogging && !this.#isTold) tell(this, this.recordToTell(this.front.plan.logAsap));
    } finally {
      this.leave();
    }
  }

  /** What throws while the session ends changes how it has ended, and nothing else. */
  #blame(error: unknown): void {
    this.front.process.faults.note(error, "at the end of a session");
    this.termination = `I${this.termination[1] ?? "-"}`;
  }

  /** At the connect; not where only its end can tell whether it is to have a line. */
  protected tellEarly(): void {
    const record = this.recordToTell(true);
    if (this.front.plan.dontLogNormal && !record.redispatched && record.retries === 0) return;
    tell(this, record, true);
    this.#isTold = true;
  }

  /** The line is told even if its unique ID cannot be made: that throws once only. */
  protected recordToTell(unfinished: boolean): SessionRecord {
    try {
      return this.record(unfinished);
    } catch (error) {
      if (!this.isOver) throw error;
      this.#blame(error);
      return this.record(unfinished);
    }
  }

  /** Counting: from time to time while it runs. */
  override countBytes(): void {
    try {
      super.countBytes();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Gives back the client's place. */
  leave(): void {
    this.isOver = true;
    this.place?.end();
    try {
      this.giveUpAnswer();
      this.releaseVariables();
      this.live?.end();
      if (this.ownTracked !== null) {
        this.countBytes();
        releaseTracked(this.ownTracked);
      }
    } finally {
      this.listener.leave(this.addresses.tls !== null);
      this.front.leave();
    }
  }
}
