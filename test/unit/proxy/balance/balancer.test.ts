// The sequences were taken from HAProxy 2.6: servers s1, s2, … with these weights, one connection after the other.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Balancer, Candidate } from "../../../../src/proxy/balance/balancer.ts";
import { First } from "../../../../src/proxy/balance/first.ts";
import { LeastConnections } from "../../../../src/proxy/balance/leastconn.ts";
import { WeightedMap } from "../../../../src/proxy/balance/static-map.ts";
import { ConsistentHash, RandomDraws } from "../../../../src/proxy/balance/consistent-ring.ts";
import { RoundRobin } from "../../../../src/proxy/balance/roundrobin.ts";
import { hashOf, hashOfAddress } from "../../../../src/proxy/balance/hash-functions.ts";
import type { HashTypePlan } from "../../../../src/plan/proxy.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

class Fake implements Candidate {
  load = 0;
  hasSlot = true;
  isOverloaded = false;
  constructor(
    readonly index: number,
    readonly id: number,
    public weight: number,
  ) {}
  get hasRoom(): boolean {
    return this.hasSlot;
  }
}

function fakes(weights: readonly number[]): Fake[] {
  return weights.map((weight, index) => new Fake(index, index + 1, weight * 16));
}

/** Each connection ends before the next one comes. */
function sequence(balancer: Balancer<Fake>, weights: readonly number[], length: number): string {
  balancer.update(fakes(weights));
  let text = "";
  for (let turn = 0; turn < length; turn += 1) {
    const server = balancer.pick(null, null) as Fake;
    for (const load of [1, 0]) {
      server.load = load;
      balancer.moved(server);
    }
    text += server.id;
  }
  return text;
}

const make: Record<string, () => Balancer<Fake>> = {
  roundrobin: () => new RoundRobin(),
  "static-rr": () => new WeightedMap(),
  leastconn: () => new LeastConnections(),
  "a consistent hash without a key": () => new ConsistentHash(),
};

describe("picks in HAProxy's order", () => {
  test.each([
    [
      "roundrobin",
      [1, 2, 3],
      "323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132",
    ],
    [
      "roundrobin",
      [5, 1, 1],
      "111211311121131112113111211311121131112113111211311121131112113111211311121131112113111211311121131112113111211311121131",
    ],
    [
      "roundrobin",
      [2, 3, 5, 7],
      "434234143243442314342341432434423143423414324344231434234143243442314342341432434423143423414324344231434234143243442314",
    ],
    [
      "roundrobin",
      [1, 1, 2, 2, 3, 3],
      "563456125364563456125364563456125364563456125364563456125364563456125364563456125364563456125364563456125364563456125364",
    ],
    [
      "roundrobin",
      [100, 7, 13],
      "111113111112111311111113111112111311111113111121111131111111311211111131111111312111111113111111213111111113111112113111",
    ],
    [
      "static-rr",
      [1, 2, 3],
      "132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323132323",
    ],
    [
      "static-rr",
      [2, 3, 5, 7],
      "124342341432434341243423414324343412434234143243434124342341432434341243423414324343412434234143243434124342341432434341",
    ],
    [
      "static-rr",
      [100, 7, 13],
      "111111211311111111311111211311111111311111211131111111231111111131111111231111111113111111213111111113111111213111111113",
    ],
    [
      "leastconn",
      [1, 2, 3],
      "123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123123",
    ],
    ["a consistent hash without a key", [10, 10], "12222222111112"],
    ["a consistent hash without a key", [1, 1, 1], "33213112311122"],
    ["a consistent hash without a key", [5, 3, 1], "13111121322111"],
  ])("%s %j", (algorithm, weights, expected) => {
    expect(sequence((make[algorithm] as () => Balancer<Fake>)(), weights, expected.length)).toBe(expected);
  });
});

describe("hashes to HAProxy's server", () => {
  const sources = Array.from({ length: 60 }, (_, at) =>
    Uint8Array.of(127, at % 7, (at * 37) % 256, ((at * 91) % 255) + 1),
  );
  test.each([
    ["source/map-based", "323323313313313322322322322311331332332332332232231131132233"],
    ["source/map-based sdbm avalanche", "333233313322213132212132132133323133233113313223333133311121"],
    ["source/consistent", "313213333231311221213132323111331212222333123213332221331312"],
    ["hash src/map-based", "231231213313312133133321321333213212332332223323332232233322"],
    ["hash src/map-based wt6", "321323233132221221133223311313213232223123333233233333332321"],
    ["hash src/map-based crc32", "132332133332313131323132313333322312113113133333332232122332"],
    ["hash src/consistent", "223222313232122333131231333322121223321222332132133333211313"],
    ["hash src/consistent djb2", "333333333333333333333333333333333333333333333333333333333333"],
    ["hash src/consistent crc32", "123333221132323222333322132121313333333132322112233321323132"],
  ])("%s, weights 1 2 3", (what, expected) => {
    const [kind = "", type = ""] = what.split("/");
    const [method, named, flag] = type.split(" ");
    const plan: HashTypePlan = {
      method: method as HashTypePlan["method"],
      hash: (named ?? "sdbm") as HashTypePlan["hash"],
      avalanche: flag === "avalanche" || (named === undefined && method === "consistent"),
      balanceFactor: 0,
    };
    const balancer: Balancer<Fake> = method === "consistent" ? new ConsistentHash() : new WeightedMap();
    balancer.update(fakes([1, 2, 3]));
    const hash = (bytes: Uint8Array): number =>
      kind === "source" ? hashOfAddress(bytes, plan.avalanche) : hashOf(bytes, plan);
    expect(sources.map((bytes) => balancer.pick(hash(bytes), null)?.id).join("")).toBe(expected);
  });
});

describe("over 10,000 picks", () => {
  test.each(["roundrobin", "static-rr"])("%s gives exact shares", (algorithm) => {
    const balancer = (make[algorithm] as () => Balancer<Fake>)();
    const servers = fakes([1, 2, 3, 4]);
    balancer.update(servers);
    const counts = [0, 0, 0, 0];
    for (let turn = 0; turn < 10_000; turn += 1) {
      const { index } = balancer.pick(null, null) as Fake;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts).toEqual([1000, 2000, 3000, 4000]);
  });

  test("leastconn keeps loads in proportion to weights", () => {
    const balancer = new LeastConnections<Fake>();
    const servers = fakes([1, 2, 5]);
    balancer.update(servers);
    for (let turn = 0; turn < 10_000; turn += 1) {
      const server = balancer.pick(null, null) as Fake;
      server.load += 1;
      balancer.moved(server);
    }
    for (const [at, weight] of [1, 2, 5].entries()) {
      expect(Math.abs((servers[at] as Fake).load - (10_000 * weight) / 8)).toBeLessThanOrEqual(2);
    }
  });

  test("random draws follow the weights", () => {
    let seed = 42;
    const random = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 0x1_0000_0000;
    };
    const balancer = new RandomDraws<Fake>(1, random);
    balancer.update(fakes([1, 1, 2]));
    const counts = [0, 0, 0];
    for (let turn = 0; turn < 10_000; turn += 1) {
      const { index } = balancer.pick(null, null) as Fake;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts[2]).toBeGreaterThan(4000);
    expect(Math.min(...counts)).toBeGreaterThan(1500);
  });
});

describe("saturated and avoided servers", () => {
  test.each(["roundrobin", "static-rr", "leastconn", "first"])("%s skips them", (algorithm) => {
    const balancer = algorithm === "first" ? new First<Fake>() : (make[algorithm] as () => Balancer<Fake>)();
    const servers = fakes([1, 1, 1]);
    const [one, two, three] = servers as [Fake, Fake, Fake];
    balancer.update(servers);
    one.hasSlot = false;
    for (let turn = 0; turn < 6; turn += 1) expect(balancer.pick(null, two)).toBe(three);
    three.hasSlot = false;
    // The one to be avoided is better than none.
    expect(balancer.pick(null, two)).toBe(two);
    two.hasSlot = false;
    expect(balancer.pick(null, null)).toBe(null);
    one.hasSlot = true;
    expect(balancer.pick(null, null)).toBe(one);
  });

  test("a server that leaves and comes back gets its share again", () => {
    const balancer = new RoundRobin<Fake>();
    const servers = fakes([1, 1, 2]);
    balancer.update(servers);
    for (let turn = 0; turn < 7; turn += 1) balancer.pick(null, null);
    balancer.update(servers.slice(0, 2));
    for (let turn = 0; turn < 7; turn += 1) expect(balancer.pick(null, null)?.id).not.toBe(3);
    balancer.update(servers);
    const counts = [0, 0, 0];
    for (let turn = 0; turn < 4000; turn += 1) {
      const { index } = balancer.pick(null, null) as Fake;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    for (const [at, share] of [1000, 1000, 2000].entries()) {
      expect(Math.abs((counts[at] ?? 0) - share)).toBeLessThanOrEqual(4);
    }
  });
});

/** As HAProxy fills its map: every server gains its share at every place, and the first with the most whole turns has it. */
function turnsSlowly(shares: readonly number[], total: number): number[] {
  const credits = shares.map(() => 0);
  return Array.from({ length: total }, () => {
    let best = 0;
    let bestRank = -Infinity;
    for (const [at, share] of shares.entries()) {
      credits[at] = (credits[at] as number) + share;
      const rank = Math.floor((credits[at] as number) / total);
      if (rank > bestRank) [best, bestRank] = [at, rank];
    }
    credits[best] = (credits[best] as number) - total;
    return best + 1;
  });
}

test("the map is the one that counting place by place gives, and 10,000 servers cost no more places than that", () => {
  let state = 12345;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % below;
  };
  for (let round = 0; round < 100; round += 1) {
    const weights = Array.from({ length: 1 + next(12) }, () => 1 + next(round % 2 === 0 ? 9 : 256));
    const total = weights.reduce((sum, one) => sum + one, 0);
    const divisor = (one: number, other: number): number => (other === 0 ? one : divisor(other, one % other));
    const common = weights.reduce(divisor, 0);
    const shares = weights.map((weight) => weight / common);
    const map = new WeightedMap<Fake>();
    map.update(fakes(weights));
    const picked = Array.from({ length: total / common }, (_, hash) => map.pick(hash, null)?.id);
    expect(picked).toEqual(turnsSlowly(shares, total / common));
  }
  const many = new WeightedMap<Fake>();
  many.update(fakes(Array.from({ length: 10_000 }, () => 1)));
  expect(many.pick(9_999, null)?.id).toBe(10_000);
});
