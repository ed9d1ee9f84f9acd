/** The clear-text start of a TLS connection: what a ClientHello or ServerHello says before anything is encrypted. */

/** What a hello says. Versions as on the wire, 0x0303 for TLS 1.2. */
export interface TlsHello {
  /** Handshake type: 1 ClientHello, 2 ServerHello. */
  readonly type: number;
  /** Of the record layer and of the hello itself (`req.ssl_ver`; in TLS 1.3 both stay below 0x0304). */
  readonly recordVersion: number;
  readonly version: number;
  /** Extensions in order; empty when there are none or their lengths do not fit. */
  readonly extensions: readonly { readonly type: number; readonly data: Uint8Array }[];
}

/** `atLeast` is a total count, always more than was given. "none": this does not begin like TLS. */
export type TlsHelloParse =
  | { readonly state: "need-more"; readonly atLeast: number }
  | { readonly state: "none" }
  | { readonly state: "hello"; readonly hello: TlsHello };

const extensionTypes = { serverName: 0, supportedGroups: 10, alpn: 16, sessionTicket: 35 } as const;
const none: TlsHelloParse = { state: "none" };

/**
 * Reads the first handshake message, once it is whole, from the records it may be spread over.
 *
 * Looks at nothing behind that message. A message that would need more than `maxBytes` with its records is none.
 * Record: 0 1 type 0x16, 1 2 version, 3 2 length; message: 0 1 type, 1 3 length, then 2 version, 32 random, …
 */
export function parseTlsHello(bytes: Uint8Array, maxBytes = 16384): TlsHelloParse {
  if (bytes.length > 0 && bytes[0] !== 0x16) return none;
  if (bytes.length > 1 && bytes[1] !== 3) return none;
  if (bytes.length < 5) return needMore(bytes.length + 1, maxBytes);
  const recordVersion = uint16(bytes, 1);
  const gathered = gather(bytes, maxBytes);
  if (!(gathered instanceof Uint8Array)) return gathered;
  const type = gathered[0] ?? 0;
  if (type !== 1 && type !== 2) return none;
  if (gathered.length < 6) return none;
  const extensions = readExtensions(gathered, type);
  return { state: "hello", hello: { type, recordVersion, version: uint16(gathered, 4), extensions } };
}

/** The first handshake message, joined; or what to answer without it. One pass over the records, however many there are. */
function gather(bytes: Uint8Array, maxBytes: number): Uint8Array | TlsHelloParse {
  const pieces: Uint8Array[] = [];
  let have = 0;
  let wanted: number | null = null;
  let at = 0;
  for (;;) {
    if (bytes.length > at && bytes[at] !== 0x16) return none;
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return none;
    if (bytes.length < at + 5) return needMore(at + 5 + (wanted === null ? 0 : wanted - have), maxBytes);
    const length = uint16(bytes, at + 3);
    if (length === 0 || length > 16384 + 256) return none;
    const piece = bytes.subarray(at + 5, at + 5 + length);
    pieces.push(piece);
    have += piece.length;
    if (wanted === null && have >= 4) wanted = messageBytes(join(pieces, 4));
    // Where the message ends at the earliest: in this record, if it is long enough.
    const endsAt = wanted === null ? bytes.length + 1 : at + 5 + wanted - (have - piece.length);
    if (wanted !== null && endsAt > maxBytes) return none;
    if (wanted !== null && have >= wanted) return join(pieces, wanted);
    if (piece.length < length) return needMore(Math.max(bytes.length + 1, Math.min(endsAt, at + 5 + length)), maxBytes);
    at += 5 + length;
  }
}

/** Length of a handshake message, its 4 bytes of header included. */
function messageBytes(header: Uint8Array): number {
  return 4 + ((header[1] ?? 0) << 16) + uint16(header, 2);
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(0, length - at);
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function needMore(atLeast: number, maxBytes: number): TlsHelloParse {
  return atLeast > maxBytes ? none : { state: "need-more", atLeast };
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/* 4 2 version, 6 32 random, 38 1+n session id, then for a client 2+n ciphers and 1+n compressions, for a server 2 and 1,
   then 2 length of extensions, each 2 type, 2 length, value */
function readExtensions(message: Uint8Array, type: number): TlsHello["extensions"] {
  let at = 38;
  at += 1 + (message[at] ?? 0);
  if (type === 1) {
    at += 2 + uint16(message, at);
    at += 1 + (message[at] ?? 0);
  } else {
    at += 3;
  }
  if (at + 2 > message.length) return [];
  const end = at + 2 + uint16(message, at);
  if (end > message.length) return [];
  const extensions: { type: number; data: Uint8Array }[] = [];
  at += 2;
  while (at < end) {
    const length = uint16(message, at + 2);
    if (at + 4 > end || at + 4 + length > end) return [];
    extensions.push({ type: uint16(message, at), data: message.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return extensions;
}

function extension(hello: TlsHello, type: number): Uint8Array | null {
  return hello.extensions.find((one) => one.type === type)?.data ?? null;
}

/** The name a client asks for (RFC 6066, section 3), one character per byte; null: none. Not checked to be a host name. */
export function serverName(hello: TlsHello): string | null {
  const data = extension(hello, extensionTypes.serverName);
  if (data === null || hello.type !== 1) return null;
  const end = Math.min(data.length, 2 + uint16(data, 0));
  for (let at = 2; at + 3 <= end; at += 3 + uint16(data, at + 1)) {
    const name = data.subarray(at + 3, at + 3 + uint16(data, at + 1));
    if (data[at] !== 0) continue;
    if (at + 3 + uint16(data, at + 1) > end) return null;
    return String.fromCharCode(...name.subarray(0, 255));
  }
  return null;
}

/** Protocols a client offers (RFC 7301), in its order, one character per byte. */
export function offeredProtocols(hello: TlsHello): string[] {
  const data = extension(hello, extensionTypes.alpn);
  const names: string[] = [];
  if (data === null) return names;
  const end = Math.min(data.length, 2 + uint16(data, 0));
  for (let at = 2; at < end; at += 1 + (data[at] ?? 0)) {
    if (at + 1 + (data[at] ?? 0) > end) return names;
    names.push(String.fromCharCode(...data.subarray(at + 1, at + 1 + (data[at] ?? 0))));
  }
  return names;
}

/** Whether the hello names supported groups (`req.ssl_ec_ext`). */
export function hasSupportedGroups(hello: TlsHello): boolean {
  return extension(hello, extensionTypes.supportedGroups) !== null;
}

/** `req.ssl_st_ext`: 0 no session ticket extension, 1 an empty one, 2 one with a ticket. */
export function sessionTicketState(hello: TlsHello): 0 | 1 | 2 {
  const data = extension(hello, extensionTypes.sessionTicket);
  return data === null ? 0 : data.length === 0 ? 1 : 2;
}
