/** What handshakes are made with, by `node:tls`, which Bun, Node and Deno have: each option is looked at when a context is made. */
import tls from "node:tls";
import { ownCertificates, type OwnCertificate } from "./own-certificates.ts";
import { SessionStore } from "./session-store.ts";
import { VerifyingServers } from "./verifying-servers.ts";
import {
  TlsOptionError,
  type ClientContext,
  type ClientContextOptions,
  type ServerContext,
  type ServerContextOptions,
  type TlsOptionPart,
  type TlsRules,
  type TlsVersion,
} from "./secure.ts";

const SSL_OP_NO_TICKET = 0x4000;

/**
 * OpenSSL's order of TLS 1.2 and before, strongest first, in place of the engines' own. Without those that no engine has or nobody
 * asks for; each engine passes over what it lacks.
 */
const usualCiphers = [
  "ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES256-SHA384 ECDHE-ECDSA-AES128-SHA256 ECDHE-RSA-AES128-SHA256",
  "ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES256-SHA ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA",
  "AES256-GCM-SHA384 AES128-GCM-SHA256 AES256-SHA256 AES128-SHA256 AES256-SHA AES128-SHA",
]
  .join(" ")
  .replaceAll(" ", ":");

/** The context of `node:tls` with what stands beside it. */
export class EngineServerContext implements ServerContext {
  readonly secure: tls.SecureContext;
  readonly own: readonly OwnCertificate[];
  /** For handshakes that ask for a certificate, where the engine needs them; null: none does. */
  readonly verifying: VerifyingServers | null;

  /** Throws a TlsOptionError. */
  constructor(readonly options: ServerContextOptions) {
    if (options.identities.length === 0) throw new TlsOptionError("identity", "no certificate");
    this.own = ownCertificates(options.identities);
    const ca = options.verify === "none" ? [] : options.ca;
    const engineOptions = contextOptions(options, this.own, ca, {
      honorCipherOrder: options.preferServerCiphers,
      sessionTimeout: options.sessionSeconds,
    });
    this.secure = secureContext(engineOptions, ca);
    this.verifying = options.verify === "none" ? null : new VerifyingServers(engineOptions);
  }
}

/** The same for clients, with the sessions that may be resumed. */
export class EngineClientContext implements ClientContext {
  readonly secure: tls.SecureContext;
  readonly own: readonly OwnCertificate[];
  readonly sessions = new SessionStore();

  /** Throws a TlsOptionError. */
  constructor(readonly options: ClientContextOptions) {
    const { identity, verify, ca } = options;
    const trusted = !verify ? [] : ca === "system" ? systemCas() : ca;
    this.own = ownCertificates(identity === null ? [] : [identity]);
    this.secure = secureContext(contextOptions(options, this.own, trusted, {}), trusted);
  }
}

/** Trusted where nobody is: it is no CA, its time has gone, and nobody has its key. Engines trust many where they are told of none. */
const nobody = `-----BEGIN CERTIFICATE-----
MIIBTzCB9qADAgECAgEBMAoGCCqGSM49BAMCMBExDzANBgNVBAMMBm5vYm9keTAe
Fw03MDAxMDEwMDAwMDBaFw03MDAxMDEwMDAwMDFaMBExDzANBgNVBAMMBm5vYm9k
eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHHluj2CWFIYPsjxnJzr+mvkbt9I
TxUZHJ9vNcNt8IZ6VVVbvWILZrmAZWgdBzzTQncWDF4nkSvHvE/uihqv/aGjPzA9
MAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgeAMB0GA1UdDgQWBBQSxKpAzCad
Sr/bX6SOphHTf0Hs2TAKBggqhkjOPQQDAgNIADBFAiEAzhuriFHgtQcZybHBHXMV
ly/gLinHkYNuoleXB0BkaLcCIDBek55iKZB6N3E1OwTAN3eY+G36a8t6N47CBS0Q
Qhww
-----END CERTIFICATE-----
`;

/** Revoked by nobody: where it stands for all, no certificate has its list. */
const nobodysList = `-----BEGIN X509 CRL-----
MIGrMFICAQEwCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGbm9ib2R5Fw0yNjExMjkw
NTA0MDJaGA8yMTI2MTEwNTA1MDQwMlqgDjAMMAoGA1UdFAQDAgEEMAoGCCqGSM49
BAMCA0kAMEYCIQDIwzpdTEo6Iv75rqnHLzNHCy3tQWlXSMWuAe9xx/cH5wIhAOtO
di6dT34Ss7vClb5lg6BO9VhFuHoWhM7pzmzAlPBX
-----END X509 CRL-----
`;

const [listBegin, listEnd] = ["-----BEGIN X509 CRL-----", "-----END X509 CRL-----"];

/**
 * Each list by itself, for engines read one of a text. Certificates without any list are no reason to trust: then there is nobody's.
 * What is neither is left to the engine's complaint.
 */
function listsOf(texts: readonly string[]): string[] {
  const lists = texts.flatMap((text) => {
    const found = text.split(listEnd).slice(0, -1);
    if (found.length === 0) return text.includes("-----BEGIN CERTIFICATE-----") ? [] : [text];
    return found.map((part) => `${part.slice(part.lastIndexOf(listBegin))}${listEnd}\n`);
  });
  return lists.length === 0 ? [nobodysList] : lists;
}

/** Throws a TlsOptionError. */
function contextOptions(
  rules: TlsRules,
  own: readonly OwnCertificate[],
  ca: readonly string[],
  more: tls.SecureContextOptions,
): tls.SecureContextOptions {
  checkVersions(rules);
  checkAlpn(rules.alpn);
  return {
    ...(own.length === 0
      ? {}
      : { cert: own.map((one) => one.identity.certificate), key: own.map((one) => one.identity.key) }),
    ca: ca.length === 0 ? [nobody] : [...ca],
    ...(rules.crl.length === 0 ? {} : { crl: listsOf(rules.crl) }),
    ciphers: rules.ciphers ?? usualCiphers,
    ...(rules.curves === null ? {} : { ecdhCurve: rules.curves }),
    ...(rules.sigalgs === null ? {} : { sigalgs: rules.sigalgs }),
    minVersion: rules.minVersion,
    maxVersion: rules.maxVersion,
    ...(rules.tickets ? {} : { secureOptions: SSL_OP_NO_TICKET }),
    ...more,
  };
}

/** Throws a TlsOptionError. */
function secureContext(options: tls.SecureContextOptions, ca: readonly string[]): tls.SecureContext {
  try {
    return tls.createSecureContext(options);
  } catch (error) {
    throw faultOf(options, ca, error as Error);
  }
}

/** Which part it was: each is tried alone, for what an engine says of one is no contract. */
function faultOf(options: tls.SecureContextOptions, ca: readonly string[], error: Error): TlsOptionError {
  const tries: readonly (readonly [TlsOptionPart, tls.SecureContextOptions])[] = [
    ["ca", { ca: [...ca] }],
    ["crl", { ca: [nobody], crl: options.crl }],
    ["ciphers", { ca: [nobody], ciphers: options.ciphers }],
    ["curves", { ca: [nobody], ecdhCurve: options.ecdhCurve }],
    ["sigalgs", { ca: [nobody], sigalgs: options.sigalgs }],
  ];
  for (const [part, alone] of tries) {
    const list = part === "ca" || part === "crl" ? (alone[part] as readonly string[] | undefined) : undefined;
    for (const index of list?.keys() ?? [0]) {
      const one = list === undefined ? alone : { ...alone, [part]: [list[index] as string] };
      try {
        tls.createSecureContext(one);
      } catch (fault) {
        return new TlsOptionError(part, (fault as Error).message, index);
      }
    }
  }
  return new TlsOptionError("identity", error.message);
}

const versions: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

function checkVersions({ minVersion, maxVersion }: TlsRules): void {
  if (versions.indexOf(minVersion) > versions.indexOf(maxVersion))
    throw new TlsOptionError("versions", `nothing is both ${minVersion} at least and ${maxVersion} at most`);
}

function checkAlpn(names: readonly string[]): void {
  const wrong = names.findIndex((name) => name.length === 0 || Buffer.byteLength(name, "latin1") > 255);
  if (wrong >= 0) throw new TlsOptionError("alpn", "a protocol's name has 1 to 255 bytes", wrong);
}

/** Those that the system trusts, as far as the runtime tells; its own list where it does not. */
function systemCas(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (kind: "system") => string[] };
  const system = getCACertificates?.("system") ?? [];
  return system.length > 0 ? system : tls.rootCertificates;
}

/** Names of protocols as a hello has them (RFC 7301). */
export function alpnBytes(names: readonly string[]): Buffer {
  return Buffer.concat(names.flatMap((name) => [Buffer.of(name.length), Buffer.from(name, "latin1")]));
}

/** The first of `wanted` that is offered; null: none is. */
export function agreedProtocol(wanted: readonly string[], offered: readonly string[]): string | null {
  return wanted.find((name) => offered.includes(name)) ?? null;
}
