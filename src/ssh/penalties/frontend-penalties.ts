/** The penalties of one frontend: what its plan says of them, and those that are in force. */
import type { SocketAddress } from "../../address.ts";
import type { SshFault, SshPenaltiesPlan } from "../../plan/ssh/ssh-penalties.ts";
import { NetworkIndex } from "../../rules/match/network.ts";
import { address as addressSample } from "../../rules/value/sample.ts";
import { Bearers } from "./bearers.ts";
import { NoticeRate } from "./notice-rate.ts";
import { type Penalty, PenaltyTable } from "./penalty-table.ts";
import { sourceNetwork } from "./source-network.ts";

/** Bearers that are remembered at once: they are forwarders, or take themselves for some. */
const mostBearers = 4096;

/** One per name for as long as some plan has a frontend of that name with `ssh-penalties`. */
export class FrontendPenalties {
  /** Those of sources, and of whoever has to send a PROXY header before there is a source. */
  sources: PenaltyTable;
  bearers: PenaltyTable;
  /** Since the start. */
  readonly given: Record<SshFault, number> = { noauth: 0, invalid: 0, proxy: 0 };
  refused = 0;
  readonly notices = new NoticeRate();
  readonly #trusted = new Bearers();
  #exempt: NetworkIndex<{ readonly reference: number }>;

  constructor(
    readonly frontend: string,
    public plan: SshPenaltiesPlan,
  ) {
    this.sources = new PenaltyTable(plan);
    this.bearers = new PenaltyTable({ ...plan, size: Math.min(plan.size, mostBearers) });
    this.#exempt = indexOf(plan.exempt);
  }

  /** Another plan: penalties stay while what they are reckoned by does, as entries of a stick table do. */
  replan(plan: SshPenaltiesPlan): void {
    const before = this.plan;
    this.plan = plan;
    if (!isEqual(before.exempt, plan.exempt)) this.#exempt = indexOf(plan.exempt);
    const [sources, bearers] = [plan, { ...plan, size: Math.min(plan.size, mostBearers) }];
    if (isReckonedAlike(before, plan)) [this.sources.bounds, this.bearers.bounds] = [sources, bearers];
    else [this.sources, this.bearers] = [new PenaltyTable(sources), new PenaltyTable(bearers)];
  }

  /** Gives a source a penalty; what that comes to where it is enforced from now on, else null. */
  add(address: SocketAddress, fault: SshFault, now: number): Penalty | null {
    const network = this.#networkOf(address);
    const ms = this.plan.addMs[fault];
    if (network === null || ms === 0) return null;
    if (fault === "proxy" && this.#trusted.has(network, now)) return null;
    this.given[fault] += 1;
    return (fault === "proxy" ? this.bearers : this.sources).add(network, fault, ms, now);
  }

  /** Whether a session is turned away: of a source, or of one that is to send a PROXY header first. Counted. */
  refuses(address: SocketAddress, isBearer: boolean, now: number): boolean {
    const table = isBearer ? this.bearers : this.sources;
    if (table.enforced === 0) return false;
    const network = this.#networkOf(address);
    if (network === null || !table.refuses(network, now)) return false;
    this.refused += 1;
    return true;
  }

  /** A PROXY header has come from there as it should be. */
  trust(address: SocketAddress, now: number): void {
    const network = sourceNetwork(address, this.plan);
    if (network === null) return;
    this.bearers.remove(network);
    this.#trusted.note(network, now);
  }

  leftMs(address: SocketAddress, now: number): number {
    if (this.sources.size === 0) return 0;
    const network = this.#networkOf(address);
    return network === null ? 0 : this.sources.leftMs(network, now);
  }

  /** Null: it has no penalties, ever. */
  #networkOf(address: SocketAddress): string | null {
    if (address.kind !== "tcp" || this.#isExempt(address.host)) return null;
    return sourceNetwork(address, this.plan);
  }

  #isExempt(host: string): boolean {
    if (this.plan.exempt.length === 0) return false;
    const sample = addressSample(host);
    return sample !== undefined && this.#exempt.find(sample) !== undefined;
  }
}

function indexOf(networks: readonly string[]): NetworkIndex<{ readonly reference: number }> {
  const index = new NetworkIndex<{ readonly reference: number }>();
  for (const [reference, text] of networks.entries()) index.put(text, { reference });
  return index;
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at]);
}

function isReckonedAlike(one: SshPenaltiesPlan, other: SshPenaltiesPlan): boolean {
  const fields = ["minMs", "maxMs", "prefix4", "prefix6"] as const;
  return fields.every((field) => one[field] === other[field]);
}
