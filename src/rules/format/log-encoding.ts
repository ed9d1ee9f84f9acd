/** Log lines as JSON and as CBOR (`%{+json}o`, `%{+cbor}o`). */
import { bytesOf, latin1 } from "../../wire/latin1.ts";
import { quoteJson } from "../value/json-text.ts";

/** A value of a member; strings have one character per byte. */
export type Field = string | number | bigint | boolean | Uint8Array | null;

/** `{"name": value, …}` on one line. Bytes are text, as in other formats. */
export function encodeJson(fields: readonly (readonly [string, Field])[]): string {
  return `{${fields.map(([name, value]) => `${quoteJson(name)}: ${jsonOf(value)}`).join(", ")}}`;
}

function jsonOf(value: Field): string {
  if (typeof value === "string") return quoteJson(value);
  if (value instanceof Uint8Array) return quoteJson(latin1(value));
  return String(value);
}

/** A CBOR map (RFC 8949) of indefinite length, in hexadecimal, as HAProxy writes it. */
export function encodeCbor(fields: readonly (readonly [string, Field])[]): string {
  const bytes: number[] = [0xbf];
  for (const [name, value] of fields) {
    pushText(bytes, name);
    pushValue(bytes, value);
  }
  bytes.push(0xff);
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

function pushValue(bytes: number[], value: Field): void {
  if (value === null) bytes.push(0xf6);
  else if (typeof value === "boolean") bytes.push(value ? 0xf5 : 0xf4);
  else if (typeof value === "string") pushText(bytes, value);
  else if (typeof value === "object") pushBytes(bytes, 2, value);
  else pushInteger(bytes, BigInt(value));
}

function pushInteger(bytes: number[], value: bigint): void {
  if (value >= 0n) pushHead(bytes, 0, value);
  else pushHead(bytes, 1, -1n - value);
}

function pushText(bytes: number[], text: string): void {
  pushBytes(bytes, 3, bytesOf(text));
}

function pushBytes(bytes: number[], major: number, content: Uint8Array): void {
  pushHead(bytes, major, BigInt(content.length));
  for (const byte of content) bytes.push(byte);
}

/** Major type and argument in the shortest form (RFC 8949, section 3). */
function pushHead(bytes: number[], major: number, argument: bigint): void {
  const type = major << 5;
  if (argument < 24n) {
    bytes.push(type | Number(argument));
    return;
  }
  const size = argument < 0x100n ? 1 : argument < 0x10000n ? 2 : argument < 0x100000000n ? 4 : 8;
  bytes.push(type | (24 + Math.log2(size)));
  for (let shift = size - 1; shift >= 0; shift--) bytes.push(Number((argument >> BigInt(8 * shift)) & 0xffn));
}
