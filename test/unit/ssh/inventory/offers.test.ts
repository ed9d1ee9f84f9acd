/** Offers that say the same are one, whether they were read or saved. */
import { expect, test } from "bun:test";
import { offerOfSaved, savedOffer } from "../../../../src/ssh/inventory/kept-offer.ts";
import { Offers } from "../../../../src/ssh/inventory/offers.ts";
import { kexInitListsAt, readKexInit } from "../../../../src/wire/ssh/kexinit.ts";
import { kexInitPayload, openSsh7 } from "../../wire/ssh/bytes.ts";

function read(languages: string) {
  const payload = kexInitPayload({ ...openSsh7.client, languages });
  const offer = readKexInit("client", payload, kexInitListsAt, payload.length);
  if (offer === null) throw new Error("not read");
  return offer;
}

test("read, by their lists alone, and saved", () => {
  const offers = new Offers();
  const kept = offers.find(read(""));
  if (kept === null) throw new Error("not kept");
  offers.hold(kept);
  expect(offers.find(read("de"))).toBe(kept);
  const { text: _, ...lists } = { ...read("") };
  expect(offers.find(lists)).toBe(kept);
  const again = offerOfSaved(savedOffer(kept.text));
  expect(again === null ? null : offers.find(again)).toBe(kept);
  expect(kept.names.hostkey).toEqual(openSsh7.client.hostKey.split(","));
  expect(offers.find({ ...lists, hostKey: lists.macsToServer, macsToServer: lists.hostKey })).not.toBe(kept);
});

test("of a text that was not saved so there is none", () => {
  expect(offerOfSaved("a\u0100b")).toBeNull();
});

test("the room that languages take is not kept", () => {
  expect(read("x".repeat(30_000)).text.length).toBe(read("").text.length);
});
