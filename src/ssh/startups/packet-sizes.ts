/** How large packets are once there are keys: what they carry is hidden, how much they carry is not (RFC 4253, section 6). */
import { uint32 } from "../../wire/ssh/packet.ts";

/** What tells the sizes of one direction's packets. All of them are of whole packets, MAC included. */
export interface PacketSizes {
  /** Each packet begins with its length in the clear. */
  readonly isLengthClear: boolean;
  /** What follows a packet's padding. */
  readonly macBytes: number;
  /** Of one that carries a single byte; nothing is smaller. */
  readonly least: number;
  /** The same of software that keeps to the RFC's 16 bytes at least; equal to `least` where the cipher's blocks see to that. */
  readonly leastByRule: number;
  /** SSH_MSG_SERVICE_ACCEPT of "ssh-userauth", which carries 17 bytes. */
  readonly accept: number;
}

interface Cipher {
  readonly block: number;
  /** Of one that needs no MAC beside it; 0: it does. */
  readonly tagBytes: number;
  /** Its packets' lengths are in the clear, whatever the MAC. */
  readonly isLengthClear: boolean;
}

function block(bytes: number): Cipher {
  return { block: bytes, tagBytes: 0, isLengthClear: false };
}

const gcm: Cipher = { block: 16, tagBytes: 16, isLengthClear: true };
const chacha: Cipher = { block: 8, tagBytes: 16, isLengthClear: false };

/** By how their names begin. */
const ciphers: readonly (readonly [start: string, cipher: Cipher])[] = [
  ["chacha20-poly1305", chacha],
  ["aes128-gcm", gcm],
  ["aes256-gcm", gcm],
  ["AEAD_AES_", gcm],
  ["aes", block(16)],
  ["rijndael-cbc", block(16)],
  ["camellia", block(16)],
  ["twofish", block(16)],
  ["serpent", block(16)],
  ["3des-", block(8)],
  ["blowfish-", block(8)],
  ["cast128-", block(8)],
  ["arcfour", block(8)],
];

const macBytes: ReadonlyMap<string, number> = new Map([
  ["hmac-md5", 16],
  ["hmac-md5-96", 12],
  ["hmac-sha1", 20],
  ["hmac-sha1-96", 12],
  ["hmac-sha2-256", 32],
  ["hmac-sha2-512", 64],
  ["hmac-ripemd160", 20],
  ["umac-64", 8],
  ["umac-128", 16],
]);

/** With these algorithms, as a choice names them; null: they hide sizes, or are not known. */
export function packetSizes(cipher: string, mac: string, compression: string): PacketSizes | null {
  // `zlib@openssh.com` begins when authentication is over.
  if (compression !== "none" && compression !== "zlib@openssh.com") return null;
  const known = ciphers.find(([start]) => cipher.startsWith(start))?.[1];
  if (known === undefined) return null;
  const isEtm = mac.includes("-etm@");
  const bytes = known.tagBytes > 0 ? known.tagBytes : macBytes.get(mac.replace(/(?:-etm)?(?:@.*)?$/, ""));
  if (bytes === undefined) return null;
  // What goes by itself, in front of what is a multiple of the block.
  const apart = known.tagBytes > 0 || isEtm ? 4 : 0;
  const whole = (payload: number, atLeast: number): number => {
    const filled = 4 - apart + 1 + payload + 4;
    const body = Math.max(Math.ceil(filled / known.block), Math.ceil((atLeast - apart) / known.block)) * known.block;
    return apart + body + bytes;
  };
  return {
    isLengthClear: known.isLengthClear || (known.tagBytes === 0 && isEtm),
    macBytes: bytes,
    least: whole(1, 0),
    leastByRule: whole(1, 16),
    accept: whole(17, 16),
  };
}

/** Where the packet at `at` ends, whose length is in the clear and of which four bytes are there; -1: none begins so. */
export function clearPacketEnd(bytes: Uint8Array, at: number, sizes: PacketSizes): number {
  const length = uint32(bytes, at);
  return length < 8 || length > mostBytes ? -1 : at + 4 + length + sizes.macBytes;
}

/** OpenSSH takes packets of 256 KiB. */
const mostBytes = 256 * 1024;
