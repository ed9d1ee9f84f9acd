/** A server as it is watched: by its checks and agent, by what sessions find, and by who follows its name. */
import type { SshFacts } from "../../ssh-facts.ts";
import type { AnswerFault } from "../check/answer-fault.ts";
import type { Monitor } from "../check/monitor.ts";
import type { NameFollower } from "../names/name-resolver.ts";
import { ProbePace } from "../time/probe-pace.ts";
import { BalancedServer, type BalancingBackend } from "./balanced-server.ts";
import type { Monitoring } from "./server-state.ts";

/** What a server needs of its backend to be watched. */
export interface WatchingBackend extends BalancingBackend {
  readonly process: {
    /** Servers that are checked or whose agent is asked. */
    monitored: number;
  };
}

/** A server with those that watch it. What follows from what they find is `Server`'s. */
export abstract class WatchedServer<Owner extends WatchingBackend> extends BalancedServer<Owner> {
  /** For all who speak SSH to it and do not log in. */
  readonly probes = new ProbePace();
  #monitor: Monitor | null = null;
  #follower: NameFollower | null = null;

  /** Its checks and agent, or the last ones while it is between two plans; null: nobody asks for its health. */
  get monitor(): Monitor | null {
    return this.#monitor;
  }

  /** `monitor` looks after it from now on, and has ended the one before. */
  monitorBy(monitor: Monitor | null): void {
    const { process } = this.backend;
    process.monitored += Number(monitor !== null) - Number(this.#monitor !== null);
    this.#monitor = monitor;
  }

  /** The same while they go on; null once they have ended, too. */
  protected get monitoring(): Monitoring | null {
    return this.#monitor?.isStopped === false ? this.#monitor : null;
  }

  /** `follower` asks for its name from now on; whoever did before has ended, or is ended by the caller. */
  followBy(follower: NameFollower | null): void {
    this.#follower = follower;
  }

  get follower(): NameFollower | null {
    return this.#follower;
  }

  /** A session's connect has succeeded or failed, or an answer of HTTP (`fault`: what was wrong with it). */
  observe(succeeded: boolean, fault: AnswerFault | null = null): void {
    this.#monitor?.observed(succeeded, fault);
    // Its name may lead elsewhere by now.
    if (!succeeded && fault === null) this.#follower?.hurry();
  }

  /** A session's server has said more of itself, in SSH. */
  heardSsh(facts: SshFacts): void {
    this.#monitor?.heardSsh(facts);
  }

  /** Ends its checks and timers for good; what the checks found stays to be read. */
  close(): void {
    this.#monitor?.stop();
    this.#follower?.stop();
    this.stopWarming();
    this.wake();
  }
}
