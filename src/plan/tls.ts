/** What is planned of TLS: the files that were read, what listeners serve, what servers are asked for. */
import type { Position } from "./position.ts";
import type { SampleExpression } from "./rules/sample.ts";

/** A version of TLS as OpenSSL names it, oldest first. */
export const tlsVersions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

/** One of them. */
export type TlsVersion = (typeof tlsVersions)[number];

/**
 * Every file that TLS needs, read once, under the name that the configuration gives it: `crt-base` and `ca-base` stand before
 * it. That name is what listeners and servers refer to and what commands at run time call it (`show ssl cert`).
 */
export interface TlsFilesPlan {
  readonly certificates: readonly CertificatePlan[];
  /** `ca-file` and its like: PEM certificates; `@system-ca` by that name. */
  readonly authorities: readonly PemFilePlan[];
  /** `crl-file`. */
  readonly revocations: readonly PemFilePlan[];
  /** `crt-list` files and folders of certificates, for `show ssl crt-list`. */
  readonly lists: readonly CertificateListPlan[];
  readonly chains: ChainsPlan;
}

/** How the chains of certificates that come later, at run time, are made whole. */
export interface ChainsPlan {
  /** Of `issuers-chain-path`, PEM: each begins with who issued the certificate that it goes with. */
  readonly issuers: readonly string[];
  /** `ssl-skip-self-issued-ca`. */
  readonly skipsSelfIssued: boolean;
}

/** What holds where nothing is said of TLS. */
export const noTlsFiles: TlsFilesPlan = {
  certificates: [],
  authorities: [],
  revocations: [],
  lists: [],
  chains: { issuers: [], skipsSelfIssued: false },
};

/** A certificate with its key, from one file or from several beside it (manual, 5.1, `crt`; 3.1, `ssl-load-extra-files`). */
export interface CertificatePlan {
  readonly name: string;
  /** PEM: the certificate, then its chain. */
  readonly chain: string;
  /** PEM, not encrypted. */
  readonly key: string;
}

/** A file of PEM blocks as they stand there. */
export interface PemFilePlan {
  readonly name: string;
  readonly pem: string;
}

/** A `crt-list` file, or a folder. */
export interface CertificateListPlan {
  readonly name: string;
  readonly isFolder: boolean;
  readonly entries: readonly TlsEntryPlan[];
  /** How many lines its file has, comments too; 0: a folder. */
  readonly lines: number;
}

/** What a handshake may choose from. */
export interface TlsOffer {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's list for versions up to 1.2; null: the runtime's. */
  readonly ciphers: string | null;
  /** OpenSSL's lists; null: the runtime's. */
  readonly curves: string | null;
  readonly sigalgs: string | null;
  /** In order of preference; empty: none is negotiated. */
  readonly alpn: readonly string[];
}

/** How a listener judges clients' certificates. Files by their names in TlsFilesPlan. */
export interface ClientVerification {
  readonly verify: "none" | "optional" | "required";
  /** Trusted; `ca-file`. Engines name all that are trusted to clients. */
  readonly authorities: string | null;
  /** Trusted as well: `ca-verify-file`. */
  readonly unnamedAuthorities: string | null;
  readonly revocations: string | null;
  /** X509_V_ERR numbers of which an error of the leaf, or of the chain above it, is let pass (`crt-ignore-err`, `ca-ignore-err`). */
  readonly ignoredLeafErrors: readonly number[] | "all";
  readonly ignoredChainErrors: readonly number[] | "all";
}

/** One certificate on a listener. */
export interface TlsEntryPlan {
  /** Its name in TlsFilesPlan.certificates. */
  readonly certificate: string;
  /**
   * Names of a `crt-list` line in place of the certificate's own, lower case: `*.` a label, `!` before it: not this one;
   * `!*`: served only where no name fits. Null: the certificate's own names.
   */
  readonly filters: readonly string[] | null;
  /** What a `crt-list` line says in its brackets; absent fields are the listener's. */
  readonly own: Partial<TlsOffer & ClientVerification>;
  /** The list, or folder, that it is of: a name in TlsFilesPlan.lists. Null: it is named on the `bind` line itself. */
  readonly list: string | null;
  /** For messages and `show ssl crt-list`; null: it is of no file of lines. */
  readonly position: Position | null;
  /** What its line says of it behind its path, as HAProxy shows it; "": nothing. */
  readonly text: string;
}

/** `bind … ssl` (manual, 5.1). */
export interface BindTlsPlan extends TlsOffer, ClientVerification {
  /** In the order of the line: the first one is served where no name fits. Those of RSA and ECDSA for one name are entries each. */
  readonly entries: readonly TlsEntryPlan[];
  /** The lists among its `crt` and `crt-list`, by name: what `add ssl crt-list` changes. */
  readonly lists: readonly string[];
  /** Without a fitting name the handshake is refused. */
  readonly strictSni: boolean;
  readonly prefersClientCiphers: boolean;
  /** False: `no-tls-tickets`. */
  readonly tickets: boolean;
  /** For so long a session may be resumed: `tune.ssl.lifetime`. */
  readonly sessionSeconds: number;
}

/** `server … ssl` (manual, 5.2): what holds when TLS is spoken with it. */
export interface ServerTlsPlan extends TlsOffer {
  /** Shown to a server that asks: a name in TlsFilesPlan.certificates. */
  readonly certificate: string | null;
  readonly verify: "none" | "required";
  readonly authorities: string | null;
  readonly revocations: string | null;
  /** `verifyhost`, lower case. */
  readonly verifyHost: string | null;
  /** Evaluated for each connection; null: no name is sent. */
  readonly sni: SampleExpression | null;
  readonly tickets: boolean;
  /** False: `no-ssl-reuse`. */
  readonly reuse: boolean;
  /** What a step `connect default ssl` of its check has where it says nothing itself. */
  readonly checks: CheckTlsPlan;
}

/** How a check speaks TLS; the rest as its server's ServerTlsPlan says. */
export interface CheckTlsPlan {
  /** `check-sni`. */
  readonly sni: string | null;
  /** `check-alpn`; empty: what its server is offered. */
  readonly alpn: readonly string[];
}
