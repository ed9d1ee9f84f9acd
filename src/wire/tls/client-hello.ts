/** What a TLS client offers in its first message, as lists that make a fingerprint of it. */

/** Lists as on the wire, all together no longer than was asked for. */
export interface OfferedLists {
  /** Of the message itself: 0x0303 in TLS 1.2 and 1.3. */
  readonly version: number;
  /** Two bytes each: cipher suites, types of extensions, supported groups. */
  readonly ciphers: Uint8Array;
  readonly extensions: Uint8Array;
  readonly groups: Uint8Array;
  /** One byte each. */
  readonly pointFormats: Uint8Array;
  /** All that the client offers, however long. */
  readonly allCiphers: Uint8Array;
}

const extensionTypes = { supportedGroups: 10, pointFormats: 11 } as const;

/**
 * Reads a ClientHello without its record headers. Ciphers, extensions, groups and point formats, in this order, share `maxBytes`:
 * what does not fit is cut off. Null: it is none. A list of which the length is wrong ends the reading; what was read stands.
 *
 * 0 1 type 1, 1 3 length, 4 2 version, 6 32 random, 38 1+n session, 2+n ciphers, 1+n compressions, 2+n extensions
 */
export function readOfferedLists(message: Uint8Array, maxBytes: number): OfferedLists | null {
  const sessionAt = 38;
  const ciphersAt = sessionAt + 1 + (message[sessionAt] ?? 0) + 2;
  const ciphersEnd = ciphersAt + uint16(message, ciphersAt - 2);
  if (message[0] !== 1 || ciphersEnd > message.length) return null;
  const allCiphers = message.subarray(ciphersAt, ciphersEnd);
  const offered = readExtensions(message, ciphersEnd + 1 + (message[ciphersEnd] ?? 0));
  let room = maxBytes;
  const cut = (list: Uint8Array): Uint8Array => {
    const part = list.subarray(0, room);
    room -= part.length;
    return part;
  };
  const version = uint16(message, 4);
  const ciphers = cut(allCiphers);
  // No half of a type.
  const extensions = cut(offered.types.subarray(0, room - (room % 2)));
  return { version, ciphers, extensions, groups: cut(offered.groups), pointFormats: cut(offered.formats), allCiphers };
}

interface OfferedExtensions {
  readonly types: Uint8Array;
  readonly groups: Uint8Array;
  readonly formats: Uint8Array;
}

const nothing = new Uint8Array();

function readExtensions(message: Uint8Array, lengthAt: number): OfferedExtensions {
  const types: number[] = [];
  let groups = nothing;
  let formats = nothing;
  const end = lengthAt + 2 + uint16(message, lengthAt);
  for (let at = lengthAt + 2; end <= message.length && at + 4 <= end;) {
    const type = uint16(message, at);
    const data = message.subarray(at + 4, at + 4 + uint16(message, at + 2));
    if (at + 4 + uint16(message, at + 2) > end) break;
    types.push(type >> 8, type & 0xff);
    at += 4 + data.length;
    if (type === extensionTypes.supportedGroups) {
      const list = listBehind(data, 2);
      if (list === null) break;
      groups = list;
    } else if (type === extensionTypes.pointFormats) {
      const list = listBehind(data, 1);
      if (list === null) break;
      formats = list;
    }
  }
  return { types: Uint8Array.from(types), groups, formats };
}

/** What stands behind its length of so many bytes; null: that length is wrong. */
function listBehind(data: Uint8Array, lengthBytes: 1 | 2): Uint8Array<ArrayBuffer> | null {
  const length = lengthBytes === 2 ? uint16(data, 0) : (data[0] ?? 0);
  return data.length < lengthBytes + length ? null : data.slice(lengthBytes, lengthBytes + length);
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** A list of two bytes each without the values that clients put in to keep servers tolerant (RFC 8701). */
export function withoutGrease(list: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const [first = 0, second] = list.subarray(at, at + 2);
    if (second === undefined) kept.push(first);
    else if (first !== second || (first & 0x0f) !== 0x0a) kept.push(first, second);
  }
  return Uint8Array.from(kept);
}
