/** Certificates for tests, made once in a run by openssl: plans of them, signed by themselves. */
import {
  type BindTlsPlan,
  type CertificatePlan,
  noTlsFiles,
  type ServerTlsPlan,
  type TlsEntryPlan,
  type TlsFilesPlan,
} from "../../../../src/plan/tls.ts";

const made = new Map<string, CertificatePlan>();

/** One for `names`, with a key for ECDSA (or RSA). The same words give the same certificate. */
export function certificate(name: string, names: string, key: "ec" | "rsa" = "ec"): CertificatePlan {
  const known = made.get(`${names} ${key}`);
  if (known !== undefined) return { ...known, name };
  const kind = key === "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"];
  const alternative = names
    .split(" ")
    .map((one) => `DNS:${one}`)
    .join(",");
  const words = [
    "req",
    "-x509",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/O=test",
    "-addext",
    `subjectAltName=${alternative}`,
  ];
  const run = Bun.spawnSync(["openssl", ...words, "-newkey", ...kind, "-keyout", "-"], {
    stdin: "ignore",
    stderr: "ignore",
  });
  const text = run.stdout.toString();
  const at = text.indexOf("-----BEGIN CERTIFICATE-----");
  const plan = { name, chain: text.slice(at), key: text.slice(0, at) };
  made.set(`${names} ${key}`, plan);
  return plan;
}

export function tlsFiles(...certificates: CertificatePlan[]): TlsFilesPlan {
  const authorities = certificates.map(({ name, chain }) => ({ name, pem: chain }));
  return { ...noTlsFiles, certificates, authorities };
}

export function entryPlan(certificate: string, own: Partial<TlsEntryPlan> = {}): TlsEntryPlan {
  return { certificate, filters: null, own: {}, list: null, position: null, text: certificate, ...own };
}

const offer = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: null,
  curves: null,
  sigalgs: null,
  alpn: [],
} as const;

/** `bind … ssl` with these certificates. */
export function bindTls(certificates: readonly (string | TlsEntryPlan)[], own: Partial<BindTlsPlan> = {}): BindTlsPlan {
  return {
    ...offer,
    verify: "none",
    authorities: null,
    unnamedAuthorities: null,
    revocations: null,
    ignoredLeafErrors: [],
    ignoredChainErrors: [],
    entries: certificates.map((one) => (typeof one === "string" ? entryPlan(one) : one)),
    lists: [],
    strictSni: false,
    prefersClientCiphers: false,
    tickets: true,
    sessionSeconds: 300,
    ...own,
  };
}

/** `server … ssl verify none`. */
export function serverTls(own: Partial<ServerTlsPlan> = {}): ServerTlsPlan {
  return {
    ...offer,
    certificate: null,
    verify: "none",
    authorities: null,
    revocations: null,
    verifyHost: null,
    sni: null,
    tickets: true,
    reuse: true,
    checks: { sni: null, alpn: [] },
    ...own,
  };
}
