/** What a PROXY header tells a server of its client's TLS. */
import type { ServerPlan } from "../../../plan/server.ts";
import { ownCertificate, peerCertificate, verifyResult } from "../../../rules/tls-view.ts";
import type { TlsFacts } from "../../../tls-facts.ts";
import { nameEntry } from "../../../wire/x509/distinguished-name.ts";
import { formatSslTlv, type ProxySslContent, type ProxyTlv } from "../../../wire/proxy-protocol.ts";
import type { Certificate } from "../../../wire/x509/certificate.ts";
import { wordTable } from "../../../word-table.ts";

type ProxyV2Options = NonNullable<ServerPlan["proxyHeader"]>["options"];

/** The field with what `proxy-v2-options` asks for; of a client without TLS it says that there is none. */
export function sslTlv(tls: TlsFacts | null, options: ProxyV2Options): ProxyTlv {
  return formatSslTlv(tls === null ? withoutTls : contentOf(tls, options));
}

const withoutTls: ProxySslContent = {
  isTls: false,
  hasShownCertificate: false,
  hasCertificate: false,
  verify: 0,
  version: null,
  commonName: null,
  keyAlgorithm: null,
  signatureAlgorithm: null,
  cipher: null,
};

function contentOf(tls: TlsFacts, options: ProxyV2Options): ProxySslContent {
  const peer = options.includes("cert-cn") ? peerCertificate(tls) : null;
  const own = options.includes("cert-key") || options.includes("cert-sig") ? ownCertificate(tls) : null;
  return {
    isTls: true,
    hasShownCertificate: tls.hasFreshPeer,
    hasCertificate: tls.peerChain.length > 0,
    verify: verifyResult(tls),
    version: tls.protocol,
    commonName: peer === null ? null : (nameEntry(peer.subject, "CN", 1) ?? null),
    keyAlgorithm: own !== null && options.includes("cert-key") ? keyName(own) : null,
    signatureAlgorithm: own !== null && options.includes("cert-sig") ? own.signatureAlgorithm : null,
    cipher: options.includes("ssl-cipher") ? tls.cipher : null,
  };
}

/** `RSA2048`, `EC256`; null: HAProxy has no word for such keys. */
function keyName({ keyAlgorithm, keyBits }: Certificate): string | null {
  const kind = keyKinds.get(keyAlgorithm);
  return kind === undefined || keyBits === null ? null : `${kind}${keyBits}`;
}

const keyKinds = wordTable({ rsaEncryption: "RSA", "id-ecPublicKey": "EC", DSA: "DSA" });
