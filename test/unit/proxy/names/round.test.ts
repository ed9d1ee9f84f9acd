/** A round of questions, with name servers that are made up: who is believed, and what is counted. */
import { expect, test } from "bun:test";
import { noCounts } from "../../../../src/proxy/names/dns-counters.ts";
import type { DnsQuestion, NameserverExchanges } from "../../../../src/proxy/names/exchange.ts";
import { askRound, type Questioned } from "../../../../src/proxy/names/round.ts";
import type { DnsAnswer, DnsRecord } from "../../../../src/wire/dns.ts";
import { resolversPlan } from "../plans.ts";

const address = (name = "x.test"): DnsRecord => ({ name, ttlSeconds: 1, type: "A", host: "10.0.0.1" });

function answer(rcode: number, records: readonly DnsRecord[] = []): DnsAnswer {
  return { id: 1, rcode, truncated: false, question: { name: "x.test", type: 1 }, records, additional: [] };
}

/** Answers with one of `says` after the other; null: never. */
function nameserver(
  name: string,
  says: readonly (DnsAnswer | null)[],
): Questioned & { readonly asked: string[]; cancelled: number } {
  const rest = [...says];
  const one = { asked: [] as string[], cancelled: 0, counters: noCounts(), exchanges: {} as NameserverExchanges };
  one.exchanges = {
    server: { name },
    ask({ type }: DnsQuestion) {
      one.asked.push(type);
      const next = rest.shift() ?? null;
      const done = next === null ? new Promise<null>(() => {}) : Promise.resolve(next);
      return { done, cancel: () => void (one.cancelled += 1) };
    },
  } as unknown as NameserverExchanges;
  return one;
}

const plan = resolversPlan({ retries: 2, timeoutRetryMs: 1 });
const never = new AbortController().signal;

test("the first with records is believed, whatever another says before", async () => {
  const [liar, honest] = [nameserver("liar", [answer(3)]), nameserver("honest", [answer(0, [address()])])];
  const round = await askRound(plan, "x.test", ["A"], never, [liar, honest]);
  expect(round).toEqual({ status: "valid", records: [address()], additional: [], by: "honest" });
  expect([liar.counters.unknownNames, honest.counters.valid]).toEqual([1, 1]);
  expect([liar.cancelled, honest.cancelled]).toEqual([1, 1]);
});

test("an error that was answered leads to the next type at once; the last one's is the round's", async () => {
  const one = nameserver("ns", [answer(3), answer(5)]);
  expect(await askRound(plan, "x.test", ["AAAA", "A"], never, [one])).toMatchObject({ status: "refused", by: "ns" });
  expect(one.asked).toEqual(["AAAA", "A"]);
  expect(one.counters).toEqual({ ...noCounts(), unknownNames: 1, refused: 1 });
});

test("silence is tried again, for the next type, as often as resolve_retries says", async () => {
  const one = nameserver("ns", []);
  expect(await askRound(plan, "x.test", ["AAAA", "A"], never, [one])).toMatchObject({ status: "timeout", by: null });
  expect([one.asked, one.counters.timeouts, one.cancelled]).toEqual([["AAAA", "A"], 2, 2]);
});

test("the first error stands where another name server is silent", async () => {
  const [quick, silent] = [nameserver("quick", [answer(2)]), nameserver("silent", [])];
  expect(await askRound(plan, "x.test", ["A"], never, [quick, silent])).toMatchObject({ status: "other", by: "quick" });
  expect([quick.counters.others, quick.counters.timeouts, silent.counters.timeouts]).toEqual([1, 0, 1]);
});

test.each([
  ["no record at all", [], { emptyAnswers: 1 }],
  [
    "an alias that leads nowhere",
    [{ name: "x.test", ttlSeconds: 1, type: "CNAME", target: "y.test" }],
    { aliasErrors: 1 },
  ],
  ["a record of another name", [address("z.test")], { others: 1 }],
] as const)("%s is no answer", async (_, records, counted) => {
  const one = nameserver("ns", [answer(0, records)]);
  expect((await askRound(plan, "x.test", ["A"], never, [one])).status).toBe("other");
  expect(one.counters).toEqual({ ...noCounts(), ...counted });
});

test("who stops it gets nothing, and nobody is asked again", async () => {
  const one = nameserver("ns", []);
  const stop = new AbortController();
  const round = askRound(resolversPlan({ retries: 9, timeoutRetryMs: 60_000 }), "x.test", ["A"], stop.signal, [one]);
  stop.abort();
  expect(await round).toMatchObject({ status: "timeout", by: null });
  expect([one.asked, one.cancelled, one.counters.timeouts]).toEqual([["A"], 1, 0]);
});
