/** Names of algorithms that are in use: those of IANA's registry, and those that implementations have added. */

/** The lists that a KEXINIT has for each direction or for both. */
export type SshListKind = "keyExchange" | "hostKey" | "cipher" | "mac" | "compression";

const keyExchanges = `
  mlkem768x25519-sha256 mlkem768nistp256-sha256 mlkem1024nistp384-sha384 mlkem512-sha256 mlkem768-sha256 mlkem1024-sha384
  sntrup761x25519-sha512 sntrup761x25519-sha512@openssh.com sntrup4591761x25519-sha512@tinyssh.org
  x25519-kyber-512r3-sha256-d00@amazon.com x25519-kyber512-sha512@aws.amazon.com
  ecdh-nistp256-kyber-512r3-sha256-d00@openquantumsafe.org ecdh-nistp384-kyber-768r3-sha384-d00@openquantumsafe.org
  ecdh-nistp521-kyber-1024r3-sha512-d00@openquantumsafe.org x25519-kyber-768r3-sha384-d00@openquantumsafe.org
  curve25519-sha256 curve25519-sha256@libssh.org curve448-sha512 curve448-sha512@libssh.org
  ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521 ecdh-sha2-1.3.132.0.10
  ecdh-sha2-nistk163 ecdh-sha2-nistp192 ecdh-sha2-nistp224 ecdh-sha2-nistk233 ecdh-sha2-nistb233 ecdh-sha2-nistk283
  ecdh-sha2-nistk409 ecdh-sha2-nistb409 ecdh-sha2-nistt571 ecmqv-sha2 sm2kep-sha2-nistp256
  diffie-hellman-group-exchange-sha1 diffie-hellman-group-exchange-sha256
  diffie-hellman-group-exchange-sha224@ssh.com diffie-hellman-group-exchange-sha384@ssh.com
  diffie-hellman-group-exchange-sha512@ssh.com
  diffie-hellman-group1-sha1 diffie-hellman-group1-sha256 diffie-hellman-group14-sha1 diffie-hellman-group14-sha256
  diffie-hellman-group14-sha224@ssh.com diffie-hellman-group14-sha256@ssh.com diffie-hellman-group15-sha256
  diffie-hellman-group15-sha256@ssh.com diffie-hellman-group15-sha384@ssh.com diffie-hellman-group15-sha512
  diffie-hellman-group16-sha256 diffie-hellman-group16-sha384@ssh.com diffie-hellman-group16-sha512
  diffie-hellman-group16-sha512@ssh.com diffie-hellman-group17-sha512 diffie-hellman-group18-sha512
  diffie-hellman-group18-sha512@ssh.com rsa1024-sha1 rsa2048-sha256`;

/** Of GSSAPI (RFC 4462, RFC 8732); a mechanism follows behind a dash. */
const gssKeyExchanges = `
  gss-group1-sha1 gss-group14-sha1 gss-group14-sha256 gss-group15-sha512 gss-group16-sha512 gss-group17-sha512
  gss-group18-sha512 gss-gex-sha1 gss-nistp256-sha256 gss-nistp384-sha384 gss-nistp521-sha512 gss-curve25519-sha256
  gss-curve448-sha512`;

const hostKeys = `
  ssh-ed25519 ssh-ed448 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 ecdsa-sha2-1.3.132.0.10
  rsa-sha2-512 rsa-sha2-256 ssh-rsa ssh-dss ssh-dsa null
  rsa-sha2-224@ssh.com rsa-sha2-256@ssh.com rsa-sha2-384@ssh.com rsa-sha2-512@ssh.com ssh-rsa-sha256@ssh.com
  sk-ssh-ed25519@openssh.com sk-ecdsa-sha2-nistp256@openssh.com webauthn-sk-ecdsa-sha2-nistp256@openssh.com
  ssh-ed25519-cert-v01@openssh.com ssh-rsa-cert-v01@openssh.com ssh-dss-cert-v01@openssh.com
  ssh-rsa-cert-v00@openssh.com ssh-dss-cert-v00@openssh.com
  rsa-sha2-256-cert-v01@openssh.com rsa-sha2-512-cert-v01@openssh.com
  ecdsa-sha2-nistp256-cert-v01@openssh.com ecdsa-sha2-nistp384-cert-v01@openssh.com
  ecdsa-sha2-nistp521-cert-v01@openssh.com sk-ssh-ed25519-cert-v01@openssh.com
  sk-ecdsa-sha2-nistp256-cert-v01@openssh.com webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com
  ssh-ed448-cert-v01@openssh.com
  x509v3-ssh-rsa x509v3-ssh-dss x509v3-rsa2048-sha256 x509v3-ecdsa-sha2-nistp256 x509v3-ecdsa-sha2-nistp384
  x509v3-ecdsa-sha2-nistp521 x509v3-ecdsa-sha2-1.3.132.0.10 x509v3-sign-rsa x509v3-sign-dss
  x509v3-sign-rsa-sha256@ssh.com x509v3-ssh-ed25519 x509v3-ssh-ed448
  pgp-sign-rsa pgp-sign-dss spki-sign-rsa spki-sign-dss`;

const ciphers = `
  chacha20-poly1305@openssh.com chacha20-poly1305 aes128-gcm@openssh.com aes256-gcm@openssh.com aes128-gcm aes256-gcm
  AEAD_AES_128_GCM AEAD_AES_256_GCM AEAD_CAMELLIA_128_GCM AEAD_CAMELLIA_256_GCM
  aes128-ctr aes192-ctr aes256-ctr aes128-cbc aes192-cbc aes256-cbc rijndael-cbc@lysator.liu.se
  rijndael128-cbc rijndael192-cbc rijndael256-cbc rijndael-cbc@ssh.com
  3des-cbc 3des-ctr des-cbc des-cbc@ssh.com blowfish-cbc blowfish-ctr cast128-cbc cast128-ctr
  cast128-12-cbc@ssh.com idea-cbc idea-ctr seed-cbc@ssh.com seed-ctr@ssh.com sm4-cbc sm4-ctr
  arcfour arcfour128 arcfour256 crypticore128@ssh.com none
  twofish-cbc twofish128-cbc twofish192-cbc twofish256-cbc twofish128-ctr twofish192-ctr twofish256-ctr
  serpent128-cbc serpent192-cbc serpent256-cbc serpent128-ctr serpent192-ctr serpent256-ctr
  camellia128-cbc camellia192-cbc camellia256-cbc camellia128-ctr camellia192-ctr camellia256-ctr
  camellia128-cbc@openssh.org camellia192-cbc@openssh.org camellia256-cbc@openssh.org
  camellia128-ctr@openssh.org camellia192-ctr@openssh.org camellia256-ctr@openssh.org`;

const macs = `
  hmac-sha2-256 hmac-sha2-512 hmac-sha2-256-96 hmac-sha2-512-96 hmac-sha2-224 hmac-sha2-384
  hmac-sha1 hmac-sha1-96 hmac-md5 hmac-md5-96 hmac-ripemd160 hmac-ripemd160@openssh.com hmac-ripemd hmac-sm3
  umac-32@openssh.com umac-64@openssh.com umac-96@openssh.com umac-128@openssh.com
  hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com hmac-sha1-etm@openssh.com hmac-sha1-96-etm@openssh.com
  hmac-md5-etm@openssh.com hmac-md5-96-etm@openssh.com hmac-ripemd160-etm@openssh.com
  umac-64-etm@openssh.com umac-128-etm@openssh.com hmac-sha2-256-etm hmac-sha2-512-etm
  hmac-sha2-224@ssh.com hmac-sha2-256@ssh.com hmac-sha2-384@ssh.com hmac-sha2-512@ssh.com hmac-sha256@ssh.com
  hmac-sha256-2@ssh.com hmac-sha256-96@ssh.com crypticore-mac@ssh.com
  AEAD_AES_128_GCM AEAD_AES_256_GCM AEAD_CAMELLIA_128_GCM AEAD_CAMELLIA_256_GCM none implicit`;

const compressions = "none zlib zlib@openssh.com zstd@breadbird.co";

const known: Readonly<Record<SshListKind, ReadonlyMap<string, string>>> = {
  keyExchange: table(keyExchanges),
  hostKey: table(hostKeys),
  cipher: table(ciphers),
  mac: table(macs),
  compression: table(compressions),
};
const knownGss = table(gssKeyExchanges);

/**
 * A name to count by, out of the table: those of GSSAPI without their mechanism. Null: it is not in the table, so whoever sends it may
 * send any other.
 */
export function sshAlgorithmLabel(kind: SshListKind, name: string): string | null {
  const label = known[kind].get(name);
  if (label !== undefined || kind !== "keyExchange" || !name.startsWith("gss-")) return label ?? null;
  return knownGss.get(name.slice(0, Math.max(name.lastIndexOf("-"), 0))) ?? null;
}

function table(names: string): ReadonlyMap<string, string> {
  return new Map(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, name]),
  );
}
