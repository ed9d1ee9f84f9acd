import { expect, test } from "bun:test";
import { certificates } from "../wire/certificate-bytes.ts";
import { clientHelloMessage } from "../wire/hello-bytes.ts";
import { tlsView } from "../tls-scene.ts";

test("certificates are read once, and only when they are asked for", () => {
  const view = tlsView({ peerChain: [certificates.alice, certificates.intermediate] });
  expect(view.peer).not.toBeNull();
  expect(view.peer).toBe(view.peer);
  expect(view.own).toBe(view.own);
  let asked = 0;
  const watched = new Proxy(certificates.alice, {
    get(target, name) {
      asked += 1;
      return Reflect.get(target, name, target) as unknown;
    },
  });
  const unasked = tlsView({ peerChain: [watched] });
  expect([unasked.verifyResult, unasked.cipher, asked]).toEqual([0, "TLS_AES_128_GCM_SHA256", 0]);
});

test("one that cannot be read is none", () => {
  const view = tlsView({ peerChain: [Uint8Array.of(0x30, 0x80)], ownCertificate: null });
  expect([view.peer, view.own]).toEqual([null, null]);
});

test("nothing is told of an offer that is not kept, or that nobody wants to keep", () => {
  const clientHello = Uint8Array.from(clientHelloMessage());
  expect(tlsView().offered).toBeNull();
  expect(tlsView({ clientHello }, 0).offered).toBeNull();
  expect(tlsView({ clientHello }).offered?.ciphers).toHaveLength(4);
});

test("verification ends with its last fault: an issuer that is not here was not sent either", () => {
  const results = [
    { leafError: 0, chainError: 0 },
    { leafError: 10, chainError: 0 },
    { leafError: 20, chainError: 0 },
    { leafError: 0, chainError: 19 },
    { leafError: 10, chainError: 20 },
  ];
  expect(results.map((given) => tlsView(given).verifyResult)).toEqual([0, 10, 21, 19, 10]);
});
