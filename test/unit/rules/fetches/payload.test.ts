/** What is fetched from payloads, and when it is waited for. */
import { describe, expect, test } from "bun:test";
import { compileCondition } from "../../../../src/rules/condition.ts";
import type { Payload } from "../../../../src/rules/context.ts";
import { compileExpression } from "../../../../src/rules/expression.ts";
import { parseMqtt } from "../../../../src/wire/mqtt.ts";
import { cast } from "../../../../src/rules/value/sample.ts";
import { measuredPayloads } from "../measured-payloads.ts";
import { condition, expression, payload, session, tables } from "../session.ts";

function fromHex(hex: string, final: boolean): Payload {
  return { bytes: new Uint8Array(Buffer.from(hex, "hex")), final };
}

function fetch(text: string, request: Payload | null, response: Payload | null = null): string {
  const sample = compileExpression(expression(text), tables([]))(session({ request, response }));
  if (sample === undefined) return "-";
  return sample === "wait" ? "wait" : String(cast(sample, "str")?.value);
}

const cases = measuredPayloads.flatMap(({ name, payload, values }) =>
  values.map(([text, value]) => [name, text, value, payload] as const),
);

test.each(cases)("%s: %s is %p", (_, text, value, hex) => {
  const shown = fetch(text, fromHex(hex, true));
  // HAProxy's log ends text at its first NUL, and so does the cast.
  expect(shown).toBe(value);
});

test.each(cases)("%s: %s is not %p before its time", (_, text, value, hex) => {
  const shown = fetch(text, fromHex(hex, false));
  expect(shown === "wait" ? "-" : shown).toBe(value);
});

describe("any beginning of a payload says wait, or already what the whole says", () => {
  const settled = cases.filter(([, text]) => !/len|payload\(\d,0\)/.test(text));
  test.each(settled)("%s: %s", (_, text, __, hex) => {
    const whole = fetch(text, fromHex(hex, false));
    for (let length = 0; length < hex.length; length += hex.length > 400 ? 62 : 2) {
      expect(["wait", whole]).toContain(fetch(text, fromHex(hex.slice(0, length), false)));
    }
  });
});

const hello = measuredPayloads[0]!.payload;

test.each([
  ["req.ssl_sni", "str", ["git.example.com"], true],
  ["req.ssl_sni", "end", [".example.com"], true],
  ["req.ssl_ver", "int", ["3.3"], true],
  ["req.ssl_ver", "int", ["gt 3.3"], false],
  ["req.ssl_ver", "int", ["3.0:3.2"], false],
  ["req.ssl_alpn", "str", ["h2"], true],
  ["req.ssl_alpn", "str", ["acme-tls/1"], true],
  ["req.ssl_alpn", "str", ["h3"], false],
] as const)("of a TLS hello, %s -m %s %p is %p", (text, match, patterns, answer) => {
  const decide = compileCondition(condition(text, match, patterns), tables([]));
  expect([
    decide(session({ request: fromHex(hello.slice(0, 80), false) })),
    decide(session({ request: fromHex(hello, false) })),
  ]).toEqual(["wait", answer]);
});

test("an unsigned third argument of payload_lv counts from the start, as the manual has it", () => {
  expect(fetch("req.payload_lv(0,1,2)", payload("\x03\x02ABCDEF"))).toBe("ABC");
});

test("every fetch reads the bytes of the direction whose rules run", () => {
  const both = ["req.len", "res.len", "payload(0,1)", "req.payload(0,1)", "res.payload(0,1)"];
  expect(both.map((text) => fetch(text, payload("abc"), payload("x")))).toEqual(["1", "1", "x", "x", "x"]);
  expect(both.map((text) => fetch(text, payload("abc")))).toEqual(["3", "3", "a", "a", "a"]);
  expect(both.map((text) => fetch(text, null))).toEqual(["-", "-", "-", "-", "-"]);
});

test("no bytes make the MQTT reader throw", () => {
  const seed = 20_261_123;
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16;
  const whole = Buffer.from("103d00044d51545405c6003c0f110000000a2100141901150002616d0004636964350a1800000005", "hex");
  for (let round = 0; round < 1500; round++) {
    const bytes = new Uint8Array(whole.subarray(0, random() % (whole.length + 1)));
    for (let change = random() % 4; change > 0 && bytes.length > 0; change--) bytes[random() % bytes.length] = random();
    expect(() => parseMqtt(bytes), `seed ${seed}, round ${round}`).not.toThrow();
  }
});

function text(request: string, final = false): Payload {
  return fromHex(Buffer.from(request, "latin1").toString("hex"), final);
}

describe("HTTP among other protocols", () => {
  const get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  test.each([
    ["req.proto_http", get, "1"],
    ["req_proto_http", get.slice(0, -1), "wait"],
    ["req.proto_http", "SSH-2.0-OpenSSH_9.2\r\n", "-"],
    ["method", get, "GET"],
    ["url", get, "/a"],
    ["req.ver", get, "1.1"],
    ["req_ver", "GET / HTTP\r\n\r\n", "-"],
  ])("%s of %j is %p", (name, request, value) => expect(fetch(name, text(request))).toBe(value));
  test("an unfinished head is not waited for beyond the delay", () =>
    expect(fetch("req.proto_http", text(get.slice(0, -1), true))).toBe("-"));
});
