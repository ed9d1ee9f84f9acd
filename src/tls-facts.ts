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
  /** As OpenSSL names it: "TLSv1.3"; the newest of ours where none was agreed on. */
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
