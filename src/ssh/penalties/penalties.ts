/** Penalties of all frontends: who is kept out, who is to be, and what the log is told of it. */
import type { SocketAddress } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import { type Deadline, expireAfter, type Expiring } from "../../net/deadlines.ts";
import type { FrontendPlan } from "../../plan/proxy.ts";
import type { SshFault, SshPenaltiesPlan } from "../../plan/ssh/ssh-penalties.ts";
import type { SshSession, SshStanding } from "../../proxy/process/ssh-place.ts";
import type { PublicSshPenalties, SshPenaltyFigures, SshPenaltyView } from "../public.ts";
import { FrontendPenalties } from "./frontend-penalties.ts";
import type { Penalty, PenaltyTable } from "./penalty-table.ts";
import { overlapWith } from "./source-network.ts";
import { Standing } from "./standing.ts";

/** From one look for penalties that have passed to the next; where there are many, so many go at once, with a turn of the loop in between. */
const sweepMs = 1000;
const sweptAtOnce = 1024;

/** One per process. A frontend's stay over reloads for as long as one of its name has `ssh-penalties`. */
export class Penalties implements PublicSshPenalties, Expiring {
  readonly #byFrontend = new Map<string, FrontendPenalties>();
  #deadline: Deadline | null = null;
  #isRetired = false;

  /** Another plan runs. */
  renew(frontends: Iterable<FrontendPlan>): void {
    const gone = new Set(this.#byFrontend.keys());
    for (const { name, ssh, disabled } of frontends) {
      const { penalties } = ssh;
      if (penalties === null || disabled) continue;
      gone.delete(name);
      const known = this.#byFrontend.get(name);
      if (known === undefined) this.#byFrontend.set(name, new FrontendPenalties(name, penalties));
      else known.replan(penalties);
    }
    for (const name of gone) this.#byFrontend.delete(name);
  }

  /** See `SshPlace.meet`. */
  meet(session: SshSession, isBearer: boolean): SshPenaltiesPlan["action"] | null {
    const penalties = this.#of(session);
    if (penalties === null) return null;
    const now = clockMs();
    const { peer, proxyHeader } = session;
    if (!isBearer && proxyHeader !== null) {
      penalties.trust(peer, now);
      // A forwarder speaks for itself: its checks are nobody's scan.
      if (proxyHeader.local) return null;
    }
    const source = isBearer ? peer : session.source;
    if (penalties.refuses(source, isBearer, now)) return penalties.plan.action;
    if (!isBearer) session.standing = new Standing(source, this.#blame);
    return null;
  }

  /** A PROXY header was missing or wrong. */
  misheaded(session: SshSession): void {
    this.#blame(session, session.peer, "proxy");
  }

  /** The client has begun with what is not SSH. */
  heardForeign(session: SshSession): void {
    const standing = session.standing as Standing | null;
    standing?.foreign(session);
  }

  /** What is left of the penalty of a session's source, ms; null: its frontend has none. */
  leftMs(session: SshSession): number | null {
    const penalties = this.#of(session);
    if (penalties === null) return null;
    const standing: SshStanding | null = session.standing;
    return Math.ceil(penalties.leftMs(standing === null ? session.source : standing.source, clockMs()));
  }

  readonly #blame = (session: SshSession, source: SocketAddress, fault: SshFault): void => {
    const penalties = this.#of(session);
    if (penalties === null) return;
    const now = clockMs();
    const begun = penalties.add(source, fault, now);
    this.#watch();
    if (begun === null) return;
    const untold = penalties.notices.ask(now);
    if (untold === null) return;
    const { plan, process } = session.front;
    process.emit({
      type: "ssh-penalty",
      frontend: plan.name,
      logs: plan.logs,
      text: wordsFor(penalties, begun, untold, now),
    });
  };

  #of({ front }: SshSession): FrontendPenalties | null {
    return front.plan.ssh.penalties === null ? null : (this.#byFrontend.get(front.plan.name) ?? null);
  }

  #watch(): void {
    if (!this.#isRetired) this.#deadline ??= expireAfter(sweepMs, this);
  }

  expire(): void {
    this.#deadline = null;
    const now = clockMs();
    let isEmpty = true;
    for (const table of this.#tables()) {
      if (table.sweep(now, sweptAtOnce)) {
        this.#deadline = expireAfter(1, this);
        return;
      }
      if (table.size > 0) isEmpty = false;
    }
    if (!isEmpty) this.#watch();
  }

  /** The process stops. */
  retire(): void {
    this.#isRetired = true;
    this.#deadline?.cancel();
    this.#deadline = null;
  }

  *#tables(): Iterable<PenaltyTable> {
    for (const { sources, bearers } of this.#byFrontend.values()) yield* [sources, bearers];
  }

  *all(): Iterable<SshPenaltyView | null> {
    for (const { frontend, sources, bearers } of this.#byFrontend.values()) {
      for (const table of [sources, bearers]) {
        const now = clockMs();
        for (const one of table.all(now)) yield one === null ? null : viewOf(frontend, one, now);
      }
    }
  }

  clear(meant: string | null): Iterable<boolean> | null {
    const isMeant = meant === null ? () => true : overlapWith(meant);
    return isMeant === null ? null : this.#clear(isMeant);
  }

  *#clear(isMeant: (network: string) => boolean): Iterable<boolean> {
    for (const table of this.#tables()) {
      for (const one of table.all(clockMs())) {
        const isOne = one !== null && isMeant(one.source);
        if (isOne) table.remove(one.source);
        yield isOne;
      }
    }
  }

  *figures(): Iterable<SshPenaltyFigures> {
    for (const { frontend, sources, bearers, given, refused } of this.#byFrontend.values()) {
      yield {
        frontend,
        sources: sources.size + bearers.size,
        enforced: sources.enforced + bearers.enforced,
        refused,
        unnoted: sources.unnoted + bearers.unnoted,
        given: { ...given },
      };
    }
  }
}

function viewOf(frontend: string, { source, isEnforced, key, faults, refused }: Penalty, now: number): SshPenaltyView {
  return { frontend, source, leftMs: Math.ceil(key - now), isEnforced, faults: { ...faults }, refused };
}

const fates = { reject: "refused", tarpit: "held up", drop: "dropped" } as const;

/** What the log says: nothing of it is a stranger's text. */
function wordsFor(
  { frontend, plan }: FrontendPenalties,
  { source, key, faults }: Penalty,
  untold: number,
  now: number,
): string {
  const seconds = Math.round((key - now) / 1000);
  const why = Object.entries(faults).flatMap(([fault, count]) => (count > 0 ? [`${fault} ${count}`] : []));
  const others = untold === 0 ? "" : ` ${untold} other source${untold === 1 ? "" : "s"} came to the same before.`;
  return `Frontend ${frontend}: ${source} has a penalty of ${seconds} s (${why.join(", ")}) and is ${fates[plan.action]} until it has passed.${others}`;
}
