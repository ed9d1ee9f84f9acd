// Bytes that come in pieces: each look says what a look at all of them says, and all looks together cost what the bytes cost.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { processorMs } from "../processor-time.ts";
import type { Connection, Peeked } from "../../src/net/transport.ts";
import { type HttpAnswer, headerValues } from "../../src/proxy/check/run/http-answer.ts";
import { inspect } from "../../src/proxy/session/inspect/request-inspection.ts";
import { compileCondition } from "../../src/rules/condition.ts";
import type { Payload } from "../../src/rules/context.ts";
import { Sniffing } from "../../src/rules/sniffing.ts";
import { type DnsRecord, parseDnsAnswer } from "../../src/wire/dns.ts";
import { HttpRequestReader, parseHttpRequest } from "../../src/wire/http-request.ts";
import { formatProxyV2, parseProxyHeader } from "../../src/wire/proxy-protocol.ts";
import { parseTlsHello, TlsHelloReader } from "../../src/wire/tls/hello.ts";
import { condition, session, tables } from "../unit/rules/session.ts";
import { alpnExtension, clientHelloMessage, records, serverNameExtension } from "../unit/wire/tls/hello-bytes.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("sniffing");
const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

const httpWords =
  "GET|POST|CONNECT| |  |/|a:22|http://a/|HTTP/1.1|HTTP/|XYZ|\r\n|\n|\r|host|:|Host: a|content-length: 5|a: b|\t| b|\r\n\r\n|\xe9|\0|@| HTTP/1.1\r\n|transfer-encoding: chunked|GET / HTTP/1.1\r\n|GET / HTTP/1.1\r\nhost: a\r\n".split(
    "|",
  );

function httpBytes(): Uint8Array {
  const start = random.next() < 0.6 ? "GET / HTTP/1.1\r\n" : "";
  return latin1(start + Array.from({ length: random.between(1, 9) }, () => random.pick(httpWords)).join(""));
}

function helloBytes(): Uint8Array {
  const name = serverNameExtension("a".repeat(random.between(0, 60)));
  const hello = records(clientHelloMessage(name, alpnExtension("h2")), random.pick([1, 3, 7, 50, 16384]));
  const bytes = hello.slice(0, random.between(0, hello.length));
  for (let count = random.between(0, 2); count > 0 && bytes.length > 0; count--) {
    bytes[random.between(0, bytes.length - 1)] = random.pick([0, 1, 3, 0x16, 255]);
  }
  return bytes;
}

const readers = [
  { name: "HTTP request", reader: () => new HttpRequestReader(), parse: parseHttpRequest, sample: httpBytes },
  {
    name: "TLS hello",
    reader: () => new TlsHelloReader(),
    parse: (bytes: Uint8Array) => parseTlsHello(bytes),
    sample: helloBytes,
  },
];

describe.each(readers)("$name", ({ reader, parse, sample }) => {
  test("a reader of pieces says of each beginning what one that sees it for the first time says", () => {
    for (let round = 0; round < 400; round++) {
      const bytes = sample();
      const ours = reader();
      for (let length = 0; length <= bytes.length; length += random.between(1, 3)) {
        const beginning = bytes.slice(0, length);
        expect([round, length, ours.read(beginning)]).toEqual([round, length, parse(beginning)]);
      }
    }
  });
});

/** The same bytes, but whoever reads one is counted. */
function counted(bytes: Uint8Array, count: (bytes: number) => void): Uint8Array {
  return new Proxy(bytes, {
    get(target, key): unknown {
      if (typeof key === "string" && /^[0-9]+$/.test(key)) count(1);
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        if (result instanceof Uint8Array) count(result.length);
        return result;
      };
    },
  });
}

const request = "GET / HTTP/1.1\r\n";
const tiny = records(clientHelloMessage(serverNameExtension("a".repeat(200))), 1);
const hostile: readonly (readonly [string, Uint8Array])[] = [
  ["spaces in a header", latin1(`${request}a: ${" ".repeat(3000)}`)],
  ["a long name", latin1(request + "a".repeat(3000))],
  ["folded lines", latin1(`${request}a:${"\r\n ".repeat(1000)}`)],
  ["short headers", latin1(request + "a:\n".repeat(1000))],
  ["empty lines", latin1("\r\n".repeat(1500))],
  ["a long URI", latin1(`GET /${"a".repeat(3000)}`)],
  ["a hello in records of one byte", tiny.slice(0, -1)],
];

test.each(hostile)("%s, byte by byte, is read once", (_, bytes) => {
  let reads = 0;
  const sniffing = new Sniffing();
  const tests = ["req.proto_http", "req.ssl_sni", "method", "req.ver", "req.ssl_hello_type"];
  const decide = tests.map((fetch) => compileCondition(condition(fetch, "found", []), tables([])));
  for (let length = 1; length <= bytes.length; length++) {
    const request: Payload = {
      bytes: counted(bytes.subarray(0, length), (count) => (reads += count)),
      final: false,
      sniffing,
    };
    for (const one of decide) one(session({ request }));
  }
  // A few looks at the byte that came, by each test, and a few passes at the end.
  expect(reads).toBeLessThan(60 * bytes.length);
  expect(sniffing.lookedAtBytes).toBeLessThan(20 * bytes.length);
});

/** A client of which `pieces` bytes come, one by one, as fast as they are asked for; then it is silent. */
function dripping(bytes: Uint8Array, waits: number[]): Pick<Connection, "peek"> {
  let have = 0;
  return {
    peek(atLeast, limit, deadlineMs): Promise<Peeked> {
      waits.push(deadlineMs);
      have = Math.min(bytes.length, Math.max(have, Math.min(atLeast, limit)));
      return Promise.resolve({
        bytes: bytes.subarray(0, have),
        state: have < Math.min(atLeast, limit) ? "timeout" : "open",
      });
    },
  };
}

/** A session that goes on, and whose rules ask for no names. */
function inspectingOf(client: Connection, show: (payload: Payload | null) => void): Parameters<typeof inspect>[2] {
  return {
    client,
    isOver: false,
    awaitsAnswer: false,
    whenAnswered: null,
    giveUpAnswer() {},
    get request() {
      return null;
    },
    set request(payload) {
      show(payload);
    },
  };
}

const bounds = { delayMs: 3_600_000, idleMs: 0, firstLookMs: 0 };

test.each([4096, 16_384, 65_536])(
  "rules that look at all of %d bytes are asked at every piece, until that costs too much",
  async (size) => {
    const looks: number[] = [];
    let payload: Payload | null = null;
    const step = (): "wait" => {
      looks.push(payload!.bytes.length);
      payload!.sniffing!.count(payload!.bytes.length);
      return "wait";
    };
    const client = dripping(new Uint8Array(size), []) as Connection;
    const inspecting = inspectingOf(client, (shown) => (payload = shown));
    await inspect({ step }, { ...bounds, limitBytes: size, bufferBytes: size }, inspecting);
    const lookedAt = looks.reduce((sum, bytes) => sum + bytes, 0);
    expect(lookedAt).toBeLessThan((64 + 12) * size);
    expect(looks.slice(0, 128)).toEqual(Array.from({ length: 128 }, (_, index) => index + 1));
    for (const [index, bytes] of looks.entries()) {
      expect(bytes).toBeLessThanOrEqual(1 + 1.125 * (looks[index - 1] ?? 0));
    }
    expect(looks.at(-1)).toBe(size);
  },
);

test("who stops sending has the last bytes looked at soon", async () => {
  const bytes = new Uint8Array(1000);
  const waits: number[] = [];
  let payload: Payload | null = null;
  let isSeen = false;
  const step = (): "wait" | "accept" => {
    payload!.sniffing!.count(1_000_000);
    isSeen = payload!.bytes.length === bytes.length;
    return isSeen ? "accept" : "wait";
  };
  const client = dripping(bytes, waits) as Connection;
  const inspecting = inspectingOf(client, (shown) => (payload = shown));
  const found = await inspect({ step }, { ...bounds, limitBytes: 4096, bufferBytes: 4096 }, inspecting);
  expect([isSeen, found]).toEqual([true, { verdict: "accept", ended: null }]);
  expect(Math.max(...waits.slice(2))).toBeLessThan(1000);
});

/** An answer with quotes that nothing closes and many headers. */
function hardAnswer(count: number): HttpAnswer {
  return {
    status: 200,
    reason: "OK",
    headers: [
      { name: "a", value: '"\\'.repeat(count) },
      ...Array.from({ length: count / 8 }, (_, index) => ({ name: `b${index}`, value: "x,y" })),
    ],
    body: "",
    bodyEnded: true,
  };
}

function valuesOf(value: string): string[] | undefined {
  return headerValues({ ...hardAnswer(0), headers: [{ name: "a", value }] }, false).get("a");
}

test("the values of headers are found in time that grows as they do, however they are quoted", () => {
  expect(timesLonger((count) => headerValues(hardAnswer(count), false), 10_000)).toBeLessThan(80);
  expect(valuesOf('x, "y,z" ,w')).toEqual(["x", '"y,z"', "w"]);
  // HAProxy takes a quote that nothing closes to the end.
  expect(valuesOf('x,"y,z')).toEqual(["x", '"y,z']);
  expect(valuesOf('"a\\",b",c')).toEqual(['"a\\",b"', "c"]);
  expect(valuesOf(",a,,b,")).toEqual(["a", "b"]);
});

/** How many times longer 16 times as much takes: 16 where time is linear, 256 where it is quadratic. The least of some tries, for others use the machine too. */
function timesLonger(run: (count: number) => unknown, count: number): number {
  const timeMs = (size: number): number => processorMs(() => run(size));
  for (let turn = 0; turn < 5; turn++) run(count);
  const tries = Array.from({ length: 7 }, () => [timeMs(count), timeMs(16 * count)] as const);
  return Math.min(...tries.map(([, long]) => long)) / Math.min(...tries.map(([short]) => short));
}

test("a header has one checksum: each would cost a look at all of it", () => {
  const end = { host: "192.0.2.1", port: 1 };
  const once = formatProxyV2({ local: false, source: end, destination: end, checksum: true, tlvs: [] });
  expect(parseProxyHeader(once).state).toBe("header");
  const again = { type: 3, value: new Uint8Array(4) };
  const twice = formatProxyV2({ local: false, source: end, destination: end, checksum: true, tlvs: [again] });
  expect(parseProxyHeader(twice).state).toBe("invalid");
});

test("names of a name server's answer lead through no more pointers than they could have labels", () => {
  const head = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
  const question = [1, 0x61, 0, 0, 1, 0, 1];
  // A record of its own type whose data are pointers, each to the one before, and an A record named by the last.
  const chain = (length: number): Uint8Array => {
    const start = head.length + question.length + 11;
    const pointers = Array.from({ length }, (_, index) => (index === 0 ? 12 : start + 2 * (index - 1)));
    const data = pointers.flatMap((target) => [0xc0 | (target >> 8), target & 0xff]);
    const last = start + 2 * (length - 1);
    const filler = [0, 0, 99, 0, 1, 0, 0, 0, 0, data.length >> 8, data.length & 0xff, ...data];
    const record = [0xc0 | (last >> 8), last & 0xff, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1];
    return Uint8Array.from([...head.slice(0, 7), 2, ...head.slice(8), ...question, ...filler, ...record]);
  };
  const found: readonly DnsRecord[] = [{ name: "a", ttlSeconds: 9, type: "A", host: "192.0.2.1" }];
  expect(parseDnsAnswer(chain(100))?.records).toEqual([...found]);
  expect(parseDnsAnswer(chain(200))).toBeNull();
});
