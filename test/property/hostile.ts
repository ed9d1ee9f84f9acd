/** What a stranger might send to whatever reads it: values, payloads and sessions, chosen at random. */
import type { SampleContext } from "../../src/rules/context.ts";
import type { StickTable } from "../../src/rules/stick/table.ts";
import { type Sample, bin, sint, str } from "../../src/rules/value/sample.ts";
import { track } from "../../src/rules/stick/tracking.ts";
import { session } from "../unit/rules/session.ts";
import { clientHelloMessage, records, serverNameExtension } from "../unit/wire/tls/hello-bytes.ts";
import type { Random } from "./seed.ts";

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Words that every object knows, and others that some reader might take for its own. */
export const words: readonly string[] = [
  ..."constructor __proto__ prototype toString valueOf hasOwnProperty __defineGetter__ isPrototypeOf length size".split(
    " ",
  ),
  ..."NaN Infinity -Infinity undefined null true 1e999 -0 0x10 +5 -".split(" "),
];

const numbers: readonly bigint[] = [0, 31, 32, 53, 63].flatMap((bits) => {
  const value = 2n ** BigInt(bits);
  return [value - 1n, value, -value, 1n - value];
});
/** Around the ends of what a Date knows, in seconds, ms and µs. */
const times = [8.64e12, 8.64e15, 8.64e18, 253402300799, 62135596800].flatMap((end) =>
  [-86401, -1, 0, 1, 86401].flatMap((off) => [BigInt(end + off), -BigInt(end + off)]),
);

export function number(random: Random): bigint {
  const kind = random.between(0, 3);
  if (kind === 0) return random.pick(numbers);
  if (kind === 1) return random.pick(times);
  if (kind === 2) return BigInt(random.between(-300, 300));
  return BigInt.asIntN(64, (BigInt(random.between(0, 2 ** 31)) << 33n) | BigInt(random.between(0, 2 ** 31)));
}

const longest = 16_384;
const pieces = [
  "a",
  " ",
  "\t",
  "\r\n",
  "9",
  "-",
  ".",
  ":",
  "/",
  "%",
  "%4",
  "[",
  "{",
  '"',
  "\\",
  "\0",
  "ÿ",
  "é",
  "=",
  "::",
  ",",
  "'",
  "$",
  "(",
];

/** Text with one character per byte. */
export function text(random: Random): string {
  switch (random.between(0, 9)) {
    case 0:
      return random.pick(words);
    case 1:
      return String(number(random));
    case 2:
      return textOf(random.bytes(random.between(0, 40)));
    case 3:
      return random
        .pick(pieces)
        .repeat(random.pick([1, 7, 300, random.next() < 0.02 ? longest : 40]))
        .slice(0, longest);
    case 4:
      return json(random, 3);
    case 5:
      return Array.from({ length: random.between(1, 12) }, () => random.pick(pieces)).join("");
    case 6:
      return address(random);
    case 7:
      return Buffer.from(random.bytes(random.between(0, 30))).toString(random.pick(["base64", "base64url", "hex"]));
    case 8:
      return textOf(message(random));
    default:
      return "";
  }
}

export function address(random: Random): string {
  if (random.next() < 0.5) return Array.from(random.bytes(4)).join(".");
  const groups = Array.from({ length: random.between(0, 9) }, () => random.between(0, 70_000).toString(16));
  return random.pick([
    groups.join(":"),
    `::ffff:${Array.from(random.bytes(4)).join(".")}`,
    `::${groups.join(":")}`,
    "::",
  ]);
}

function json(random: Random, depth: number): string {
  switch (random.between(0, depth > 0 ? 7 : 4)) {
    case 0:
      return random.pick([
        "1e999",
        "-1e999",
        "1e19",
        "9007199254740993",
        "-0.0",
        "1.5e3",
        "12345678901234567890123",
        "1e-999",
      ]);
    case 1:
      return JSON.stringify(random.pick(words));
    case 2:
      return random.pick(["true", "false", "null", '"\\ud800"', "{", "[", '"', "nul"]);
    case 3:
      return String(number(random));
    case 4:
      return random.next() < 0.02 ? "[".repeat(random.pick([100, longest])) : '{"n":1e999}';
    case 5:
      return `[${Array.from({ length: random.between(0, 3) }, () => json(random, depth - 1)).join(",")}]`;
    default:
      return `{${Array.from({ length: random.between(0, 3) }, () => `${JSON.stringify(random.pick([...words, "n", "a"]))}:${json(random, depth - 1)}`).join(",")}}`;
  }
}

function lengthPrefixed(part: Uint8Array): number[] {
  return [part.length >> 8, part.length & 255, ...part];
}

/** An MQTT CONNECT that may be well formed. */
function mqttConnect(random: Random): Uint8Array {
  const name = bytesOf(random.pick(["MQTT", "MQIsdp", ...words]));
  const version = random.pick([3, 4, 5, 255]);
  const body = [...lengthPrefixed(name), version, random.pick([0, 2, 0xc2, 0xff]), 0, 60];
  if (version === 5) body.push(random.pick([0, 5]), 17, 0, 0, 0, 10);
  body.push(...lengthPrefixed(random.bytes(random.between(0, 8))));
  return Uint8Array.of(0x10, body.length, ...body);
}

/** The beginning of some protocol, perhaps damaged. */
export function message(random: Random): Uint8Array {
  const whole = random.pick([mqttConnect, hello, request, rdp, connack, noise])(random);
  const damaged = whole.slice();
  if (random.next() < 0.4 && damaged.length > 0)
    damaged[random.between(0, damaged.length - 1)] = random.between(0, 255);
  return random.next() < 0.3 ? damaged.subarray(0, random.between(0, damaged.length)) : damaged;
}

function hello(random: Random): Uint8Array {
  return records(clientHelloMessage(serverNameExtension(random.pick(words))), random.pick([1, 50, 16_384]));
}

function request(random: Random): Uint8Array {
  const target = `/${random.pick(words)}?${random.pick(words)}=${random.pick(words)}`;
  return bytesOf(
    `GET ${target} HTTP/1.1\r\n${random.pick(words)}: ${random.pick(pieces).repeat(random.between(0, 9))}\r\n\r\n`,
  );
}

function rdp(random: Random): Uint8Array {
  const cookie = bytesOf(`Cookie: ${random.pick(["mstshash", ...words])}=${random.pick(words)}\r\n`);
  return Uint8Array.of(3, 0, 0, 11 + cookie.length, 6 + cookie.length, 0xe0, 0, 0, 0, 0, 0, ...cookie);
}

function connack(random: Random): Uint8Array {
  return Uint8Array.of(0x20, random.pick([2, 3, 5]), random.between(0, 2), ...random.bytes(5));
}

function noise(random: Random): Uint8Array {
  return random.bytes(random.between(0, 60));
}

/** A value of any type. */
export function sample(random: Random): Sample {
  switch (random.between(0, 5)) {
    case 0:
      return sint(number(random));
    case 1:
      return { type: "bool", value: random.next() < 0.5 };
    case 2:
      return { type: "ipv4", value: Array.from(random.bytes(4)).join(".") };
    case 3:
      return {
        type: "ipv6",
        value: random.pick(["::", "::1", "::ffff:1.2.3.4", "2002:102:304::", "fe80::1", "1:2:3:4:5:6:7:8"]),
      };
    case 4:
      return bin(message(random));
    default:
      return str(text(random));
  }
}

function end(random: Random): SampleContext["source"] {
  switch (random.between(0, 4)) {
    case 0:
      return { kind: "unix", path: "" };
    case 1:
      return { kind: "abstract", name: random.pick(words) };
    case 2:
      return { kind: "tcp", host: random.pick(["::1", "::ffff:10.0.0.1", "fe80::1"]), port: random.between(0, 65_535) };
    default:
      return { kind: "tcp", host: Array.from(random.bytes(4)).join("."), port: random.between(0, 65_535) };
  }
}

/** A session from anywhere, in any state; `table` may have entries that it tracks. */
export function context(random: Random, table: StickTable): SampleContext {
  const payload = (): SampleContext["request"] =>
    random.next() < 0.2 ? null : { bytes: message(random), final: random.next() < 0.5 };
  const kept = new Map(["txn.x", "sess.x", "proc.x"].map((name) => [name, sample(random)]));
  const tracked: SampleContext["tracked"] = [];
  const key = random.next() < 0.5 ? table.keyOf(sample(random)) : undefined;
  if (key !== undefined) track(tracked, random.between(0, 2), table, key);
  const serverSide = random.next() < 0.5 ? null : { source: end(random), destination: end(random) };
  return session({
    source: end(random),
    destination: end(random),
    peer: end(random),
    peerDestination: end(random),
    backend: random.next() < 0.5 ? null : random.pick(words),
    server: random.next() < 0.5 ? null : random.pick(words),
    proxyHeader:
      random.next() < 0.5
        ? null
        : {
            version: 2,
            local: false,
            tlvs: [{ type: random.between(0, 255), value: random.bytes(random.between(0, 9)) }],
          },
    request: payload(),
    response: payload(),
    serverSide,
    tracked,
    uniqueId: () => (random.next() < 0.5 ? null : text(random)),
    clientError: random.next() < 0.5 ? null : random.pick([...words, "ECONNRESET"]),
    serverError: random.next() < 0.5 ? null : random.pick(words),
    variables: {
      get: (name) => kept.get(name),
      set: (name, value) => void kept.set(name, value),
      unset: (name) => void kept.delete(name),
    },
  });
}
