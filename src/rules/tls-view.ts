/** A TLS connection as rules, logs and PROXY headers see it: what its handshake came to, with what certificates say read once it is asked for. */
import type { TlsFacts } from "../tls-facts.ts";
import { type OfferedLists, readOfferedLists } from "../wire/client-hello.ts";
import { type Certificate, readCertificate } from "../wire/x509.ts";

/** X509_V_ERR numbers (RFC 5280's faults as OpenSSL counts them). */
const noIssuerHere = 20;
const noIssuerSent = 21;

/** One connection's. */
export class TlsView {
  #peer: Certificate | null | undefined;
  #own: Certificate | null | undefined;
  #offered: OfferedLists | null | undefined;

  constructor(
    readonly facts: TlsFacts,
    /** So much of a client's offer is told: `tune.ssl.capture-buffer-size`. */
    readonly offerBytes: number,
  ) {}

  /** The other side's certificate; null: it sent none, or it cannot be read. */
  get peer(): Certificate | null {
    if (this.#peer === undefined) this.#peer = readLeaf(this.facts.peerChain[0]);
    return this.#peer;
  }

  /** Ours. */
  get own(): Certificate | null {
    if (this.#own === undefined) this.#own = readLeaf(this.facts.ownCertificate ?? undefined);
    return this.#own;
  }

  /** What the client has offered; null: nothing of that is kept. */
  get offered(): OfferedLists | null {
    if (this.#offered === undefined) {
      const { clientHello } = this.facts;
      this.#offered =
        clientHello === null || this.offerBytes === 0 ? null : readOfferedLists(clientHello, this.offerBytes);
    }
    return this.#offered;
  }

  /** What verifying the other side ended with: its last fault, which is the leaf's where that has one. */
  get verifyResult(): number {
    const { leafError, chainError } = this.facts;
    if (leafError === noIssuerHere) return noIssuerSent;
    return leafError === 0 ? chainError : leafError;
  }

  /** OpenSSL's word for no cipher is there for a connection that did not come as far as one. */
  get cipher(): string {
    return this.facts.cipher ?? "(NONE)";
  }
}

function readLeaf(der: Uint8Array | undefined): Certificate | null {
  return der === undefined ? null : readCertificate(der);
}
