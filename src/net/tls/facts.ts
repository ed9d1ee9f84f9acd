/** Plain facts of what an engine tells of a handshake. */
import type { TlsFacts } from "../../tls-facts.ts";
import type { HandshakeFacts, HandshakeTask, RawCertificate } from "./engine.ts";
import { shownCertificate } from "./own-certificates.ts";
import { noFault, verdictOf, type Validity } from "./verify-errors.ts";

/** How far up a peer's chain is looked. */
const longestChain = 16;

/** What a handshake came to. `verifyError` is the engine's word for it, `error` is null where it is over. */
export function factsOf(
  task: HandshakeTask,
  engine: HandshakeFacts | null,
  verifyError: string | null,
  error: string | null,
  isComplete: boolean,
  keepsHello: boolean,
): TlsFacts {
  const { options } = task.context;
  const mayHavePeer = task.isServer ? task.context.options.verify !== "none" : true;
  const peerChain = isComplete && mayHavePeer ? chainOf(engine?.peer ?? null) : [];
  const cipher = isComplete ? (engine?.cipher ?? null) : null;
  // Before a server has answered, an engine tells a version of its own.
  const protocol = (isComplete || task.isServer ? engine?.protocol : null) ?? options.maxVersion;
  const isResumed = engine?.isResumed === true;
  const verdict =
    verifyError === null || peerChain.length === 0
      ? noFault
      : verdictOf(verifyError, validities(engine?.peer ?? null), Date.now());
  return {
    isComplete,
    error,
    protocol,
    cipher,
    ...bitsOf(cipher),
    serverName: task.isServer ? task.hello.serverName : task.serverName,
    alpn: task.isServer ? task.alpn : (engine?.alpn ?? null),
    isResumed,
    sessionId: null,
    peerChain,
    hasFreshPeer: peerChain.length > 0 && !isResumed,
    ...verdict,
    ownCertificate: isComplete ? shown(task, protocol, cipher) : null,
    clientHello: task.isServer && keepsHello ? task.hello.hello.message : null,
  };
}

/** A client's is shown where the server has asked for one, which engines do not tell. */
function shown(task: HandshakeTask, protocol: string, cipher: string | null): Uint8Array | null {
  const { own } = task.context;
  return task.isServer ? shownCertificate(own, protocol, cipher, task.hello.hello) : (own[0]?.der ?? null);
}

function certificates(peer: RawCertificate | null): RawCertificate[] {
  const chain: RawCertificate[] = [];
  // A root is its own issuer.
  for (let one = peer; one?.raw !== undefined && !chain.includes(one) && chain.length < longestChain;) {
    chain.push(one);
    one = one.issuerCertificate ?? null;
  }
  return chain;
}

function chainOf(peer: RawCertificate | null): readonly Uint8Array[] {
  return certificates(peer).map((one) => one.raw as Uint8Array);
}

function validities(peer: RawCertificate | null): readonly Validity[] {
  return certificates(peer).map((one) => ({
    from: Date.parse(one.valid_from ?? ""),
    to: Date.parse(one.valid_to ?? ""),
    isOwnIssuer: JSON.stringify(one.subject) === JSON.stringify(one.issuer),
  }));
}

/** Bits that are used, and that the algorithm has (`SSL_CIPHER_get_bits`). */
function bitsOf(cipher: string | null): Pick<TlsFacts, "secretBits" | "algorithmBits"> {
  if (cipher === null) return { secretBits: 0, algorithmBits: 0 };
  if (cipher.includes("3DES") || cipher.includes("DES-CBC3")) return { secretBits: 112, algorithmBits: 168 };
  const bits = /AES_?128/.test(cipher) ? 128 : 256;
  return { secretBits: bits, algorithmBits: bits };
}
