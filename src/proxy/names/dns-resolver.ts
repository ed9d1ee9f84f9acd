/** A `resolvers` section at work: follows names by DNS, holds what it knows as `hold` says, and tells servers. */
import { isIP } from "node:net";
import { clockMs } from "../../clock.ts";
import type { NameTrouble } from "../../events.ts";
import type { ResolversPlan } from "../../plan/resolvers.ts";
import type { DnsRecord, DnsType } from "../../wire/dns.ts";
import { isDnsName, isServiceName } from "../../wire/dns.ts";
import { type ResolversStats, SectionCounters } from "./dns-counters.ts";
import { NameserverExchanges } from "./exchange.ts";
import type { DnsRound, Questioned } from "./round.ts";
import { askRound } from "./round.ts";
import { Lookups } from "./lookups.ts";
import type { NameAnswer, NamedResolver, NameFollower, NameQuestion, NameRequest } from "./name-resolver.ts";
import { preferred } from "./preference.ts";

type ServiceRecord = Extract<DnsRecord, { type: "SRV" }>;

/** Told by a resolution with every round that changed or confirmed what is known. */
type Listener = (answers: readonly NameAnswer[], by: string, nameserver: string, trouble?: NameTrouble) => void;

/** Addresses of one name that are looked at: any of them may be the one that is preferred. */
const maxAddresses = 256;

/** What is asked about one name: a service, or address types in order of preference. */
interface Wanted {
  readonly name: string;
  readonly isService: boolean;
  readonly addressTypes: readonly DnsType[];
}

/** Follows names with the name servers of one section. Questions for the same name are shared. */
export class DnsResolver implements NamedResolver {
  readonly #resolutions = new Map<string, Resolution>();
  readonly counters: SectionCounters;
  readonly nameservers: readonly Questioned[];
  readonly #lookups: Lookups;

  constructor(readonly plan: ResolversPlan) {
    this.counters = new SectionCounters(plan);
    this.nameservers = plan.nameservers.map((server) => {
      const counters = this.counters.of(server.name);
      return { exchanges: new NameserverExchanges(server, counters), counters };
    });
    this.#lookups = new Lookups(plan, this.nameservers);
  }

  stats(): ResolversStats {
    return this.counters.stats();
  }

  clearCounters(): void {
    this.counters.clear();
  }

  lookUp(question: NameQuestion, answered: (host: string | null) => void): () => void {
    return this.#lookups.ask(question, answered);
  }

  /** Asks at once, and again `timeout resolve` after each answer. Names that begin with `_` are services (SRV). */
  follow(request: NameRequest): NameFollower {
    const { host, answer } = request;
    const wanted = { name: host, isService: isServiceName(host), addressTypes: addressTypes(request) };
    return this.subscribe(wanted, (answers, by, nameserver, trouble) => {
      const why = wanted.isService ? "left-service" : trouble;
      const hasMoved = answer(preferred(answers, request.plan), by, why);
      if (hasMoved && !wanted.isService) this.counters.of(nameserver).updates += 1;
    });
  }

  /** As `follow`, for a name that is no server's own: a service's target. */
  subscribe(wanted: Wanted, listener: Listener): NameFollower {
    const key = `${wanted.name.toLowerCase()} ${wanted.addressTypes.join(" ")}`;
    const resolution = this.#resolutions.get(key) ?? new Resolution(this, wanted);
    this.#resolutions.set(key, resolution);
    resolution.listen(listener);
    return {
      // As in HAProxy a failed connection makes no question come before `timeout resolve` is over, and then it comes anyway.
      hurry() {},
      stop: () => {
        if (resolution.forget(listener)) this.#resolutions.delete(key);
      },
    };
  }

  /** Ends every resolution; nobody is told anything any more, but rules that there is no address. */
  stop(): void {
    this.#lookups.stop();
    for (const resolution of this.#resolutions.values()) resolution.stop();
    this.#resolutions.clear();
    for (const { exchanges } of this.nameservers) exchanges.close();
  }
}

/** One family where the address says so, else the preferred one (IPv6 unless told otherwise) and then the other. */
function addressTypes(request: NameRequest): readonly DnsType[] {
  if (request.family !== null) return [request.family === 4 ? "A" : "AAAA"];
  return request.plan.resolvePrefer === 4 ? ["A", "AAAA"] : ["AAAA", "A"];
}

/** One name that someone follows, and what is held of it. */
class Resolution {
  readonly #listeners = new Set<Listener>();
  /** Records by what they say, and when a name server last said it. */
  readonly #held = new Map<string, { record: DnsRecord; seenAt: number }>();
  /** Addresses of a service's targets: from additional records, or followed because there were none. */
  readonly #added = new Map<string, readonly NameAnswer[]>();
  readonly #followed = new Map<string, { follower: NameFollower; hosts: readonly NameAnswer[] }>();
  #known: { readonly answers: readonly NameAnswer[]; readonly nameserver: string } | null = null;
  /** The last answer had records for more servers than there were. */
  #hasMore = false;
  #validAt = clockMs();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #round: AbortController | null = null;
  #isStopped = false;

  constructor(
    private readonly resolver: DnsResolver,
    private readonly wanted: Wanted,
  ) {
    this.#schedule(0);
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener);
    if (this.#hasMore && this.#round === null) this.#schedule(0);
    const known = this.#known;
    if (known === null) return;
    queueMicrotask(() => {
      if (this.#listeners.has(listener)) listener(known.answers, this.#by(known.nameserver), known.nameserver);
    });
  }

  /** True when nobody is left. */
  forget(listener: Listener): boolean {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return false;
    this.stop();
    return true;
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#round?.abort();
    this.#followOnly(new Set());
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#resolve(), delayMs);
    this.#timer.unref();
  }

  async #resolve(): Promise<void> {
    this.#timer = null;
    const { plan, nameservers } = this.resolver;
    this.#round = new AbortController();
    const types = this.wanted.isService ? (["SRV"] as const) : this.wanted.addressTypes;
    let round: DnsRound;
    try {
      round = await askRound(plan, this.wanted.name, types, this.#round.signal, nameservers);
    } finally {
      this.#round = null;
      if (!this.#isStopped) this.#schedule(plan.timeoutResolveMs);
    }
    if (this.#isStopped) return;
    const nameserver = round.by ?? plan.nameservers[0]?.name ?? "";
    if (round.status === "valid") this.#takeValid(round, nameserver);
    else this.#takeFailure(round.status, nameserver);
  }

  #by(nameserver: string): string {
    return `${this.resolver.plan.name}/${nameserver}`;
  }

  /** What is known is kept for `hold <status>` after it was last confirmed. */
  #takeFailure(status: Exclude<DnsRound["status"], "valid">, nameserver: string): void {
    if (clockMs() - this.#validAt < this.resolver.plan.holdMs[status]) return;
    this.#held.clear();
    this.#added.clear();
    this.#followOnly(new Set());
    this.#tell(nameserver, status);
  }

  #takeValid(round: DnsRound, nameserver: string): void {
    const now = clockMs();
    this.#validAt = now;
    const fresh: DnsRecord[] = [];
    for (const record of round.records) {
      // Anyone may have written it: a target becomes a server's name, and "" says that there is no such service (RFC 2782).
      if (record.type === "SRV" && !isDnsName(record.target)) continue;
      const key = keyOf(record);
      if (this.#held.has(key)) this.#held.set(key, { record, seenAt: now });
      else fresh.push(record);
    }
    for (const [key, held] of this.#held) {
      if (held.seenAt < now && now - held.seenAt >= this.resolver.plan.holdMs.obsolete) this.#held.delete(key);
    }
    // What is held stays; of what is new only as much is taken as somebody may go to, so that no answer costs more than the configuration.
    const most = this.wanted.isService ? this.#listeners.size : maxAddresses + this.#listeners.size;
    this.#hasMore = this.wanted.isService && this.#held.size + fresh.length > most;
    for (const record of fresh) {
      if (this.#held.size >= most) break;
      this.#held.set(keyOf(record), { record, seenAt: now });
    }
    if (this.wanted.isService) this.#findTargets(round);
    this.#tell(nameserver);
  }

  /** Takes targets' addresses from the additional records, and follows the targets that have none there. */
  #findTargets(round: DnsRound): void {
    const missing = new Set<string>();
    const wanted = new Set<string>();
    for (const { record } of this.#held.values()) if (record.type === "SRV") wanted.add(record.target);
    const additional = new Map<string, NameAnswer[]>();
    for (const record of round.additional) {
      if (!wanted.has(record.name)) continue;
      const known = additional.get(record.name) ?? [];
      additional.set(record.name, known);
      if (known.length < maxAddresses) known.push(...addressAnswers(record));
    }
    for (const target of this.#added.keys()) if (!wanted.has(target)) this.#added.delete(target);
    for (const { record } of this.#held.values()) {
      if (record.type !== "SRV") continue;
      const hosts = additional.get(record.target) ?? [];
      if (hosts.length > 0) this.#added.set(record.target, hosts);
      else missing.add(record.target);
    }
    for (const target of missing) this.#added.delete(target);
    this.#followOnly(missing);
  }

  #followOnly(targets: ReadonlySet<string>): void {
    for (const [name, { follower }] of this.#followed) {
      if (targets.has(name)) continue;
      follower.stop();
      this.#followed.delete(name);
    }
    for (const name of targets) {
      if (this.#followed.has(name)) continue;
      const wanted = { name, isService: false, addressTypes: this.wanted.addressTypes };
      const follower = this.resolver.subscribe(wanted, (hosts, _by, nameserver) => {
        const followed = this.#followed.get(name);
        if (followed === undefined) return;
        followed.hosts = hosts;
        this.#tell(nameserver);
      });
      this.#followed.set(name, { follower, hosts: [] });
    }
  }

  #tell(nameserver: string, trouble?: NameTrouble): void {
    const answers = Array.from(this.#held.values()).flatMap(({ record }) =>
      record.type === "SRV" ? this.#serviceAnswers(record) : addressAnswers(record),
    );
    this.#known = { answers, nameserver };
    for (const listener of this.#listeners) listener(answers, this.#by(nameserver), nameserver, trouble);
  }

  /** One server per record: its target's first address of the preferred family. */
  #serviceAnswers(record: ServiceRecord): NameAnswer[] {
    const { target, port } = record;
    const added = this.#added.get(target);
    const hosts = added ?? this.#followed.get(target)?.hosts ?? [];
    const version = this.wanted.addressTypes[0] === "A" ? 4 : 6;
    const host = (hosts.find((one) => isIP(one.host) === version) ?? hosts[0])?.host;
    const service = { target, isAdditional: added !== undefined };
    return host === undefined ? [] : [{ host, port, weight: serverWeight(record.weight), service }];
  }
}

/** 0 to 65535 of a record as 0 to 256 of a server: only 0 stays 0 (HAProxy rounds up). */
function serverWeight(weight: number): number {
  return Math.floor((weight + 255) / 256);
}

function addressAnswers(record: DnsRecord): NameAnswer[] {
  return record.type === "A" || record.type === "AAAA" ? [{ host: record.host, port: null, weight: null }] : [];
}

/** Records with the same key are the same server's. */
function keyOf(record: DnsRecord): string {
  switch (record.type) {
    case "A":
    case "AAAA":
      return record.host;
    case "SRV":
      return `${record.target}:${record.port}`;
    case "CNAME":
      return record.target;
  }
}
