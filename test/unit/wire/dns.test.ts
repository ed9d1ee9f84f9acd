// Where a test names a CVE, it keeps out the bug class of that report (other projects' code, not ours).
import { describe, expect, test } from "bun:test";
import { answersTo, formatDnsQuery, isAnswerTo, isDnsName, parseDnsAnswer } from "../../../src/wire/dns.ts";
import { aRecord, dnsName, dnsQuestion, dnsRecord, dnsReply, srvRecord } from "./dns-bytes.ts";

const query = { id: 7, name: "A.test.", type: "A", payloadBytes: 1232 } as const;
const ttl = { ttlSeconds: 60 };

test("a question is recursive and tells by EDNS what we accept", () => {
  const head = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
  const edns = [0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0];
  expect(Array.from(formatDnsQuery(query))).toEqual([...head, ...dnsName("A.test"), 0, 1, 0, 1, ...edns]);
});

test("what is no name is not asked", () => {
  const names = [
    "a",
    "a.b.",
    "_ssh._tcp.x",
    "",
    ".",
    "a..b",
    `${"x".repeat(64)}.y`,
    `${"abc.".repeat(70)}d`,
    "a b",
    "\u00e4.de",
  ];
  expect(names.map(isDnsName)).toEqual([true, true, true, false, false, false, false, false, false, false]);
  expect(() => formatDnsQuery({ ...query, name: "a..b" })).toThrow(RangeError);
});

describe("an answer", () => {
  test("gives its records, pointers followed", () => {
    const bytes = dnsReply({
      answers: [
        dnsRecord([0xc0, 12], 5, dnsName("B.test")),
        aRecord("b.test", "10.0.0.1"),
        aRecord("b.test", "10.0.0.2"),
      ],
      additional: [dnsRecord("", 41, [])],
    });
    const answer = parseDnsAnswer(bytes);
    expect(answer).toEqual({
      id: 7,
      rcode: 0,
      truncated: false,
      question: { name: "a.test", type: 1 },
      records: [
        { name: "a.test", ...ttl, type: "CNAME", target: "b.test" },
        { name: "b.test", ...ttl, type: "A", host: "10.0.0.1" },
        { name: "b.test", ...ttl, type: "A", host: "10.0.0.2" },
      ],
      additional: [],
    });
    if (answer === null) throw new Error("no answer");
    expect(isAnswerTo(answer, query)).toBe(true);
    expect(answersTo(answer, query).map((one) => one.type === "A" && one.host)).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("gives services and IPv6", () => {
    const six = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const answer = parseDnsAnswer(
      dnsReply({
        question: dnsQuestion("_ssh._tcp.test", 33),
        answers: [srvRecord("_ssh._tcp.test", 100, 7999, "h1.test")],
        additional: [dnsRecord("h1.test", 28, six)],
      }),
    );
    expect(answer?.records).toEqual([
      { name: "_ssh._tcp.test", ...ttl, type: "SRV", priority: 10, weight: 100, port: 7999, target: "h1.test" },
    ]);
    expect(answer?.additional).toEqual([{ name: "h1.test", ...ttl, type: "AAAA", host: "2001:db8::1" }]);
  });

  test("to another question, or with another id, is not ours", () => {
    const other = [
      dnsReply({ id: 8 }),
      dnsReply({ question: dnsQuestion("b.test", 1) }),
      dnsReply({ question: dnsQuestion("a.test", 28) }),
    ];
    const verdicts = other.map((bytes) => {
      const answer = parseDnsAnswer(bytes);
      return answer !== null && isAnswerTo(answer, query);
    });
    expect(verdicts).toEqual([false, false, false]);
  });

  test("may hold other names' addresses, which do not count", () => {
    const answer = parseDnsAnswer(dnsReply({ answers: [aRecord("evil.test", "6.6.6.6")] }));
    if (answer === null) throw new Error("no answer");
    expect(answersTo(answer, query)).toEqual([]);
  });

  test("that is truncated keeps what is whole", () => {
    const bytes = dnsReply({ truncated: true, answers: [aRecord("a.test", "10.0.0.1")] });
    expect(parseDnsAnswer(bytes)).toMatchObject({ truncated: true, records: [{ host: "10.0.0.1" }] });
    expect(parseDnsAnswer(bytes.subarray(0, bytes.length - 2))).toMatchObject({ truncated: true, records: [] });
  });
});

describe("hostile answers are no answers", () => {
  const broken: [string, Uint8Array][] = [
    ["a question instead", formatDnsQuery(query)],
    ["two questions' worth of nothing", Uint8Array.from([0, 7, 0x80, 0, 0, 2, 0, 0, 0, 0, 0, 0])],
    ["a pointer to itself", dnsReply({ answers: [dnsRecord([0xc0, 24], 1, [1, 2, 3, 4])] })],
    ["a pointer forwards", dnsReply({ answers: [dnsRecord([0xc0, 40], 1, [1, 2, 3, 4])] })],
    ["a pointer cut short", Uint8Array.from([...dnsReply({ answers: [] }).slice(0, 12), 0xc0])],
    ["an A record of 3 bytes", dnsReply({ answers: [dnsRecord("a.test", 1, [1, 2, 3])] })],
    ["data beyond the end", dnsReply({ answers: [aRecord("a.test", "1.2.3.4")] }).slice(0, -1)],
    [
      "a name inside data that goes beyond it",
      dnsReply({ answers: [dnsRecord("a.test", 5, [3, 97, 98]), dnsRecord("x", 1, [1, 2, 3, 4])] }),
    ],
    ["a reserved label type", dnsReply({ answers: [dnsRecord([0x80, 1, 0], 1, [1, 2, 3, 4])] })],
    ["an overlong name", dnsReply({ answers: [aRecord("abcdefg.".repeat(40).slice(0, -1), "1.2.3.4")] })],
  ];
  test.each(broken)("%s", (_what, bytes) => {
    expect(parseDnsAnswer(bytes)).toBeNull();
  });

  test("nginx CVE-2021-23017: names made longer by pointers stop at 255 bytes", () => {
    const long = dnsName(`${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}`);
    const question = [...long, 0, 1, 0, 1];
    const answers = [dnsRecord([15, ...Array.from({ length: 15 }, () => 120), 0xc0, 12], 1, [1, 2, 3, 4])];
    expect(parseDnsAnswer(dnsReply({ question, answers: [] }))).not.toBeNull();
    expect(parseDnsAnswer(dnsReply({ question, answers }))).toBeNull();
  });

  test("nginx CVE-2016-0747: aliases in a ring, and long chains of them, end", () => {
    const ring = parseDnsAnswer(
      dnsReply({ answers: [dnsRecord("a.test", 5, dnsName("b.test")), dnsRecord("b.test", 5, dnsName("a.test"))] }),
    );
    const chain = parseDnsAnswer(
      dnsReply({
        question: dnsQuestion("n0", 1),
        answers: [
          ...Array.from({ length: 500 }, (_, index) => dnsRecord(`n${index}`, 5, dnsName(`n${index + 1}`))),
          aRecord("n500", "1.2.3.4"),
        ],
      }),
    );
    if (ring === null || chain === null) throw new Error("no answer");
    expect(answersTo(ring, query)).toEqual([]);
    expect(answersTo(chain, { name: "n0", type: "A" })).toEqual([]);
  });

  test("pointers that lead back and back cost no more than their length", () => {
    const labels = Array.from({ length: 120 }, (_, index) => [
      0xc0 | ((12 + 2 * index) >> 8),
      (12 + 2 * index) & 0xff,
    ]).flat();
    const bytes = Uint8Array.from([0, 7, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, ...labels, 0, 1, 0, 1]);
    expect(parseDnsAnswer(bytes)).toBeNull();
  });
});
