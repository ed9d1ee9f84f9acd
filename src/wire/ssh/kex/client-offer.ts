/** KEXINIT as we send it. */
import { bytesOf } from "../../latin1.ts";
import { joinBytes, stringField } from "./fields.ts";

/** Lists, each in our order of preference; ciphers, MACs and compression the same for both directions. */
export interface ClientOffer {
  readonly keyExchange: readonly string[];
  readonly hostKey: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  readonly compression: readonly string[];
}

const ciphers = [
  "chacha20-poly1305@openssh.com",
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
];
const macs = [
  "umac-64-etm@openssh.com",
  "umac-128-etm@openssh.com",
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha1-etm@openssh.com",
  "umac-64@openssh.com",
  "umac-128@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
  "hmac-sha1",
];
const hostKeys = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** OpenSSH's client as it comes, from 10.0 on: what a server comes to with it is what a server comes to with its users. */
export const currentClient: ClientOffer = {
  keyExchange: [
    "mlkem768x25519-sha256",
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
    "ext-info-c",
    "kex-strict-c-v00@openssh.com",
  ],
  hostKey: [...hostKeys.map((name) => `${name}-cert-v01@openssh.com`), ...hostKeys],
  ciphers,
  macs,
  compression: ["none", "zlib@openssh.com"],
};

/**
 * What whoever only looks offers beside its methods: what current clients have, and what old servers are left with. Nothing of it is
 * ever used, but a server that has none of it would end the exchange.
 */
export const ordinaryOffer: Pick<ClientOffer, "ciphers" | "macs" | "compression"> = {
  ciphers: [...ciphers, "aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
  macs: [...macs, "hmac-md5"],
  compression: ["none", "zlib@openssh.com", "zlib"],
};

/** The payload (RFC 4253, section 7.1): 20, the cookie of 16 bytes, ten lists, no guess, four zeros. */
export function formatClientKexInit(offer: ClientOffer, cookie: Uint8Array): Uint8Array {
  const { keyExchange, hostKey, ciphers, macs, compression } = offer;
  const lists = [keyExchange, hostKey, ciphers, ciphers, macs, macs, compression, compression, [], []];
  return joinBytes(
    Uint8Array.of(20),
    cookie.slice(0, 16),
    ...lists.map((names) => stringField(bytesOf(names.join(",")))),
    new Uint8Array(5),
  );
}
