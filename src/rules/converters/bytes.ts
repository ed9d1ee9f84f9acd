/** Converters of bytes: base64, hexadecimal, big-endian numbers, parts, MQTT. */
import {
  type ArgumentCheck,
  type Convert,
  converter,
  type ConverterTraits,
  type ConverterRow,
} from "../samples/rows.ts";
import { hasArgument, integerOrVariable, numberArgument, textArgument } from "../samples/arguments.ts";
import { fromBase64, fromBase64Url } from "../value/base64.ts";
import { parseMqtt } from "../../wire/mqtt.ts";
import { type Sample, bin, bool, sint, str } from "../value/sample.ts";

/** A converter of bytes without arguments. */
function ofBytes(
  form: string,
  convert: (bytes: Uint8Array) => Sample | undefined | "wait",
  traits: ConverterTraits = {},
): ConverterRow {
  return converter(form, () => bytesConverter(convert), traits);
}

function bytesConverter(convert: (bytes: Uint8Array) => Sample | undefined | "wait"): Convert {
  return (sample) => (sample.type === "bin" ? convert(sample.value) : undefined);
}

function ofText(form: string, convert: (text: string) => Sample | undefined): ConverterRow {
  return converter(form, () => (sample) => (sample.type === "str" ? convert(sample.value) : undefined));
}

function toBase64(bytes: Uint8Array, encoding: "base64" | "base64url"): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex").toUpperCase();
}

/** Cuts bytes into chunks; a short last one goes with `truncate`. */
function chunks(bytes: Uint8Array, size: number, truncate: boolean): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    if (truncate && at + size > bytes.length) break;
    list.push(bytes.subarray(at, at + size));
  }
  return list;
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

const checkSize: ArgumentCheck = ([, size]) =>
  typeof size === "number" && (size < 1 || size > 8) ? `chunk_size out of [1..8] range (${size})` : null;

const checkChunks: ArgumentCheck = ([, size, truncate]) => {
  if (typeof size === "number" && size <= 0) return `chunk_size <= 0 (${size})`;
  return typeof truncate === "number" && truncate !== 0 && truncate !== 1
    ? `Unsupported truncate value (${truncate})`
    : null;
};

/** The converters of this file. */
export const byteConverters: readonly ConverterRow[] = [
  ofText("b64dec: str -> bin", (text) => {
    const bytes = fromBase64(text);
    return bytes === undefined ? undefined : bin(bytes);
  }),
  ofBytes("base64: bin -> str", (bytes) => str(toBase64(bytes, "base64")), { isWhole: true }),
  converter(
    "be2dec(string[,integer,integer]): bin -> str",
    (args) => {
      const separator = textArgument(args, 0);
      const size = numberArgument(args, 1, 2);
      const truncate = numberArgument(args, 2) !== 0;
      return bytesConverter((bytes) => str(chunks(bytes, size, truncate).map(bigEndian).join(separator)));
    },
    { check: checkSize },
  ),
  converter(
    "be2hex(string[,integer,integer]): bin -> str",
    (args) => {
      const separator = textArgument(args, 0);
      const size = hasArgument(args, 1) ? Math.max(1, numberArgument(args, 1)) : Number.POSITIVE_INFINITY;
      const truncate = hasArgument(args, 1) && numberArgument(args, 2) !== 0;
      return bytesConverter((bytes) => {
        if (size === Number.POSITIVE_INFINITY) return str(hexOf(bytes));
        return str(chunks(bytes, size, truncate).map(hexOf).join(separator));
      });
    },
    { check: checkChunks },
  ),
  converter("bytes(integer[,integer]): bin -> bin", (args) => {
    const offset = integerOrVariable(args, 0);
    const length = hasArgument(args, 1) ? integerOrVariable(args, 1) : null;
    return (sample, context) => {
      const start = offset(context);
      const wanted = length === null ? null : length(context);
      if (sample.type !== "bin" || start === undefined || wanted === undefined) return undefined;
      if (start < 0n || start >= BigInt(sample.value.length) || (wanted !== null && wanted < 0n)) return bin(nothing);
      const from = Number(start);
      const end = wanted === null ? sample.value.length : from + Number(wanted);
      return bin(sample.value.subarray(from, end));
    };
  }),
  ofText("cut_crlf: str -> str", (text) => str(/^[^\r\n]*/.exec(text)?.[0] ?? "")),
  ofBytes("hex: bin -> str", (bytes) => str(hexOf(bytes))),
  ofText("hex2i: str -> sint", (text) =>
    /^[0-9a-fA-F]*$/.test(text) ? sint(text === "" ? 0n : BigInt(`0x${text}`) & 0xffffffffffffffffn) : undefined,
  ),
  ofText("length: str -> sint", (text) => sint(text.length)),
  converter(
    "mqtt_field_value(string,string): bin -> str",
    (args) => {
      const written = textArgument(args, 0).toLowerCase();
      const type = written === "1" ? "connect" : written === "2" ? "connack" : written;
      const field = textArgument(args, 1).toLowerCase();
      return bytesConverter((bytes) => {
        const packet = parseMqtt(bytes);
        if (packet === "need-more") return "wait";
        if (packet === "none" || packet.type !== type) return undefined;
        const value = packet.fields.get(field);
        return value === undefined ? undefined : typeof value === "number" ? sint(value) : str(value);
      });
    },
    { settles: true },
  ),
  ofBytes(
    "mqtt_is_valid: bin -> bool",
    (bytes) => {
      const packet = parseMqtt(bytes);
      return packet === "need-more" ? "wait" : bool(packet !== "none");
    },
    { settles: true },
  ),
  ofText("ub64dec: str -> bin", (text) => {
    const bytes = fromBase64Url(text);
    return bytes === undefined ? undefined : bin(bytes);
  }),
  ofBytes("ub64enc: bin -> str", (bytes) => str(toBase64(bytes, "base64url")), { isWhole: true }),
];

const nothing = new Uint8Array(0);
