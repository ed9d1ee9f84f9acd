/** PROXY headers of version 2 as a server saw them, made comparable. */
import { crc32c } from "../../src/wire/crc32c.ts";
import { visible } from "./transcript.ts";

/** What a header of version 2 begins with. Then come version and command, family, length, addresses, TLVs. */
export const signature = "\r\n\r\n\0\r\nQUIT\n";

/**
 * What a server received, as text; a version 2 header in front in words, its ports masked because they differ from run to run.
 *
 * A checksum is checked here, for it covers the ports.
 */
export function describeHeader(bytes: Buffer): string {
  if (!bytes.toString("latin1").startsWith(signature) || bytes.length < 16) return visible(bytes.toString("latin1"));
  const length = bytes.readUInt16BE(14);
  const family = bytes[13] as number;
  const size = { 0x11: 12, 0x21: 36, 0x31: 216 }[family] ?? 0;
  const at = 16;
  const end = at + length;
  const addresses =
    family === 0x11 || family === 0x21
      ? `${bytes.toString("hex", at, at + size - 4)} ${bytes.readUInt16BE(at + size - 4) > 1023 ? "p" : "0"} ${bytes.readUInt16BE(at + size - 2) > 1023 ? "p" : "0"}`
      : bytes.toString("hex", at, at + Math.min(size, length));
  const tlvs: string[] = [];
  for (let tlv = at + size; tlv + 3 <= end;) {
    const type = bytes[tlv] as number;
    const value = bytes.subarray(tlv + 3, tlv + 3 + bytes.readUInt16BE(tlv + 1));
    tlvs.push(`${type.toString(16)}=${type === 3 ? checksum(bytes.subarray(0, end), tlv + 3) : value.toString("hex")}`);
    tlv += 3 + value.length;
  }
  const rest = bytes.toString("latin1", end);
  return `v2 ${(bytes[12] as number).toString(16)} ${family.toString(16)} ${addresses} [${tlvs.join(" ")}] then ${visible(rest)}`;
}

function checksum(header: Buffer, at: number): string {
  const blank = Buffer.from(header);
  blank.fill(0, at, at + 4);
  return header.readUInt32BE(at) === crc32c(blank) >>> 0 ? "right" : "wrong";
}
