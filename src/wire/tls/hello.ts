/** The clear-text start of a TLS connection: what a ClientHello or ServerHello says before anything is encrypted. */

/** What a hello says. Versions as on the wire, 0x0303 for TLS 1.2. */
export interface TlsHello {
  /** Handshake type: 1 ClientHello, 2 ServerHello. */
  readonly type: number;
  /** Of the record layer and of the hello itself (`req.ssl_ver`; in TLS 1.3 both stay below 0x0304). */
  readonly recordVersion: number;
  readonly version: number;
  /** The whole message, without its record headers; kept for as long as this is. */
  readonly message: Uint8Array;
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
 * Looks at nothing behind that message. A message that would need more than `maxBytes` with its records is none. Each
 * record is looked at once, in however many pieces they come.
 * Record: 0 1 type 0x16, 1 2 version, 3 2 length; message: 0 1 type, 1 3 length, then 2 version, 32 random, …
 */
export class TlsHelloReader {
  #answer: TlsHelloParse | null = null;
  /** Where the record begins that is not whole yet, and what of the message the ones before it hold. */
  #at = 0;
  #have = 0;
  readonly #pieces: { readonly start: number; readonly end: number }[] = [];
  /** Length of the message; null while its header is not whole. */
  #wanted: number | null = null;

  constructor(readonly maxBytes = 16384) {}

  /** Goes on with `bytes`, which begin with those of the call before. */
  read(bytes: Uint8Array): TlsHelloParse {
    if (this.#answer !== null) return this.#answer;
    const gathered = this.#gather(bytes);
    if (gathered instanceof Uint8Array) this.#answer = readHello(gathered, uint16(bytes, 1));
    else if (gathered.state !== "need-more") this.#answer = gathered;
    else return gathered;
    return this.#answer;
  }

  /** The message, joined; or what to answer without it. */
  #gather(bytes: Uint8Array): Uint8Array | TlsHelloParse {
    for (;;) {
      const at = this.#at;
      if (bytes.length > at && bytes[at] !== 0x16) return none;
      if (bytes.length > at + 1 && bytes[at + 1] !== 3) return none;
      if (bytes.length < at + 5) {
        if (at === 0) return needMore(bytes.length + 1, this.maxBytes);
        return needMore(at + 5 + (this.#wanted === null ? 0 : this.#wanted - this.#have), this.maxBytes);
      }
      const length = uint16(bytes, at + 3);
      if (length === 0 || length > 16384 + 256) return none;
      const piece = { start: at + 5, end: Math.min(at + 5 + length, bytes.length) };
      const have = this.#have + piece.end - piece.start;
      if (this.#wanted === null && have >= 4) this.#wanted = messageBytes(join(bytes, [...this.#pieces, piece], 4));
      const wanted = this.#wanted;
      // Where the message ends at the earliest: in this record, if it is long enough.
      const endsAt = wanted === null ? bytes.length + 1 : at + 5 + wanted - this.#have;
      if (wanted !== null && endsAt > this.maxBytes) return none;
      if (wanted !== null && have >= wanted) return join(bytes, [...this.#pieces, piece], wanted);
      if (piece.end < at + 5 + length) {
        return needMore(Math.max(bytes.length + 1, Math.min(endsAt, at + 5 + length)), this.maxBytes);
      }
      this.#pieces.push(piece);
      this.#have = have;
      this.#at = piece.end;
    }
  }
}

/** Reads bytes that have come in one piece; as TlsHelloReader. */
export function parseTlsHello(bytes: Uint8Array, maxBytes?: number): TlsHelloParse {
  return new TlsHelloReader(maxBytes).read(bytes);
}

function readHello(message: Uint8Array, recordVersion: number): TlsHelloParse {
  const type = message[0] ?? 0;
  if ((type !== 1 && type !== 2) || message.length < 6) return none;
  const extensions = readExtensions(message, type);
  return { state: "hello", hello: { type, recordVersion, version: uint16(message, 4), message, extensions } };
}

/** Length of a handshake message, its 4 bytes of header included. */
function messageBytes(header: Uint8Array): number {
  return 4 + ((header[1] ?? 0) << 16) + uint16(header, 2);
}

/** The first `length` bytes of the pieces of `bytes`. */
function join(
  bytes: Uint8Array,
  pieces: readonly { readonly start: number; readonly end: number }[],
  length: number,
): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const { start, end } of pieces) {
    const part = bytes.subarray(start, Math.min(end, start + length - at));
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

/** Most of them nobody looks at: a view of each would cost more than all the rest. */
class Extension {
  constructor(
    readonly type: number,
    private readonly message: Uint8Array,
    private readonly start: number,
    private readonly length: number,
  ) {}

  get data(): Uint8Array {
    return this.message.subarray(this.start, this.start + this.length);
  }
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
  const extensions: Extension[] = [];
  at += 2;
  while (at < end) {
    const length = uint16(message, at + 2);
    if (at + 4 > end || at + 4 + length > end) return [];
    extensions.push(new Extension(uint16(message, at), message, at + 4, length));
    at += 4 + length;
  }
  return extensions;
}

/** The value of the first extension of a type; null: there is none. */
export function extensionOf(hello: Pick<TlsHello, "extensions">, type: number): Uint8Array | null {
  return hello.extensions.find((one) => one.type === type)?.data ?? null;
}

/** The name a client asks for (RFC 6066, section 3), one character per byte; null: none. Not checked to be a host name. */
export function serverName(hello: TlsHello): string | null {
  const data = extensionOf(hello, extensionTypes.serverName);
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
  const data = extensionOf(hello, extensionTypes.alpn);
  const names: string[] = [];
  if (data === null) return names;
  const end = Math.min(data.length, 2 + uint16(data, 0));
  for (let at = 2; at < end; at += 1 + (data[at] ?? 0)) {
    if (at + 1 + (data[at] ?? 0) > end) return names;
    names.push(String.fromCharCode(...data.subarray(at + 1, at + 1 + (data[at] ?? 0))));
  }
  return names;
}

/** Cipher suites that a client offers, in its order: two bytes each, as on the wire. Empty where their length does not fit. */
export function offeredCiphers({ type, message }: Pick<TlsHello, "type" | "message">): Uint8Array {
  const at = 39 + (message[38] ?? 0);
  const end = at + 2 + uint16(message, at);
  return type === 1 && end <= message.length ? message.subarray(at + 2, end) : message.subarray(0, 0);
}

/** Whether the hello names supported groups (`req.ssl_ec_ext`). */
export function hasSupportedGroups(hello: TlsHello): boolean {
  return extensionOf(hello, extensionTypes.supportedGroups) !== null;
}

/** `req.ssl_st_ext`: 0 no session ticket extension, 1 an empty one, 2 one with a ticket. */
export function sessionTicketState(hello: TlsHello): 0 | 1 | 2 {
  const data = extensionOf(hello, extensionTypes.sessionTicket);
  return data === null ? 0 : data.length === 0 ? 1 : 2;
}
