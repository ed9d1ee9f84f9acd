/** The PROXY protocol, versions 1 and 2: a header's bytes to what it says, and back. */
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from "../ip-literal.ts";
import { crc32c } from "./crc32c.ts";
import { bytesOf } from "./latin1.ts";

/** One end as a header names it: a literal address without brackets. */
export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
}

/** A type-length-value field of a v2 header. */
export interface ProxyTlv {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Types of fields with a meaning of their own (proxy-protocol.txt, section 2.2). */
export const tlvTypes = { alpn: 0x01, authority: 0x02, crc32c: 0x03, noop: 0x04, uniqueId: 0x05, ssl: 0x20 } as const;

/**
 * What a header says.
 *
 * `addresses` is null where the socket's own stay in force: v1 UNKNOWN, v2 LOCAL, and every v2 family other than TCP over
 * IPv4 or IPv6, of which neither addresses nor fields are read. The specification lets a receiver take those families and
 * text behind UNKNOWN; HAProxy 2.6 refuses both.
 */
export interface ProxyHeader {
  readonly version: 1 | 2;
  readonly local: boolean;
  readonly addresses: { readonly source: ProxyAddress; readonly destination: ProxyAddress } | null;
  readonly tlvs: readonly ProxyTlv[];
}

/** Why a connection's header was not taken, in the words of HAProxy's log. */
export const proxyHeaderReasons = {
  notHeader: "Received something which does not look like a PROXY protocol header",
  invalid: "Received an invalid PROXY protocol header",
  badProtocol: "Received an unhandled protocol in the PROXY protocol header",
  truncated: "Truncated PROXY protocol header received",
  empty: "Connection closed while waiting for PROXY protocol header",
  lost: "Connection error while waiting for PROXY protocol header",
  timeout: "Timeout while waiting for PROXY protocol header",
} as const;

/** `atLeast` is a total count from the first byte on, always more than was given. */
export type ProxyHeaderParse =
  | { readonly state: "need-more"; readonly atLeast: number }
  | { readonly state: "invalid"; readonly reason: string }
  | { readonly state: "header"; readonly header: ProxyHeader; readonly length: number };

/** Longest v1 line with its CR LF (proxy-protocol.txt, section 2.1). */
export const proxyV1MaxBytes = 107;
const v1Prefix = bytesOf("PROXY ");
const v2Signature = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const v2FixedBytes = 16;

/**
 * Reads a header at the start of `bytes`. Looks at nothing behind the header and keeps no reference into `bytes`.
 *
 * A header may come in any pieces: call again with everything so far once `atLeast` bytes are there. The answer to a
 * prefix never contradicts the answer to the whole, though what is no header may be so in other words. A v2 header longer than `maxBytes` (HAProxy: its buffer) is truncated.
 */
export function parseProxyHeader(bytes: Uint8Array, maxBytes = 16384): ProxyHeaderParse {
  if (startsLike(bytes, v1Prefix)) {
    return bytes.length < v1LeastBytes ? needMore(bytes.length + 1) : parseV1(bytes);
  }
  if (startsLike(bytes, v2Signature)) return parseV2(bytes, maxBytes);
  // Of what is no version 1 and too short for a version 2 HAProxy says so, and does not wait for more either.
  return invalid(bytes.length < v2FixedBytes ? proxyHeaderReasons.truncated : proxyHeaderReasons.notHeader);
}

/** Why bytes after which nothing comes are no header: they lack their end, or even the beginning names no protocol. */
export function truncationReason(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes.subarray(0, v1Prefix.length + "UNKNOWN\r\n".length));
  const isUnhandled = bytes.length >= v1LeastBytes && /^PROXY (?!TCP[46] |UNKNOWN\r\n)/.test(text);
  return isUnhandled ? proxyHeaderReasons.badProtocol : proxyHeaderReasons.truncated;
}

/** Of what is shorter HAProxy says only that it is too short. */
const v1LeastBytes = 9;

/** One of them is the beginning of the other. */
function startsLike(bytes: Uint8Array, prefix: Uint8Array): boolean {
  const length = Math.min(bytes.length, prefix.length);
  for (let index = 0; index < length; index++) if (bytes[index] !== prefix[index]) return false;
  return true;
}

function needMore(atLeast: number): ProxyHeaderParse {
  return { state: "need-more", atLeast };
}

function invalid(reason: string): ProxyHeaderParse {
  return { state: "invalid", reason };
}

/* PROXY TCP4|TCP6 SP source SP destination SP source-port SP destination-port CR LF
   PROXY UNKNOWN [anything] CR LF */
function parseV1(bytes: Uint8Array): ProxyHeaderParse {
  const end = bytes.subarray(0, proxyV1MaxBytes).indexOf(0x0a);
  if (end < 0) {
    return bytes.length < proxyV1MaxBytes ? needMore(bytes.length + 1) : invalid(proxyHeaderReasons.invalid);
  }
  if (bytes[end - 1] !== 0x0d) return invalid(proxyHeaderReasons.invalid);
  const line = String.fromCharCode(...bytes.subarray(v1Prefix.length, end - 1));
  const length = end + 1;
  if (line === "UNKNOWN" || line.startsWith("UNKNOWN ")) {
    return { state: "header", header: { version: 1, local: false, addresses: null, tlvs: [] }, length };
  }
  const fields = line.split(" ");
  const parse = fields[0] === "TCP4" ? parseIPv4 : fields[0] === "TCP6" ? parseIPv6 : null;
  if (parse === null) return invalid(proxyHeaderReasons.badProtocol);
  if (fields.length !== 5) return invalid(proxyHeaderReasons.invalid);
  const [, from = "", to = "", fromPort = "", toPort = ""] = fields;
  const source = readV1Address(parse, from, fromPort);
  const destination = readV1Address(parse, to, toPort);
  if (source === null || destination === null) return invalid(proxyHeaderReasons.invalid);
  return {
    state: "header",
    header: { version: 1, local: false, addresses: { source, destination }, tlvs: [] },
    length,
  };
}

function readV1Address(parse: (text: string) => Uint8Array | null, host: string, port: string): ProxyAddress | null {
  const bytes = parse(host);
  if (bytes === null || !/^(0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65535) return null;
  return { host: bytes.length === 4 ? formatIPv4(bytes) : formatIPv6(bytes), port: Number(port) };
}

/* 0  12  signature
   12  1  version 2 (high half), command: 0 LOCAL, 1 PROXY
   13  1  family (high half: 1 inet, 2 inet6, 3 unix), protocol (1 stream, 2 datagram)
   14  2  length of what follows
   16  n  addresses by family, then fields of 1 byte type, 2 bytes length, value */
function parseV2(bytes: Uint8Array, maxBytes: number): ProxyHeaderParse {
  if (bytes.length < v2FixedBytes) return needMore(v2FixedBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const command = view.getUint8(12);
  if (command >> 4 !== 2) return invalid(proxyHeaderReasons.notHeader);
  if (command !== 0x20 && command !== 0x21) return invalid(proxyHeaderReasons.invalid);
  const length = v2FixedBytes + view.getUint16(14);
  if (length > maxBytes) return invalid(proxyHeaderReasons.truncated);
  if (bytes.length < length) return needMore(length);
  const local = command === 0x20;
  const family = view.getUint8(13);
  const size = local ? 0 : family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0) return { state: "header", header: { version: 2, local, addresses: null, tlvs: [] }, length };
  const fieldsAt = v2FixedBytes + 2 * size + 4;
  if (length < fieldsAt) return invalid(proxyHeaderReasons.invalid);
  const format = size === 4 ? formatIPv4 : formatIPv6;
  const addresses = {
    source: { host: format(bytes, v2FixedBytes), port: view.getUint16(fieldsAt - 4) },
    destination: { host: format(bytes, v2FixedBytes + size), port: view.getUint16(fieldsAt - 2) },
  };
  const header = bytes.slice(0, length);
  const tlvs = readTlvs(header, fieldsAt);
  if (tlvs === null) return invalid(proxyHeaderReasons.invalid);
  return { state: "header", header: { version: 2, local, addresses, tlvs }, length };
}

/** The fields of a header that ends where `header` ends, or null: one reaches beyond it, is too long, or is a wrong or a second checksum. */
function readTlvs(header: Uint8Array, start: number): ProxyTlv[] | null {
  const tlvs: ProxyTlv[] = [];
  let at = start;
  let isChecked = false;
  while (at < header.length) {
    if (header.length - at < 3) return null;
    const type = header[at] ?? 0;
    const length = ((header[at + 1] ?? 0) << 8) | (header[at + 2] ?? 0);
    const value = header.subarray(at + 3, at + 3 + length);
    if (value.length < length) return null;
    // Each costs a look at the whole header.
    if (type === tlvTypes.crc32c && (isChecked || !checksumFits(header, at + 3, length))) return null;
    if (type === tlvTypes.crc32c) isChecked = true;
    if (type === tlvTypes.authority && length > 255) return null;
    if (type === tlvTypes.uniqueId && length > 128) return null;
    tlvs.push({ type, value });
    at += 3 + length;
  }
  return tlvs;
}

/** The checksum is that of the whole header with the checksum's own bytes zero. */
function checksumFits(header: Uint8Array, at: number, length: number): boolean {
  if (length !== 4) return false;
  const copy = header.slice();
  copy.fill(0, at, at + 4);
  return crc32c(copy) === new DataView(header.buffer, header.byteOffset).getUint32(at);
}

/** A v1 line. Ends of different families, or null (unknown), give `PROXY UNKNOWN`, as HAProxy does. */
export function formatProxyV1(source: ProxyAddress | null, destination: ProxyAddress | null): Uint8Array {
  if (source !== null && destination !== null) {
    for (const [word, parse] of [["TCP4", parseIPv4] as const, ["TCP6", parseIPv6] as const]) {
      if (parse(source.host) === null || parse(destination.host) === null) continue;
      return bytesOf(`PROXY ${word} ${source.host} ${destination.host} ${source.port} ${destination.port}\r\n`);
    }
  }
  return bytesOf("PROXY UNKNOWN\r\n");
}

/** What goes into a v2 header. `checksum` puts a CRC-32C field before `tlvs`; their order is kept. */
export interface ProxyV2Content {
  /** LOCAL: a connection of our own, such as a check. */
  readonly local: boolean;
  readonly source: ProxyAddress | null;
  readonly destination: ProxyAddress | null;
  readonly checksum: boolean;
  readonly tlvs: readonly ProxyTlv[];
}

/**
 * A v2 header.
 *
 * Ends of different families are both written as IPv6 (v4 mapped), as HAProxy does; an end that is not an IP address makes the
 * header LOCAL without addresses. A field that would carry the header past 65535 bytes is left out whole.
 */
export function formatProxyV2(content: ProxyV2Content): Uint8Array {
  const ends = content.source && content.destination ? encodeEnds(content.source, content.destination) : null;
  const fixed = v2FixedBytes + (ends?.bytes.length ?? 0);
  let room = 0xffff + v2FixedBytes - fixed - (content.checksum ? 7 : 0);
  const tlvs = content.tlvs.filter((tlv) => {
    if (3 + tlv.value.length > room) return false;
    room -= 3 + tlv.value.length;
    return true;
  });
  if (content.checksum) tlvs.unshift({ type: tlvTypes.crc32c, value: new Uint8Array(4) });
  const header = new Uint8Array(tlvs.reduce((sum, tlv) => sum + 3 + tlv.value.length, fixed));
  const view = new DataView(header.buffer);
  header.set(v2Signature);
  view.setUint8(12, content.local || ends === null ? 0x20 : 0x21);
  view.setUint8(13, ends?.family ?? 0);
  view.setUint16(14, header.length - v2FixedBytes);
  if (ends !== null) header.set(ends.bytes, v2FixedBytes);
  let at = fixed;
  for (const tlv of tlvs) {
    view.setUint8(at, tlv.type);
    view.setUint16(at + 1, tlv.value.length);
    header.set(tlv.value, at + 3);
    at += 3 + tlv.value.length;
  }
  if (content.checksum) view.setUint32(fixed + 3, crc32c(header));
  return header;
}

/** Both addresses and ports as they stand in a v2 header, with their family byte; null when one is not an IP address. */
function encodeEnds(source: ProxyAddress, destination: ProxyAddress): { family: number; bytes: Uint8Array } | null {
  let from = parseIPv4(source.host);
  let to = parseIPv4(destination.host);
  if (from === null || to === null) {
    from = from === null ? parseIPv6(source.host) : mapped(from);
    to = to === null ? parseIPv6(destination.host) : mapped(to);
  }
  if (from === null || to === null) return null;
  const bytes = new Uint8Array(2 * from.length + 4);
  bytes.set(from, 0);
  bytes.set(to, from.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(2 * from.length, source.port);
  view.setUint16(2 * from.length + 2, destination.port);
  return { family: from.length === 4 ? 0x11 : 0x21, bytes };
}

function mapped(quad: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff], 10);
  bytes.set(quad, 12);
  return bytes;
}

/** Types of what a field about TLS has within (proxy-protocol.txt, section 2.2.6). */
const sslTypes = {
  version: 0x21,
  commonName: 0x22,
  cipher: 0x23,
  signatureAlgorithm: 0x24,
  keyAlgorithm: 0x25,
} as const;

/** What a field tells of a client's TLS; texts have one character per byte, and what is null or empty is not told. */
export interface ProxySslContent {
  /** It spoke TLS. */
  readonly isTls: boolean;
  /** It showed a certificate in this handshake, and in this or the one that is resumed. */
  readonly hasShownCertificate: boolean;
  readonly hasCertificate: boolean;
  /** 0: the certificate is trusted, or there is none; else X509_V_ERR's number of why not. */
  readonly verify: number;
  readonly version: string | null;
  readonly commonName: string | null;
  /** Of the certificate that it was shown: `EC256`, `ecdsa-with-SHA256`. */
  readonly keyAlgorithm: string | null;
  readonly signatureAlgorithm: string | null;
  readonly cipher: string | null;
}

/**
 * The field about TLS, with what it has within in HAProxy's order.
 *
 * 0 1 what the client has (1 TLS, 2 a certificate in this connection, 4 in this session), 1 4 verify, then fields as in the header
 */
export function formatSslTlv(content: ProxySslContent): ProxyTlv {
  const texts = [
    [sslTypes.version, content.version],
    [sslTypes.commonName, content.commonName],
    [sslTypes.keyAlgorithm, content.keyAlgorithm],
    [sslTypes.signatureAlgorithm, content.signatureAlgorithm],
    [sslTypes.cipher, content.cipher],
  ] as const;
  const flags = (content.isTls ? 1 : 0) | (content.hasShownCertificate ? 2 : 0) | (content.hasCertificate ? 4 : 0);
  const bytes = [flags, ...[24, 16, 8, 0].map((shift) => (content.verify >>> shift) & 0xff)];
  const parts: Uint8Array[] = [Uint8Array.from(bytes)];
  for (const [type, text] of texts) {
    if (text === null || text === "" || text.length > 0xffff) continue;
    parts.push(Uint8Array.of(type, text.length >> 8, text.length & 0xff), bytesOf(text));
  }
  return { type: tlvTypes.ssl, value: new Uint8Array(Buffer.concat(parts)) };
}
