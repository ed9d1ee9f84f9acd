/** Bytes as SSH software sends them before there are keys. */
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** What a KEXINIT says. */
export interface Lists {
  readonly kex: string;
  readonly hostKey: string;
  readonly ciphers: string;
  readonly macs: string;
  readonly compression: string;
  /** Towards the client, where that is something else. */
  readonly toClient?: { readonly ciphers: string; readonly macs: string; readonly compression: string };
  readonly languages?: string;
  readonly follows?: boolean;
}

/** Its payload, with a cookie of its own each time. */
export function kexInitPayload(lists: Lists): Uint8Array {
  const { ciphers, macs, compression } = lists.toClient ?? lists;
  const { languages = "" } = lists;
  const texts = [lists.kex, lists.hostKey, lists.ciphers, ciphers, lists.macs, macs, lists.compression, compression];
  const pieces = [...texts, languages, languages].map((text) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length);
    return joined(length, bytes(text));
  });
  const cookie = crypto.getRandomValues(new Uint8Array(16));
  return joined(Uint8Array.of(20), cookie, ...pieces, Uint8Array.of(lists.follows === true ? 1 : 0, 0, 0, 0, 0));
}

export function kexInit(lists: Lists): Uint8Array {
  return formatSshPacket(kexInitPayload(lists));
}

const oldKexStart =
  "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512";
const oldKex = `${oldKexStart},diffie-hellman-group14-sha256,diffie-hellman-group14-sha1`;
const ciphers =
  "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com";
const macs =
  "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1";
const hostKeys =
  "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256";
const newKex =
  "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521";

/** OpenSSH of before 2019, whose HASSHs are public vectors. */
export const openSsh7 = {
  client: {
    kex: `${oldKex},ext-info-c`,
    hostKey: `${hostKeys},ssh-rsa`,
    ciphers,
    macs,
    compression: "none,zlib@openssh.com,zlib",
  },
  server: {
    kex: oldKex,
    hostKey: "ssh-rsa,rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
    ciphers,
    macs,
    compression: "none,zlib@openssh.com",
  },
} satisfies { readonly client: Lists; readonly server: Lists };

/** OpenSSH of 2025: ML-KEM and strict key exchange on both sides. */
export const openSsh10 = {
  client: {
    kex: `${newKex},ext-info-c,kex-strict-c-v00@openssh.com`,
    hostKey: hostKeys,
    ciphers,
    macs,
    compression: "none,zlib@openssh.com",
  },
  server: {
    kex: `${newKex},ext-info-s,kex-strict-s-v00@openssh.com`,
    hostKey: "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
    ciphers,
    macs,
    compression: "none,zlib@openssh.com",
  },
} satisfies { readonly client: Lists; readonly server: Lists };

/** Dropbear of 2022, either side. */
export const dropbear: Lists = {
  kex: "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,kexguess2@matt.ucc.asn.au",
  hostKey: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,ssh-rsa,ssh-dss",
  ciphers: "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
  macs: "hmac-sha1,hmac-sha2-256",
  compression: "zlib@openssh.com,none",
  follows: true,
};
