/** The KEXINIT that we send, read as any other. */
import { expect, test } from "bun:test";
import { currentClient, formatClientKexInit, ordinaryOffer } from "../../../../../src/wire/ssh/kex/client-offer.ts";
import { kexInitListsAt, readKexInit } from "../../../../../src/wire/ssh/kexinit.ts";

test("what is sent says what was asked for", () => {
  const cookie = new Uint8Array(16).fill(7);
  const payload = formatClientKexInit({ ...ordinaryOffer, keyExchange: ["a", "b"], hostKey: ["c"] }, cookie);
  expect([payload[0], payload.slice(1, 17)]).toEqual([20, cookie]);
  expect(readKexInit("client", payload, kexInitListsAt, payload.length)).toMatchObject({
    keyExchange: ["a", "b"],
    hostKey: ["c"],
    ciphersToServer: ordinaryOffer.ciphers,
    ciphersToClient: ordinaryOffer.ciphers,
    macsToServer: ordinaryOffer.macs,
    macsToClient: ordinaryOffer.macs,
    compressionToServer: ordinaryOffer.compression,
    compressionToClient: ordinaryOffer.compression,
    firstFollows: false,
  });
});

test("a current client offers nothing that old servers alone would take", () => {
  const names = Object.values(currentClient).flat();
  expect(names.filter((name) => /sha1$|cbc|md5|ssh-rsa|dss/.test(name))).toEqual(["hmac-sha1"]);
});
