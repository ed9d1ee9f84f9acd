/** A host's key in the forms that others read it from: lines of known_hosts (sshd(8)), and SSHFP records (RFC 4255, RFC 6594, RFC 7479). */
import { createHash } from "node:crypto";
import type { HostKey, HostKeyType } from "./host-key.ts";

/** RFC 4255, section 3.1.1, and what was added since. */
const sshfpAlgorithms: Readonly<Record<HostKeyType, number>> = { RSA: 1, DSA: 2, ECDSA: 3, ED25519: 4 };
const sshfpDigests = [
  [1, "sha1"],
  [2, "sha256"],
] as const;

/** As ssh writes a host whose port is not 22. */
export function knownHostsName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** One line, without its end. */
export function knownHostsLine(host: string, port: number, key: HostKey): string {
  return `${knownHostsName(host, port)} ${key.name} ${Buffer.from(key.blob).toString("base64")}`;
}

/** The records of a key, SHA-1 and SHA-256, as ssh-keyscan -D prints them. A record has no port: it is of every one of the host. */
export function sshfpRecords(host: string, key: HostKey): readonly string[] {
  return sshfpDigests.map(
    ([number, digest]) =>
      `${host} IN SSHFP ${sshfpAlgorithms[key.type]} ${number} ${createHash(digest).update(key.blob).digest("hex")}`,
  );
}
