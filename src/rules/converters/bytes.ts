/** Converters of bytes: base64, hexadecimal, big-endian numbers, parts, MQTT. */
import { hasArgument, integerOrVariable, numberArgument, textArgument } from "../samples/arguments.ts";
import type { Converter, ConverterCompiler } from "../expression.ts";
import { parseMqtt } from "../../wire/mqtt.ts";
import { bin, bool, sint, str } from "../value/sample.ts";
import type { Sample } from "../context.ts";
import { wordTable } from "../../word-table.ts";

/** A converter of bytes without arguments. */
function ofBytes(convert: (bytes: Uint8Array) => Sample | undefined | "wait"): ConverterCompiler {
  return () => bytesConverter(convert);
}

function bytesConverter(convert: (bytes: Uint8Array) => Sample | undefined | "wait"): Converter {
  return { input: "bin", apply: (sample) => (sample.type === "bin" ? convert(sample.value) : undefined) };
}

function ofText(convert: (text: string) => Sample | undefined): ConverterCompiler {
  return () => ({ input: "str", apply: (sample) => (sample.type === "str" ? convert(sample.value) : undefined) });
}

function toBase64(bytes: Uint8Array, encoding: "base64" | "base64url"): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
}

const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const base64UrlForm = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/;

/** The bytes that base64 text stands for; padding must be there. Undefined for anything else. */
export function fromBase64(text: string): Uint8Array | undefined {
  return base64Form.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
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

export const binaryConverters = wordTable<ConverterCompiler>({
  base64: ofBytes((bytes) => str(toBase64(bytes, "base64"))),
  ub64enc: ofBytes((bytes) => str(toBase64(bytes, "base64url"))),
  b64dec: ofText((text) => {
    const bytes = fromBase64(text);
    return bytes === undefined ? undefined : bin(bytes);
  }),
  ub64dec: ofText((text) =>
    base64UrlForm.test(text) ? bin(new Uint8Array(Buffer.from(text, "base64url"))) : undefined,
  ),
  hex: ofBytes((bytes) => str(hexOf(bytes))),
  hex2i: ofText((text) =>
    /^[0-9a-fA-F]*$/.test(text) ? sint(text === "" ? 0n : BigInt(`0x${text}`) & 0xffffffffffffffffn) : undefined,
  ),
  be2dec: (args) => {
    const separator = textArgument(args, 0);
    const size = numberArgument(args, 1, 2);
    const truncate = numberArgument(args, 2) !== 0;
    return bytesConverter((bytes) => str(chunks(bytes, size, truncate).map(bigEndian).join(separator)));
  },
  be2hex: (args) => {
    const separator = textArgument(args, 0);
    const size = hasArgument(args, 1) ? Math.max(1, numberArgument(args, 1)) : Number.POSITIVE_INFINITY;
    const truncate = hasArgument(args, 1) && numberArgument(args, 2) !== 0;
    return bytesConverter((bytes) => {
      if (size === Number.POSITIVE_INFINITY) return str(hexOf(bytes));
      return str(chunks(bytes, size, truncate).map(hexOf).join(separator));
    });
  },
  bytes: (args) => {
    const offset = integerOrVariable(args, 0);
    const length = hasArgument(args, 1) ? integerOrVariable(args, 1) : null;
    return {
      input: "bin",
      apply: (sample, context) => {
        const start = offset(context);
        const wanted = length === null ? null : length(context);
        if (sample.type !== "bin" || start === undefined || wanted === undefined) return undefined;
        if (start < 0n || start >= BigInt(sample.value.length) || (wanted !== null && wanted < 0n)) return bin(nothing);
        const from = Number(start);
        const end = wanted === null ? sample.value.length : from + Number(wanted);
        return bin(sample.value.subarray(from, end));
      },
    };
  },
  mqtt_is_valid: ofBytes((bytes) => {
    const packet = parseMqtt(bytes);
    return packet === "need-more" ? "wait" : bool(packet !== "none");
  }),
  mqtt_field_value: (args) => {
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
  cut_crlf: ofText((text) => str(/^[^\r\n]*/.exec(text)?.[0] ?? "")),
  length: ofText((text) => sint(text.length)),
});

const nothing = new Uint8Array(0);
