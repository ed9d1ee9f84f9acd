/** What is known of a TLS connection once its handshake is over: what samples, logs and PROXY headers tell. */

/** One end's view; everything is as the handshake left it, one that failed as far as it came. */
export interface TlsFacts {
  /** False: it failed. */
  readonly isComplete: boolean;
  /**
   * Why it failed, as OpenSSL names the reason: "NO_SHARED_CIPHER", "TLSV1_ALERT_UNKNOWN_CA"; null: it did not, or nobody
   * said anything that was TLS.
   */
  readonly error: string | null;
  /** As OpenSSL names it: "TLSv1.3"; the newest where none was agreed on. */
  readonly protocol: string;
  /** As OpenSSL names it: "TLS_AES_256_GCM_SHA384", "ECDHE-RSA-AES128-GCM-SHA256"; null: none was agreed on. */
  readonly cipher: string | null;
  /** Bits of the cipher's key that are used, and that its algorithm has. */
  readonly secretBits: number;
  readonly algorithmBits: number;
  /** The name asked for, as sent; null: none. */
  readonly serverName: string | null;
  /** The protocol agreed on; null: none. */
  readonly alpn: string | null;
  readonly isResumed: boolean;
  /** Null: the engine does not tell. */
  readonly sessionId: Uint8Array | null;
  /** The other side's certificate, DER, the leaf first; empty: it sent none. */
  readonly peerChain: readonly Uint8Array[];
  /** It sent one in this very handshake, not in the one that is resumed. */
  readonly hasFreshPeer: boolean;
  /** X509_V_ERR number of the leaf and of the first fault above it, with its depth; 0: none. */
  readonly leafError: number;
  readonly chainError: number;
  readonly chainErrorDepth: number;
  /** Our own certificate in this handshake, DER; null: none was sent. */
  readonly ownCertificate: Uint8Array | null;
  /** The client's first handshake message, without its record headers; null: not kept. */
  readonly clientHello: Uint8Array | null;
}

/** Of a handshake that failed before a certificate was chosen: it came no further than a hello, if as far as that. */
export function factsOfHello(
  given: Pick<TlsFacts, "error"> & Partial<Pick<TlsFacts, "serverName" | "clientHello">>,
): TlsFacts {
  return { ...nothingKnown, ...given };
}

/** What stands for a version before one is agreed on, whatever a listener is limited to: so OpenSSL tells it. */
export const newestProtocol = "TLSv1.3";

const nothingKnown = {
  isComplete: false,
  protocol: newestProtocol,
  cipher: null,
  secretBits: 0,
  algorithmBits: 0,
  serverName: null,
  alpn: null,
  isResumed: false,
  sessionId: null,
  peerChain: [],
  hasFreshPeer: false,
  leafError: 0,
  chainError: 0,
  chainErrorDepth: 0,
  ownCertificate: null,
  clientHello: null,
} as const;

/** Why there is no TLS connection, in the words of HAProxy's log and of its `fc_err_str` and `bc_err_str`. */
export const handshakeReasons = {
  /** FIN before a whole first message. */
  closed: "Connection closed during SSL handshake",
  lost: "Connection error during SSL handshake",
  timeout: "Timeout during SSL handshake",
  /** `maxsslconn`. */
  tooMany: "Too many SSL connections",
  outOfMemory: "Out of memory when initializing an SSL connection",
  renegotiation: "Rejected a client-initiated SSL renegotiation attempt",
  /** A fault above the client's certificate, and in it. */
  chainNotVerified: "SSL client CA chain cannot be verified",
  notTrusted: "SSL client certificate not trusted",
  /** `verifyhost`, and `sni`. */
  otherHost: "Server presented an SSL certificate different from the configured one",
  otherName: "Server presented an SSL certificate different from the expected one",
  failure: "SSL handshake failure",
  fatal: "SSL fatal error",
} as const;

/** Why a client's handshake failed that went as far as an error: its certificate's fault has words of its own. */
export function handshakeReason({ error, leafError, chainError }: TlsFacts): string {
  if (error !== "CERTIFICATE_VERIFY_FAILED") return handshakeReasons.failure;
  if (leafError !== 0) return handshakeReasons.notTrusted;
  return chainError === 0 ? handshakeReasons.failure : handshakeReasons.chainNotVerified;
}
