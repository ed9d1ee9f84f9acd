/** Sizes of packets with the algorithms that are met: the smallest, and the answer to a client's first request, as clients and servers were seen to send them. */
import { expect, test } from "bun:test";
import { clearPacketEnd, packetSizes } from "../../../../src/ssh/startups/packet-sizes.ts";

const seen: readonly (readonly [
  cipher: string,
  mac: string,
  clear: boolean,
  least: number,
  byRule: number,
  accept: number,
])[] = [
  // OpenSSH's smallest; dropbear's are of 36 bytes.
  ["chacha20-poly1305@openssh.com", "implicit", false, 28, 36, 44],
  ["aes128-gcm@openssh.com", "implicit", true, 36, 36, 52],
  ["aes256-gcm@openssh.com", "umac-64-etm@openssh.com", true, 36, 36, 52],
  ["aes128-ctr", "hmac-sha2-256", false, 48, 48, 64],
  ["aes128-ctr", "hmac-sha2-256-etm@openssh.com", true, 52, 52, 68],
  ["aes256-cbc", "hmac-sha2-512-etm@openssh.com", true, 84, 84, 100],
  ["aes256-ctr", "umac-64@openssh.com", false, 24, 24, 40],
  ["rijndael-cbc@lysator.liu.se", "hmac-md5-96", false, 28, 28, 44],
  ["3des-cbc", "hmac-sha1", false, 36, 36, 52],
  ["blowfish-cbc", "umac-128-etm@openssh.com", true, 28, 36, 44],
];

test("sizes are those that are seen", () => {
  for (const [cipher, mac, isLengthClear, least, leastByRule, accept] of seen) {
    expect([cipher, packetSizes(cipher, mac, "none")]).toMatchObject([
      cipher,
      { isLengthClear, least, leastByRule, accept },
    ]);
  }
});

test("what is not known, or hides sizes, tells nothing", () => {
  expect(packetSizes("aes128-ctr", "hmac-sha2-256", "zlib@openssh.com")).not.toBeNull();
  expect(packetSizes("aes128-ctr", "hmac-sha2-256", "zlib")).toBeNull();
  expect(packetSizes("aes128-ctr", "", "none")).toBeNull();
  expect(packetSizes("aes128-ctr", "constructor", "none")).toBeNull();
  expect(packetSizes("none", "hmac-sha2-256", "none")).toBeNull();
  expect(packetSizes("", "implicit", "none")).toBeNull();
});

test("a packet ends behind its MAC, and none is larger than OpenSSH takes", () => {
  const sizes = packetSizes("aes128-gcm@openssh.com", "implicit", "none");
  if (sizes === null) throw new Error("none");
  expect(clearPacketEnd(new Uint8Array([9, 0, 0, 0, 16]), 1, sizes)).toBe(1 + 4 + 16 + 16);
  expect(clearPacketEnd(new Uint8Array([0, 4, 0, 1]), 0, sizes)).toBe(-1);
  expect(clearPacketEnd(new Uint8Array([0, 0, 0, 0]), 0, sizes)).toBe(-1);
});
