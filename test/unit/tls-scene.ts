/** What a TLS connection came to, for tests of what is told of one. */
import type { TlsFacts } from "../../src/tls-facts.ts";
import { certificates } from "./wire/x509/certificate-bytes.ts";

/** A full handshake of TLS 1.3 with a name, a certificate of ours and none of the other side's. */
export function tlsFacts(given: Partial<TlsFacts> = {}): TlsFacts {
  return {
    isComplete: true,
    error: null,
    protocol: "TLSv1.3",
    cipher: "TLS_AES_128_GCM_SHA256",
    secretBits: 128,
    algorithmBits: 128,
    serverName: "Srv.Test",
    alpn: null,
    isResumed: false,
    sessionId: null,
    peerChain: [],
    hasFreshPeer: false,
    leafError: 0,
    chainError: 0,
    chainErrorDepth: 0,
    ownCertificate: certificates.rsa,
    clientHello: null,
    ...given,
  };
}

/** One that was refused before anything was agreed on. */
export const failed: Partial<TlsFacts> = {
  isComplete: false,
  error: "NO_SHARED_CIPHER",
  cipher: null,
  secretBits: 0,
  algorithmBits: 0,
};
