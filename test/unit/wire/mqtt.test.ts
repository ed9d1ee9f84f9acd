/** The first packets of MQTT: what CONNECT and CONNACK say, and what is neither. */
import { expect, test } from "bun:test";
import { parseMqtt } from "../../../src/wire/mqtt.ts";

type Part = string | number | readonly number[];

/** Texts with their two bytes of length, numbers as one byte, lists as they are. */
function encode(parts: readonly Part[]): number[] {
  return parts.flatMap((part) => {
    if (typeof part === "number") return [part];
    if (typeof part !== "string") return [...part];
    return [part.length >> 8, part.length & 255, ...Buffer.from(part, "latin1")];
  });
}

function packet(type: number, parts: readonly Part[]): Uint8Array {
  const body = encode(parts);
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Uint8Array.from([type, ...length, ...body]);
}

function read(type: number, ...parts: readonly Part[]) {
  const found = parseMqtt(packet(type, parts));
  return typeof found === "string" ? found : { ...found, fields: Object.fromEntries(found.fields) };
}

const connect = 0x10;
const connack = 0x20;

test("a client of version 3.1.1 with a last will and a password", () => {
  expect(read(connect, "MQTT", 4, 0xc6, [0, 60], "me", "topic", "gone", "user", "secret")).toEqual({
    type: "connect",
    version: 4,
    fields: {
      protocol_name: "MQTT",
      protocol_version: 4,
      flags: 0xc6,
      keepalive: 60,
      client_identifier: "me",
      will_topic: "topic",
      will_payload: "gone",
      username: "user",
      password: "secret",
    },
  });
});

test("a client of version 5: properties by number, absent ones 0, those of users passed over", () => {
  const properties = encode([17, [0, 0, 1, 0], 33, [0, 20], 38, "key", "value", 21, "method"]);
  const found = read(connect, "MQTT", 5, 2, [0, 30], [properties.length, ...properties], "");
  expect(found).toMatchObject({ version: 5, fields: { "17": 256, "33": 20, "39": 0, "25": 0, "21": "method" } });
  expect((found as { fields: object }).fields).not.toHaveProperty("38");
});

test("a server's answer, by its length of version 3.1.1 or 5", () => {
  expect(read(connack, 1, 0)).toEqual({
    type: "connack",
    version: 4,
    fields: { flags: 1, reason_code: 0, protocol_version: 4 },
  });
  expect(read(connack, 0, 135, [3, 33, 0, 9])).toMatchObject({
    version: 5,
    fields: { reason_code: 135, protocol_version: 5, "33": 9, "36": 0 },
  });
});

test("a beginning needs more, what stands behind is left alone", () => {
  const whole = packet(connect, ["MQTT", 4, 2, [0, 60], "m".repeat(200)]);
  for (let length = 0; length < whole.length; length++) expect(parseMqtt(whole.subarray(0, length))).toBe("need-more");
  expect(parseMqtt(Uint8Array.from([...whole, 1, 2, 3]))).toMatchObject({ type: "connect" });
});

test.each([
  ["another packet", 0x30, ["MQTT", 4, 2, [0, 60], "me"]],
  ["another protocol", connect, ["HTTP", 4, 2, [0, 60], "me"]],
  ["the old name with the new version", connect, ["MQIsdp", 4, 2, [0, 60], "me"]],
  ["a reserved flag", connect, ["MQTT", 4, 3, [0, 60], "me"]],
  ["a text beyond the end", connect, ["MQTT", 4, 2, [0, 60, 0, 9]]],
  ["more than there should be", connect, ["MQTT", 4, 2, [0, 60], "me", "more"]],
  ["a property of another packet", connect, ["MQTT", 5, 2, [0, 60], [3, 19, 0, 1], "me"]],
  ["an answer's reserved flags", connack, [2, 0]],
] as const)("%s is none", (_name, type, parts) => expect(read(type, ...parts)).toBe("none"));

test("a length of more than four bytes is none", () => {
  expect(parseMqtt(Uint8Array.of(connect, 255, 255, 255, 255, 1))).toBe("none");
});
