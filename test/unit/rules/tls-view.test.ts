import { expect, test } from "bun:test";
import {
  offeredLists,
  ownCertificate,
  peerCertificate,
  rootCertificate,
  sentChain,
  verifyResult,
} from "../../../src/rules/tls-view.ts";
import { certificates } from "../wire/x509/certificate-bytes.ts";
import { clientHelloMessage } from "../wire/tls/hello-bytes.ts";
import { tlsFacts } from "../tls-scene.ts";

test("a certificate is read once, whoever asks for it and how often", () => {
  const facts = tlsFacts({ peerChain: [certificates.alice, certificates.intermediate] });
  expect(peerCertificate(facts)).not.toBeNull();
  expect(peerCertificate(facts)).toBe(peerCertificate(tlsFacts({ peerChain: [certificates.alice] })));
  expect(ownCertificate(facts)).toBe(ownCertificate(tlsFacts()));
});

test("one that cannot be read is none", () => {
  const facts = tlsFacts({ peerChain: [Uint8Array.of(0x30, 0x80)], ownCertificate: null });
  expect([peerCertificate(facts), ownCertificate(facts), peerCertificate(tlsFacts())]).toEqual([null, null, null]);
});

test("nothing is told of an offer that is not kept, or that nobody wants to keep", () => {
  const clientHello = Uint8Array.from(clientHelloMessage());
  expect(offeredLists(tlsFacts(), 4096)).toBeNull();
  expect(offeredLists(tlsFacts({ clientHello }), 0)).toBeNull();
  expect(offeredLists(tlsFacts({ clientHello }), 4096)?.ciphers).toHaveLength(4);
  expect(offeredLists(tlsFacts({ clientHello }), 4096)).toBe(offeredLists(tlsFacts({ clientHello }), 4096));
  expect(offeredLists(tlsFacts({ clientHello }), 3)?.ciphers).toHaveLength(3);
});

test("a root behind the chain was not sent", () => {
  const { everyAttribute: leaf, intermediate, root } = certificates;
  const chains = [[leaf, intermediate, root], [leaf, intermediate], [leaf], [root], []];
  expect(chains.map((peerChain) => sentChain(tlsFacts({ peerChain })).length)).toEqual([2, 2, 1, 1, 0]);
  const roots = chains.map((peerChain) => rootCertificate(tlsFacts({ peerChain }))?.der);
  expect(roots).toEqual([root, undefined, undefined, root, undefined]);
  expect(rootCertificate(tlsFacts({ peerChain: [leaf, intermediate, root], leafError: 10 }))).toBeNull();
});

test("verification ends with its last fault: an issuer that is not here was not sent either", () => {
  const results = [
    { leafError: 0, chainError: 0 },
    { leafError: 10, chainError: 0 },
    { leafError: 20, chainError: 0 },
    { leafError: 0, chainError: 19 },
    { leafError: 10, chainError: 20 },
  ];
  expect(results.map((given) => verifyResult(tlsFacts(given)))).toEqual([0, 10, 21, 19, 10]);
});
