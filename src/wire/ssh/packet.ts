/** Packets before there are keys (RFC 4253, section 6): no MAC, and nothing is hidden. */

/** The messages that may come before the first keys. */
export const sshMessages = { disconnect: 1, ignore: 2, unimplemented: 3, debug: 4, kexInit: 20, newKeys: 21 } as const;

/** Most that a packet's length may say: what every implementation must take (section 6.1). */
export const sshPacketMostBytes = 35_000;
/** A padding's length, a message's number and four bytes of padding. */
const leastBytes = 6;

/**
 * The message that the packet at `at` carries, as soon as six of its bytes are there; -1: they are not yet; -2: no packet begins so.
 *
 * ```text
 * 0 4  length of what follows
 * 4 1  length of the padding
 * 5 n  payload, which begins with the message's number
 *      padding
 * ```
 */
export function sshMessageAt(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 4) return -1;
  const length = uint32(bytes, at);
  if (length < leastBytes || length > sshPacketMostBytes) return -2;
  if (end - at < 6) return -1;
  return (bytes[at + 4] ?? 0) + 2 > length ? -2 : (bytes[at + 5] ?? 0);
}

/** Where a packet ends, of which four bytes are there at least. */
export function sshPacketEnd(bytes: Uint8Array, at: number): number {
  return at + 4 + uint32(bytes, at);
}

/** Puts a payload into a packet: at least 4 bytes of padding, the whole a multiple of 8. */
export function formatSshPacket(payload: Uint8Array): Uint8Array {
  const padding = 4 + ((8 - ((5 + payload.length + 4) % 8)) % 8);
  const packet = new Uint8Array(5 + payload.length + padding);
  const view = new DataView(packet.buffer);
  view.setUint32(0, packet.length - 4);
  view.setUint8(4, padding);
  packet.set(payload, 5);
  return packet;
}

/** A number of four bytes; what is not there counts as zeros. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
