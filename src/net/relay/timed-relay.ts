/** What of a relay moves no bytes: how long its sides may be idle, and what ends it before both have finished. */
import { clockMs } from "../../clock.ts";
import { type Deadline, type Expiring, expireAfter, expireIn } from "../deadlines.ts";
import { idleAt, type IdleDeadline, idleDeadline } from "./idle-limits.ts";
import { RelayOutcome } from "./relay-outcome.ts";
import type { Side } from "./side.ts";
import type { Relayed, RelayLimits, Stream } from "../transport.ts";

/** A relay between two sides, whose limits run. */
export abstract class TimedRelay extends RelayOutcome implements Expiring {
  /** Nothing that comes matters any more. */
  protected isOver = false;
  #timer: Deadline | null = null;
  #timerAt = Infinity;
  /** The first side that was idle for too long; it stays the reason whatever comes after. */
  #fault: Pick<Relayed, "by" | "how"> | null = null;
  #error: Pick<Relayed, "fault"> | null = null;

  constructor(
    protected readonly client: Side,
    protected readonly server: Side,
    protected readonly limits: RelayLimits,
  ) {
    super();
  }

  /** All that comes goes on. */
  protected abstract get isTunnel(): boolean;

  abstract counts(): { readonly bytesIn: number; readonly bytesOut: number };

  /** A side has finished. Faults are its own to catch. */
  abstract end(from: Stream): void;

  protected get hasTimedOut(): boolean {
    return this.#fault !== null;
  }

  /** A fault, of a tap or our own, ends the session: what comes after it could not be trusted to be whole. */
  protected fail(error: unknown): void {
    if (this.isSettled) throw error;
    this.#error = { fault: error };
    this.isOver = true;
    this.#cut("proxy", "killed");
  }

  /** As in HAProxy it is no tunnel yet while its first bytes are looked at. */
  get #limitsNow(): RelayLimits {
    return this.isTunnel || this.limits.tunnelMs === 0 ? this.limits : { ...this.limits, tunnelMs: 0 };
  }

  protected sideOf(socket: Stream): Side {
    return socket === this.client.socket ? this.client : this.server;
  }

  protected other(side: Side): Side {
    return side === this.client ? this.server : this.client;
  }

  /** Nothing more is sent, and neither side can take what it got for the whole. */
  protected abort(by: Relayed["by"], how: Relayed["how"]): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#cut(by, how);
  }

  #cut(by: Relayed["by"], how: Relayed["how"]): void {
    try {
      this.client.socket.terminate();
    } finally {
      try {
        this.server.socket.terminate();
      } finally {
        this.conclude(by, how);
      }
    }
  }

  protected conclude(by: Relayed["by"], how: Relayed["how"]): void {
    this.stopTimer();
    const cause = this.#fault;
    const { bytesIn, bytesOut } = this.counts();
    const relayed = { by: cause?.by ?? by, how: cause?.how ?? how, bytesIn, bytesOut };
    this.settle(this.#error === null ? relayed : { ...relayed, ...this.#error });
  }

  /** Sees to it that the timer fires no later than the deadline. It may fire earlier, and is armed again then, so bytes cost no timer. */
  protected arm(set = expireAfter): void {
    if (this.isOver) return;
    const atMs = idleAt(this.client, this.server, this.#limitsNow);
    if (atMs >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = atMs;
    this.#timer = set(atMs - clockMs(), this);
  }

  /** Expiring: a side may have been idle for too long. */
  expire(): void {
    try {
      this.#expire();
    } catch (error) {
      this.fail(error);
    }
  }

  #expire(): void {
    this.#timer = null;
    this.#timerAt = Infinity;
    while (!this.isOver) {
      const deadline = idleDeadline(this.client, this.server, this.#limitsNow);
      if (deadline.atMs > clockMs()) return this.arm(expireIn);
      this.#timeOut(deadline);
    }
  }

  /** As in HAProxy, a side that says nothing is taken to have finished, and the other may go on; one that takes nothing ends both. */
  #timeOut({ side, fault }: IdleDeadline): void {
    const silent = side === "client" ? this.client : this.server;
    if (fault === "silent" && silent.socket.endStretch?.() === true) return;
    this.#fault ??= { by: side, how: "timeout" };
    if (fault === "stalled") {
      this.abort(side, "timeout");
      return;
    }
    silent.socket.pause();
    this.end(silent.socket);
  }

  protected stopTimer(): void {
    this.#timer?.cancel();
  }
}
