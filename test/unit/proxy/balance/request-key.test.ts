/** Keys of requests, against servers that HAProxy 2.6.12 chose for the same requests. */
import { describe, expect, test } from "bun:test";
import type { BalancePlan, HashTypePlan } from "../../../../src/plan/proxy.ts";
import { ConsistentHash } from "../../../../src/proxy/balance/consistent-ring.ts";
import { hashOf } from "../../../../src/proxy/balance/hash-functions.ts";
import { bodyWanted, requestKey } from "../../../../src/proxy/balance/request-key.ts";
import { WeightedMap } from "../../../../src/proxy/balance/static-map.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";

interface Asked {
  readonly target: string;
  readonly host: string;
  readonly key: string | null;
  /** Null: a GET. */
  readonly form: string | null;
}

const hosts = "example.com www.example.com a.b.c.org localhost com. .com x..y 127.0.0.1 a.b:80 .. haproxy.1wt.eu".split(
  " ",
);
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-_.~%";

/** The same for ever. */
function requests(count: number): Asked[] {
  let seed = 7;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const word = (): string => Array.from({ length: 1 + below(6) }, () => alphabet[below(alphabet.length)]).join("");
  const path = (): string => Array.from({ length: 1 + below(5) }, () => `/${below(8) === 0 ? "" : word()}`).join("");
  const pair = (): string =>
    `${["id", "x", "idx", "ID", "i"][below(5)]}${["", "=", `=${word()}`, `=${word()}`][below(4)]}`;
  const query = (): string => (below(3) === 0 ? "" : `?${Array.from({ length: 1 + below(3) }, pair).join("&")}`);
  const form = (): string =>
    [`id=${word()}`, `a=b&id=${word()}&c=d`, `id=${word()} tail`, "id=a{b&x=1", "x=1&y=2", "id=", "id= x", 'id="x'][
      below(8)
    ] ?? "";
  return Array.from({ length: count }, () => {
    const host = hosts[below(hosts.length)] ?? "";
    const isAbsolute = below(6) === 0;
    return {
      target: `${isAbsolute ? "http://a.example.com" : ""}${path()}${query()}`,
      host: isAbsolute ? "a.example.com" : host,
      key: [word(), `${word()}, ${word()}`, "", null][below(4)] ?? null,
      form: below(3) === 0 ? form() : null,
    };
  });
}

const weights = [1, 2, 3, 5, 7, 11, 13, 4, 9, 6];

const uri = { length: 0, depth: 0, whole: false, pathOnly: false };

/** What HAProxy says of them, by its words. */
const plans: Readonly<Record<string, Omit<BalancePlan, "algorithm">>> = {
  uri: { uri },
  "uri len 9": { uri: { ...uri, length: 9 } },
  "uri depth 2": { uri: { ...uri, depth: 2 } },
  "uri len 12 depth 3": { uri: { ...uri, length: 12, depth: 3 } },
  "uri whole": { uri: { ...uri, whole: true } },
  "uri path-only": { uri: { ...uri, pathOnly: true } },
  "uri whole path-only depth 2": { uri: { ...uri, whole: true, pathOnly: true, depth: 2 } },
  "url_param id check_post": { urlParam: { name: "id", checkPost: 48 } },
  "hdr(X-Key)": { header: { name: "X-Key", domainOnly: false } },
  "hdr(Host) use_domain_only": { header: { name: "Host", domainOnly: true } },
};

const hashTypes: Readonly<Record<string, HashTypePlan>> = {
  "map-based": { method: "map-based", hash: "sdbm", avalanche: false, balanceFactor: 0 },
  "consistent crc32": { method: "consistent", hash: "crc32", avalanche: false, balanceFactor: 0 },
};

/** The server's digit for each, `-` where there is no key. */
function chosen(plan: Omit<BalancePlan, "algorithm">, hashType: HashTypePlan, all: readonly Asked[]): string {
  const servers = weights.map((weight, index) => ({
    index,
    id: index + 1,
    weight: weight * 16,
    load: 0,
    hasSlot: true,
    hasRoom: true,
    isOverloaded: false,
  }));
  type One = (typeof servers)[number];
  const balancer = hashType.method === "consistent" ? new ConsistentHash<One>() : new WeightedMap<One>();
  balancer.update(servers);
  const digits = all.map(({ target, host, key, form }) => {
    const fields = new Fields();
    fields.add("host", host);
    if (key !== null) fields.add("x-key", key);
    const body = { bytes: Buffer.from(form ?? "", "latin1"), final: true };
    const found = requestKey(
      { algorithm: "", ...plan },
      { method: form === null ? "GET" : "POST", target, fields, body },
    );
    return found === null ? "-" : balancer.pick(hashOf(Buffer.from(found, "latin1"), hashType), null)?.index;
  });
  return digits.join("");
}

const asHaproxy: readonly (readonly [words: string, hash: string, servers: string])[] = [
  ["uri", "map-based", "64688366845646498355840654285382896867352927865426686364921765455189319691469694"],
  ["uri", "consistent crc32", "08655489532183459965836055569689988788647127699461834478552936888158385896654246"],
  ["uri len 9", "map-based", "59469346867549598357860344225966896962359069955455585494381998366639695869828566"],
  ["uri len 9", "consistent crc32", "59363469544483439968866665547361936360643563349483738535762388846638530683446096"],
  ["uri depth 2", "map-based", "64426386899546568356860536296696846663556926635428586966991686057689669866845862"],
  [
    "uri depth 2",
    "consistent crc32",
    "48995439593985459964866414548559968582945695549466736554582596288658555685492645",
  ],
  [
    "uri len 12 depth 3",
    "map-based",
    "44865366879345858358860364216586816565355965565426686355931558655789359665665647",
  ],
  [
    "uri len 12 depth 3",
    "consistent crc32",
    "48385479563385159967866815598549988589645165579466834453552562886658355685554969",
  ],
  ["uri whole", "map-based", "84465366955646648356848658285184596868349667864466248375671868652285339596186793"],
  ["uri whole", "consistent crc32", "98989489882186845964839074569687688755687966692459346496982432684451385499686447"],
  ["uri path-only", "map-based", "64685366845646468355840654285682896967359925165426686394921465455189379697469694"],
  [
    "uri path-only",
    "consistent crc32",
    "08655489532189489965836055569589988588645124399461834448552636888158365895654246",
  ],
  [
    "uri whole path-only depth 2",
    "map-based",
    "64428386999548568356868536296696546763544922734468546966691686057685659860845862",
  ],
  [
    "uri whole path-only depth 2",
    "consistent crc32",
    "48995439893989485964869414548859668152983693242456746564982596288651535685492645",
  ],
  [
    "url_param id check_post",
    "map-based",
    "-0-----------2-6-5----13-----6------3---005-30---8-00-0860---0-5-0----0-856---63",
  ],
  [
    "url_param id check_post",
    "consistent crc32",
    "-4-----------6-6-1----71-----4------0---449-94---6-44-4184---4-5-4----4-685---54",
  ],
  ["hdr(X-Key)", "map-based", "-57---67566-7-6--8-64-9--33399--84--2-----8649-56---51---3-----4-34-22--83-----4"],
  [
    "hdr(X-Key)",
    "consistent crc32",
    "-86---24675-5-2--4-69-5--36668--68--5-----8556-98---46---9-----5-86-75--36-----5",
  ],
  [
    "hdr(Host) use_domain_only",
    "map-based",
    "36853538835383635383368653888383838335383533388556533535585383565338538363855638",
  ],
  [
    "hdr(Host) use_domain_only",
    "consistent crc32",
    "28352523929112825232289851991211911227112912239578711929935212787213929182199813",
  ],
];

describe("leads to HAProxy's server", () => {
  test.each(asHaproxy)("%s, hash-type %s", (words, hash, servers) => {
    const [plan, hashType] = [plans[words], hashTypes[hash]];
    if (plan === undefined || hashType === undefined) throw new Error(`no plan for ${words}, ${hash}`);
    expect(chosen(plan, hashType, requests(servers.length))).toBe(servers);
  });
});

function request(method: string) {
  return { method, target: "/?x=1", fields: new Fields(), body: { bytes: Buffer.from("id=7"), final: true } };
}

test("a body is looked at, and waited for, where check_post says so, of POST alone", () => {
  const checking = { algorithm: "url_param", urlParam: { name: "id", checkPost: 48 } };
  const plain = { algorithm: "url_param", urlParam: { name: "id", checkPost: null } };
  expect([requestKey(checking, request("POST")), requestKey(checking, request("PUT"))]).toEqual(["7", null]);
  expect(requestKey(plain, request("POST"))).toBeNull();
  expect([bodyWanted(checking, "POST"), bodyWanted(checking, "PUT"), bodyWanted(plain, "POST")]).toEqual([48, 0, 0]);
});
