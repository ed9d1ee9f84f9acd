/** The first MQTT packet of either side, CONNECT and CONNACK, versions 3.1, 3.1.1 and 5.0. */
import { latin1 } from "./latin1.ts";
import { wordTable } from "../word-table.ts";

/** Fields by name; properties of version 5 by their number. Text has one character per byte. */
export interface MqttPacket {
  readonly type: "connect" | "connack";
  readonly version: number;
  readonly fields: ReadonlyMap<string, number | string>;
}

const none = Symbol("not a packet");

/** Reads fields in order; throws `none` at the end of the bytes. */
class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  number(size: number): number {
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    return value;
  }

  /** A variable byte integer (MQTT 5.0, section 1.5.5). */
  variable(): number {
    let value = 0;
    for (let shift = 0; shift < 4; shift++) {
      const byte = this.number(1);
      value += (byte & 0x7f) * 128 ** shift;
      if (byte < 0x80) return value;
    }
    throw none;
  }

  text(): string {
    return latin1(this.take(this.number(2)));
  }

  take(size: number): Uint8Array {
    if (this.at + size > this.bytes.length) throw none;
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}

/**
 * Reads one packet; what stands behind it is left alone. "need-more": a beginning of one; "none": no such packet.
 *
 * 0 1 type and flags (0x10 CONNECT, 0x20 CONNACK), then 1 to 4 bytes of remaining length, then the packet's own
 */
export function parseMqtt(bytes: Uint8Array): MqttPacket | "need-more" | "none" {
  if (bytes.length > 0 && bytes[0] !== 0x10 && bytes[0] !== 0x20) return "none";
  if (bytes.length < 2) return "need-more";
  const head = new Reader(bytes.subarray(1, 5));
  let isWhole = false;
  try {
    const length = head.variable();
    const start = 1 + head.at;
    if (bytes.length < start + length) return "need-more";
    isWhole = true;
    const body = new Reader(bytes.subarray(start, start + length));
    const packet = bytes[0] === 0x10 ? readConnect(body) : readConnack(body);
    return body.isAtEnd ? packet : "none";
  } catch (error) {
    if (error !== none) throw error;
    return isWhole || bytes.length >= 5 ? "none" : "need-more";
  }
}

const will = 0x04;
const protocols = wordTable<readonly number[]>({ MQIsdp: [3], MQTT: [4, 5] });

function readConnect(body: Reader): MqttPacket {
  const fields = new Map<string, number | string>();
  const name = body.text();
  const version = body.number(1);
  const flags = body.number(1);
  if (protocols.get(name)?.includes(version) !== true || (flags & 1) !== 0) throw none;
  fields.set("protocol_name", name).set("protocol_version", version).set("flags", flags);
  fields.set("keepalive", body.number(2));
  if (version === 5) readProperties(body, fields, [17, 33, 39, 34, 25, 23, 38, 21, 22], [17, 33, 39, 34, 25, 23]);
  fields.set("client_identifier", body.text());
  if ((flags & will) !== 0) {
    if (version === 5) readProperties(body, fields, [24, 1, 2, 3, 8, 9, 38], [24, 1, 2]);
    fields.set("will_topic", body.text()).set("will_payload", body.text());
  }
  if ((flags & 0x80) !== 0) fields.set("username", body.text());
  if ((flags & 0x40) !== 0) fields.set("password", body.text());
  return { type: "connect", version, fields };
}

function readConnack(body: Reader): MqttPacket {
  const fields = new Map<string, number | string>();
  const flags = body.number(1);
  if (flags > 1) throw none;
  fields.set("flags", flags).set("reason_code", body.number(1));
  const version = body.isAtEnd ? 4 : 5;
  fields.set("protocol_version", version);
  const numbers = [17, 33, 36, 37, 39, 34, 40, 41, 42, 19];
  if (version === 5) readProperties(body, fields, [...numbers, 18, 31, 38, 26, 28, 21, 22], numbers);
  return { type: "connack", version, fields };
}

const sizes: Readonly<Record<number, number>> = {
  1: 1,
  2: 4,
  17: 4,
  19: 2,
  23: 1,
  24: 4,
  25: 1,
  33: 2,
  34: 2,
  36: 1,
  37: 1,
  39: 4,
  40: 1,
  41: 1,
  42: 1,
};

/** Properties (MQTT 5.0, section 2.2.2.2); numbers that are absent are 0. User properties (38) are passed over. */
function readProperties(
  body: Reader,
  fields: Map<string, number | string>,
  allowed: readonly number[],
  numbers: readonly number[],
): void {
  for (const id of numbers) fields.set(String(id), 0);
  const list = new Reader(body.take(body.variable()));
  while (!list.isAtEnd) {
    const id = list.variable();
    if (!allowed.includes(id)) throw none;
    const size = sizes[id];
    if (size !== undefined) fields.set(String(id), list.number(size));
    else fields.set(String(id), id === 38 ? list.text() + list.text() : list.text());
  }
  fields.delete("38");
}
