// Every wire parser: pieces in any sizes give the whole's answer, nothing makes one throw, and what is behind is not read.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { DnsAnswer } from "../../src/wire/dns.ts";
import { formatDnsQuery, parseDnsAnswer } from "../../src/wire/dns.ts";
import { formatProxyV1, formatProxyV2, parseProxyHeader, proxyHeaderReasons } from "../../src/wire/proxy-protocol.ts";
import { offeredProtocols, parseTlsHello, serverName } from "../../src/wire/tls/hello.ts";
import {
  alpnExtension,
  clientHelloMessage,
  extension,
  records,
  serverNameExtension,
} from "../unit/wire/tls/hello-bytes.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("wire");
const rounds = 120;

type Answer = { readonly state: string; readonly atLeast?: number; readonly reason?: string };
type Parser = {
  readonly name: string;
  readonly parse: (bytes: Uint8Array) => Answer;
  readonly sample: () => Uint8Array;
};

function host(): string {
  return random.next() < 0.5
    ? Array.from(random.bytes(4)).join(".")
    : Array.from({ length: 8 }, () => random.between(0, 65535).toString(16)).join(":");
}

function proxyHeader(): Uint8Array {
  const source = { host: host(), port: random.between(0, 65535) };
  const destination = { host: host(), port: random.between(0, 65535) };
  if (random.next() < 0.4) return formatProxyV1(source, destination);
  const tlvs = Array.from({ length: random.between(0, 4) }, () => ({
    type: random.pick([1, 2, 4, 5, 0x20, 0x30, 0xe0, 0xef]),
    value: random.bytes(random.between(0, 60)),
  }));
  return formatProxyV2({ local: random.next() < 0.2, source, destination, checksum: random.next() < 0.5, tlvs });
}

function tlsHello(): Uint8Array {
  const extensions = [
    serverNameExtension("a".repeat(random.between(0, 60))),
    alpnExtension("h2"),
    extension(35, [1, 2]),
  ];
  return records(clientHelloMessage(...extensions), random.pick([1, 3, 50, 16384]));
}

const parsers: readonly Parser[] = [
  { name: "PROXY header", parse: (bytes) => parseProxyHeader(bytes), sample: proxyHeader },
  { name: "PROXY header in a small buffer", parse: (bytes) => parseProxyHeader(bytes, 64), sample: proxyHeader },
  { name: "TLS hello", parse: (bytes) => parseTlsHello(bytes), sample: tlsHello },
  { name: "TLS hello in a small buffer", parse: (bytes) => parseTlsHello(bytes, 90), sample: tlsHello },
];

/** Changes, drops, doubles or adds some bytes. */
function mutate(bytes: Uint8Array): Uint8Array {
  const list = Array.from(bytes);
  for (let count = random.between(1, 4); count > 0; count--) {
    const at = random.between(0, list.length);
    const kind = random.between(0, 3);
    if (kind === 0) list[at] = random.between(0, 255);
    else if (kind === 1) list.splice(at, random.between(1, 8));
    else if (kind === 2) list.splice(at, 0, ...list.slice(at, at + random.between(1, 8)));
    else list.splice(at, 0, ...random.bytes(random.between(1, 8)));
  }
  return Uint8Array.from(list);
}

/** What is no header is so in other words where few bytes of it are there, as in HAProxy. */
function worded(answer: Answer): Answer {
  return answer.reason === proxyHeaderReasons.truncated ? { ...answer, reason: proxyHeaderReasons.notHeader } : answer;
}

/** A parser's first answer other than "need-more", given ever longer pieces, each at least what it asked for or just one byte. */
function inPieces(parse: Parser["parse"], bytes: Uint8Array, greedy: boolean): Answer {
  let length = 0;
  for (;;) {
    const answer = parse(bytes.slice(0, length));
    if (answer.state !== "need-more" || length === bytes.length) return worded(answer);
    if ((answer.atLeast ?? 0) <= length) throw new Error(`asks for ${answer.atLeast} of ${length} bytes`);
    const step = greedy ? (answer.atLeast ?? 0) - length : random.between(1, 9);
    length = Math.min(bytes.length, length + step);
  }
}

describe.each(parsers.map((one) => [one.name, one] as const))("%s", (_name, { parse, sample }) => {
  test("any split of the same bytes gives the same answer, and it asks for no more than is needed", () => {
    for (let round = 0; round < rounds; round++) {
      const payload = random.bytes(random.between(0, 20));
      const head = round % 3 === 0 ? mutate(sample()) : sample();
      const bytes = new Uint8Array([...head, ...payload]);
      const whole = worded(parse(bytes));
      expect(inPieces(parse, bytes, false)).toEqual(whole);
      expect(inPieces(parse, bytes, true)).toEqual(whole);
    }
  });

  test("random and mutated bytes never make it throw", () => {
    for (let round = 0; round < rounds * 3; round++) {
      const bytes = round % 4 === 0 ? random.bytes(random.between(0, 80)) : mutate(sample());
      const answer = parse(bytes);
      if (answer.state === "need-more") expect(answer.atLeast).toBeGreaterThan(bytes.length);
    }
  });

  test("what stands behind changes nothing", () => {
    for (let round = 0; round < rounds; round++) {
      const bytes = sample();
      const answer = parse(bytes);
      if (answer.state === "need-more") continue;
      const more = new Uint8Array([...bytes, ...random.bytes(30)]);
      expect(parse(more)).toEqual(answer);
    }
  });
});

test("names in hellos never make a reader throw or grow", () => {
  for (let round = 0; round < rounds * 3; round++) {
    const parse = parseTlsHello(mutate(tlsHello()));
    if (parse.state !== "hello") continue;
    expect(serverName(parse.hello)?.length ?? 0).toBeLessThanOrEqual(255);
    offeredProtocols(parse.hello);
  }
});

test("a header comes back as it was written", () => {
  for (let round = 0; round < rounds; round++) {
    const bytes = proxyHeader();
    const parse = parseProxyHeader(bytes);
    if (parse.state !== "header") throw new Error(`${parse.state} for ${Buffer.from(bytes).toString("hex")}`);
    expect(parse.length).toBe(bytes.length);
    const ends = parse.header.addresses;
    if (ends === null) continue;
    const again =
      parse.header.version === 1
        ? formatProxyV1(ends.source, ends.destination)
        : formatProxyV2({
            local: false,
            ...ends,
            checksum: parse.header.tlvs[0]?.type === 3,
            tlvs: parse.header.tlvs.filter(({ type }) => type !== 3),
          });
    expect(parseProxyHeader(again)).toEqual(parse);
  }
});

test("a name server's bytes never make the reader throw, and never take long", () => {
  const query = formatDnsQuery({ id: 77, name: "a.example", type: "A", payloadBytes: 4096 });
  for (let round = 0; round < rounds * 5; round++) {
    const bytes = query.slice();
    bytes[2] = 0x80;
    bytes[7] = random.between(0, 255);
    const answers = random.bytes(random.between(0, 200));
    const answer: DnsAnswer | null = parseDnsAnswer(mutate(new Uint8Array([...bytes, ...answers])));
    if (answer !== null) expect(answer.records.length).toBeLessThan(200);
  }
});
