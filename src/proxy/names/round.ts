/** One round of questions for a name: all name servers at once, again while they are silent, until something is known. */
import type { ResolversPlan } from "../../plan/resolvers.ts";
import type { DnsAnswer, DnsRecord, DnsType } from "../../wire/dns.ts";
import { answersTo } from "../../wire/dns.ts";
import type { NameserverCounters } from "./dns-counters.ts";
import type { NameserverExchanges } from "./exchange.ts";

/** How a round ended, in the words of `hold`. */
export type DnsStatus = "valid" | "nx" | "refused" | "other" | "timeout";

/** What a round gave; without records unless valid. `by`: the name server that answered, null when none did. */
export interface DnsRound {
  readonly status: DnsStatus;
  readonly records: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  readonly by: string | null;
}

/** A section's name servers, each with what it was asked so far. */
export interface Questioned {
  readonly exchanges: NameserverExchanges;
  readonly counters: NameserverCounters;
}

const silence: DnsRound = { status: "timeout", records: [], additional: [], by: null };

/**
 * Asks for each of `types` until one gives records. Never rejects; ends early, with nothing, when `signal` is aborted.
 *
 * A try in which nobody answers counts against `resolve_retries` and the next one asks for the next type; an error that was
 * answered moves on to the next type at once, and the last type's error is the round's. What each name server says is counted.
 */
export async function askRound(
  plan: ResolversPlan,
  name: string,
  types: readonly DnsType[],
  signal: AbortSignal,
  nameservers: readonly Questioned[],
): Promise<DnsRound> {
  let answered = 0;
  let index = 0;
  for (let tries = 0; tries < Math.max(1, plan.retries) && !signal.aborted; index++) {
    const round = await askAll(plan, name, types[index % types.length] ?? "A", signal, nameservers);
    if (round.status === "valid") return round;
    if (round.status === "timeout") {
      tries += 1;
      continue;
    }
    answered += 1;
    if (answered >= types.length) return round;
  }
  return silence;
}

/**
 * Asks every name server at once. The first who has records is believed; errors count only when no other has records before
 * all have answered or `timeout retry` has passed, so one server's lie or trouble does not outweigh another's answer.
 */
async function askAll(
  plan: ResolversPlan,
  name: string,
  type: DnsType,
  signal: AbortSignal,
  nameservers: readonly Questioned[],
): Promise<DnsRound> {
  let resolve!: (value: DnsRound) => void;
  const promise = new Promise<DnsRound>((settle) => (resolve = settle));
  let failure: DnsRound | null = null;
  let waitingFor = nameservers.length;
  const silent = new Set(nameservers);
  const hear = async (one: Questioned, done: Promise<DnsAnswer | null>): Promise<void> => {
    const answer = await done;
    silent.delete(one);
    if (answer === null) return;
    const round = readRound(answer, name, type, one.exchanges.server.name);
    count(one.counters, round, answer, name);
    failure ??= round;
    waitingFor -= 1;
    if (round.status === "valid") resolve(round);
    else if (waitingFor === 0) resolve(failure);
  };
  const asked = nameservers.map((one) => {
    const exchange = one.exchanges.ask({ name, type, payloadBytes: plan.acceptedPayloadBytes });
    void hear(one, exchange.done);
    return exchange;
  });
  const timer = setTimeout(() => {
    for (const { counters } of silent) counters.timeouts += 1;
    resolve(failure ?? silence);
  }, plan.timeoutRetryMs);
  const abort = (): void => resolve(silence);
  signal.addEventListener("abort", abort, { once: true });
  const round = await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  for (const exchange of asked) exchange.cancel();
  return round;
}

function readRound(answer: DnsAnswer, name: string, type: DnsType, by: string): DnsRound {
  const records = answer.rcode === 0 ? answersTo(answer, { name, type }) : [];
  if (records.length > 0) return { status: "valid", records, additional: answer.additional, by };
  const status = answer.rcode === 3 ? "nx" : answer.rcode === 5 ? "refused" : "other";
  return { ...silence, status, by };
}

function count(counters: NameserverCounters, { status }: DnsRound, answer: DnsAnswer, name: string): void {
  if (status === "valid") counters.valid += 1;
  else if (status === "nx") counters.unknownNames += 1;
  else if (status === "refused") counters.refused += 1;
  else if (answer.rcode !== 0) counters.others += 1;
  else if (answer.records.length === 0) counters.emptyAnswers += 1;
  else if (isAlias(answer, name)) counters.aliasErrors += 1;
  else counters.others += 1;
}

function isAlias({ records }: DnsAnswer, name: string): boolean {
  const wanted = name.replace(/\.$/, "").toLowerCase();
  return records.some((record) => record.type === "CNAME" && record.name === wanted);
}
