/** Lists as they were sent, and HASSH with public vectors and by another way. */
import { describe, expect, test } from "bun:test";
import { kexInitListsAt, readKexInit } from "../../../../src/wire/ssh/kexinit.ts";
import { type Lists, bytes, joined, kexInitPayload, openSsh7, openSsh10 } from "./bytes.ts";

function read(from: "client" | "server", lists: Lists) {
  const payload = kexInitPayload(lists);
  return readKexInit(from, payload, kexInitListsAt, payload.length);
}

const apart: Lists = {
  kex: "a,b",
  hostKey: "ssh-ed25519",
  ciphers: "aes",
  macs: "hmac",
  compression: "none",
  toClient: { ciphers: "aes2", macs: "", compression: "zlib,," },
  languages: "de,en",
  follows: true,
};

test("each list in its order", () => {
  expect({ ...read("client", apart) }).toMatchObject({
    keyExchange: ["a", "b"],
    hostKey: ["ssh-ed25519"],
    ciphersToServer: ["aes"],
    ciphersToClient: ["aes2"],
    macsToServer: ["hmac"],
    macsToClient: [],
    compressionToServer: ["none"],
    compressionToClient: ["zlib", "", ""],
    firstFollows: true,
  });
  expect(read("client", apart)?.size).toBe(10);
  expect(read("server", openSsh10.server)?.firstFollows).toBe(false);
});

test("from the middle of a buffer, and more behind it", () => {
  const payload = kexInitPayload(openSsh7.client);
  const room = joined(bytes("front"), payload, bytes("behind"));
  const found = readKexInit("client", room, 5 + kexInitListsAt, 5 + payload.length + 3);
  expect(found?.hostKey.join(",")).toBe(openSsh7.client.hostKey);
});

test("cut short anywhere it is none", () => {
  const payload = kexInitPayload(apart);
  for (let end = kexInitListsAt; end < payload.length; end++)
    expect(readKexInit("client", payload, kexInitListsAt, end)).toBeNull();
  payload[kexInitListsAt] = 0xff;
  expect(readKexInit("client", payload, kexInitListsAt, payload.length)).toBeNull();
});

describe("HASSH", () => {
  test("public vectors", () => {
    expect(read("client", { ...openSsh7.client })?.hassh).toBe("ec7378c1a92f5a8dde7e8b7a1ddf33d1");
    expect(read("server", openSsh7.server)?.hassh).toBe("b12d2871a1189eff20364cf5333619ee");
  });

  test("each side's lists are those towards the other", () => {
    expect(read("client", apart)?.hasshText).toBe("a,b;aes;hmac;none");
    expect(read("server", apart)?.hasshText).toBe("a,b;aes2;;zlib,,");
  });

  test("another MD5 says the same, also of bytes that are no text", () => {
    const kex = Buffer.from(Uint8Array.from({ length: 200 }, (_, index) => 255 - index)).toString("latin1");
    const found = read("server", { ...openSsh10.server, kex });
    expect(found?.hassh).toBe(
      new Bun.CryptoHasher("md5").update(Buffer.from(found?.hasshText ?? "", "latin1")).digest("hex"),
    );
    expect(found?.hasshText.startsWith(`${kex};`)).toBe(true);
  });
});
