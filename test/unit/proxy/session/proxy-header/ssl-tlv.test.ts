/** What a server is told of its client's TLS: HAProxy 2.6 told it the same of such connections. */
import { expect, test } from "bun:test";
import { sslTlv } from "../../../../../src/proxy/session/proxy-header/ssl-tlv.ts";
import type { TlsFacts } from "../../../../../src/tls-facts.ts";
import { tlsFacts } from "../../../tls-scene.ts";
import { certificates } from "../../../wire/x509/certificate-bytes.ts";

type Options = Parameters<typeof sslTlv>[1];
const all: Options = ["ssl", "cert-key", "cert-sig", "ssl-cipher", "cert-cn", "authority", "crc32c", "unique-id"];

/** `client/verify type=text …` */
function told(facts: TlsFacts | null, options: Options = all): string {
  const { type, value } = sslTlv(facts, options);
  expect(type).toBe(0x20);
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const words = [`${view.getUint8(0)}/${view.getUint32(1)}`];
  for (let at = 5; at < value.length; at += 3 + view.getUint16(at + 1)) {
    const text = Buffer.from(value.subarray(at + 3, at + 3 + view.getUint16(at + 1))).toString("latin1");
    words.push(`${view.getUint8(at).toString(16)}=${text}`);
  }
  return words.join(" ");
}

const shown = tlsFacts({ peerChain: [certificates.alice], hasFreshPeer: true });

test("each option adds its own, and any of them the version", () => {
  const options = ["ssl", "cert-cn", "ssl-cipher", "cert-sig", "cert-key"] as const;
  expect(options.map((option) => told(shown, [option]))).toEqual([
    "7/0 21=TLSv1.3",
    "7/0 21=TLSv1.3 22=alice",
    "7/0 21=TLSv1.3 23=TLS_AES_128_GCM_SHA256",
    "7/0 21=TLSv1.3 24=ecdsa-with-SHA256",
    "7/0 21=TLSv1.3 25=RSA2048",
  ]);
  expect(told(shown)).toBe("7/0 21=TLSv1.3 22=alice 25=RSA2048 24=ecdsa-with-SHA256 23=TLS_AES_128_GCM_SHA256");
});

test("certificates of this connection, of the session that it resumes, or none", () => {
  expect(told({ ...shown, isResumed: true, hasFreshPeer: false }, ["ssl"])).toBe("5/0 21=TLSv1.3");
  expect(told(tlsFacts(), ["cert-cn"])).toBe("1/0 21=TLSv1.3");
  expect(told(null)).toBe("0/0");
});

test("one that is not trusted is told with the fault", () => {
  expect(told({ ...shown, leafError: 10 }, ["ssl"])).toBe("7/10 21=TLSv1.3");
  expect(told({ ...shown, leafError: 20 }, ["ssl"])).toBe("7/21 21=TLSv1.3");
});

test("our key is named where HAProxy has a word for its kind", () => {
  const keys = (["everyAttribute", "ed25519", "rsaPss"] as const).map((name) =>
    told(tlsFacts({ ownCertificate: certificates[name] }), ["cert-key"]),
  );
  expect(keys).toEqual(["1/0 21=TLSv1.3 25=EC384", "1/0 21=TLSv1.3", "1/0 21=TLSv1.3"]);
  expect(told(tlsFacts({ ownCertificate: null }))).toBe("1/0 21=TLSv1.3 23=TLS_AES_128_GCM_SHA256");
});
