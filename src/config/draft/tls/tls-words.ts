/** What lines say of TLS while they are read, the same on both sides: a listener's and a server's. */
import type { X509Certificate } from "node:crypto";
import type { TlsVersion } from "../../../plan/tls.ts";

/** `ssl-min-ver`, `ssl-max-ver` and the versions of `no-…`. */
export interface VersionWords {
  min: TlsVersion | "SSLv3" | null;
  max: TlsVersion | "SSLv3" | null;
  readonly without: Set<TlsVersion | "SSLv3">;
}

/** What a handshake may choose from, as said; null: not said. */
export interface OfferWords {
  readonly versions: VersionWords;
  ciphers: string | null;
  ciphersuites: string | null;
  /** `curves`, or the one of `ecdhe`. */
  curves: string | null;
  sigalgs: string | null;
  clientSigalgs: string | null;
  alpn: readonly string[] | null;
  /** `tls-tickets`, `no-tls-tickets`. */
  tickets: boolean | null;
}

/** The words that `global` sets for all listeners or all servers, and how its files are found. */
export interface TlsGlobals {
  /** `ca-base`, `crt-base`, `key-base`; "" where there is none. */
  caBase: string;
  crtBase: string;
  keyBase: string;
  /** `ssl-default-bind-*`. */
  readonly bind: OfferWords & { prefersClientCiphers: boolean; strictSni: boolean };
  /** `tune.ssl.lifetime`. */
  sessionSeconds: number;
  /** `ssl-default-server-*`. */
  readonly server: OfferWords;
  /** `ssl-load-extra-files`. */
  extraFiles: ReadonlySet<ExtraFile>;
  /** `ssl-load-extra-del-ext`: `x.key` beside `x.crt` in place of `x.crt.key`. */
  replacesExtension: boolean;
  /** `ssl-skip-self-issued-ca`. */
  skipsSelfIssued: boolean;
  /** Chains of `issuers-chain-path`, one a file. */
  issuers: readonly (readonly X509Certificate[])[];
}

/** What is looked for beside a certificate. */
export type ExtraFile = "bundle" | "sctl" | "ocsp" | "issuer" | "key";

/** A line that has said nothing. */
export function newOfferWords(): OfferWords {
  return {
    versions: { min: null, max: null, without: new Set() },
    ciphers: null,
    ciphersuites: null,
    curves: null,
    sigalgs: null,
    clientSigalgs: null,
    alpn: null,
    tickets: null,
  };
}

/** The same again, for a line that goes on from what another said. */
export function inheritedOfferWords(former: OfferWords): OfferWords {
  return { ...former, versions: { ...former.versions, without: new Set(former.versions.without) } };
}

/** `global` before its first line. */
export function newTlsGlobals(): TlsGlobals {
  return {
    caBase: "",
    crtBase: "",
    keyBase: "",
    bind: { ...newOfferWords(), prefersClientCiphers: false, strictSni: false },
    server: newOfferWords(),
    sessionSeconds: 300,
    extraFiles: new Set<ExtraFile>(["bundle", "sctl", "ocsp", "issuer", "key"]),
    replacesExtension: false,
    skipsSelfIssued: false,
    issuers: [],
  };
}
