/** What a connection's first bytes tell. */

/** How every identification line begins (RFC 4253, section 4.2). */
const start = [0x53, 0x53, 0x48, 0x2d] as const;

/** So many bytes decide. */
export const decidingBytes = start.length;

/** Whether a client's bytes are those of one that speaks SSH, for it may say nothing before its line; null: there are too few to tell. */
export function beginsSsh(bytes: Uint8Array): boolean | null {
  for (const [index, expected] of start.entries()) {
    const byte = bytes[index];
    if (byte === undefined) return null;
    if (byte !== expected) return false;
  }
  return true;
}
