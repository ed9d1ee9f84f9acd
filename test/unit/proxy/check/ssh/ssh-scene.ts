/** What SSH servers say to checks, for tests. */
import type { SshOffer } from "../../../../../src/ssh-facts.ts";
import type { SshHeard } from "../../../../../src/proxy/check/ssh/heard.ts";
import { latin1 } from "../../../../../src/wire/latin1.ts";
import { readSshIdentification } from "../../../../../src/wire/ssh/identification.ts";
import { formatClientKexInit } from "../../../../../src/wire/ssh/kex/client-offer.ts";
import { KexInit } from "../../../../../src/wire/ssh/kexinit.ts";
import { formatSshPacket } from "../../../../../src/wire/ssh/packet.ts";

const lists = {
  keyExchange: ["curve25519-sha256", "kex-strict-s-v00@openssh.com"],
  hostKey: ["rsa-sha2-512", "ssh-ed25519"],
  ciphers: ["aes128-ctr", "3des-cbc"],
  macs: ["hmac-sha2-256"],
  compression: ["none"],
};

/** A packet with such lists, one character a byte. */
export function kexInitPacket(some: Partial<typeof lists> = {}): string {
  return latin1(formatSshPacket(formatClientKexInit({ ...lists, ...some }, new Uint8Array(16))));
}

/** A server that says so and, towards clients, lists other ciphers where they are given. */
export function heard(line: string, identMs = 1, toClient?: string): SshHeard {
  const { keyExchange, hostKey, ciphers, macs, compression } = lists;
  const fields = [keyExchange, hostKey, ciphers, toClient?.split(",") ?? ciphers, macs, macs, compression, compression];
  const offer: SshOffer = new KexInit(
    "server",
    fields.map((one) => one.join(",")),
    String(fields),
    false,
  );
  const identification = readSshIdentification(line);
  if (identification === null) throw new Error(`${line} is no identification`);
  return { identification, offer, identMs };
}
