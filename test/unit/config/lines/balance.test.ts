/** `balance` and `hash-type`. */
import { expect, test } from "bun:test";
import { planOf, saidOf } from "../reading.ts";

const back = (lines: string): string =>
  `listen l\n bind 127.0.0.1:5\n server s 127.0.0.1:6\n ${lines.split("|").join("\n ")}\n`;

test.each([
  ["balance", { algorithm: "roundrobin" }],
  ["balance leastconn", { algorithm: "leastconn" }],
  ["balance random", { algorithm: "random", draws: 2 }],
  ["balance random(5)", { algorithm: "random", draws: 5 }],
  ["balance hash src,ipmask(24)", { algorithm: "hash", expression: { text: "src,ipmask(24)" } }],
  ["balance rdp-cookie", { algorithm: "hash", expression: { fetch: "req.rdp_cookie", arguments: [] } }],
  ["balance rdp-cookie(mstshash)", { expression: { fetch: "req.rdp_cookie", arguments: ["mstshash"] } }],
])("%s", (line, balance) => expect(planOf(back(line)).backends[0]).toMatchObject({ balance } as never));

test.each([
  ["balance random(x)", "balance random : unexpected character 'x' after argument."],
  ["balance random(0)", "balance random : number of draws must be at least 1."],
  ["balance hash", "balance hash requires a sample expression."],
  ["balance hash src dst", "balance hash takes no other argument (got 'dst')."],
  ["balance rdp-cookie()", "balance rdp-cookie : missing cookie name."],
  ["balance hdr()", "balance hdr requires an http header field name."],
  ["balance url_param", "balance url_param requires an URL parameter name."],
  [
    "balance best",
    "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hdr(name)' and 'rdp-cookie(name)' options.",
  ],
  ["hash-type best", "'hash-type' only supports 'consistent' and 'map-based'."],
  [
    "hash-type avalanche",
    "experimental feature 'hash-type avalanche' is not supported anymore, please use 'hash-type map-based sdbm avalanche' instead.",
  ],
  ["hash-type consistent md5", "'hash-type' only supports 'sdbm', 'djb2', 'crc32', or 'wt6' hash functions."],
  ["hash-type consistent sdbm more", "'hash-type' only supports 'avalanche' as a modifier for hash functions."],
])("%s", (line, message) => {
  expect(saidOf(back(line))).toContain(`alert: parsing [case.cfg:8] : ${message}`);
});

test("an expression that cannot be read is told of in the section's name", () => {
  expect(saidOf(back("balance hash nothing"))).toContain(
    "alert: proxy 'l' [case.cfg:5]: failed to parse 'balance hash' expression 'nothing' in : unknown fetch method 'nothing'.",
  );
});

test("what looks into HTTP is roundrobin, with a warning", () => {
  expect(planOf(back("balance uri")).backends[0]?.balance).toEqual({ algorithm: "roundrobin" });
  expect(saidOf(back("balance uri")).join()).toContain("Layer 7 hash not possible for proxy 'l'");
});

test.each([
  ["hash-type map-based", { method: "map-based", hash: "sdbm", avalanche: false }],
  ["hash-type consistent", { method: "consistent", hash: "sdbm", avalanche: true }],
  ["hash-type consistent djb2", { method: "consistent", hash: "djb2", avalanche: false }],
  ["hash-type map-based wt6 avalanche", { method: "map-based", hash: "wt6", avalanche: true }],
  ["hash-balance-factor 150|hash-type consistent", { balanceFactor: 150 }],
])("%s", (lines, hashType) => {
  expect(planOf(back(`balance source|${lines}`)).backends[0]).toMatchObject({ hashType } as never);
});
