/** Every key exchange that we speak, against the runtime's cryptography as a server; and servers that do not keep to it. */
import { describe, expect, test } from "bun:test";
import {
  joinBytes,
  mpintField,
  SshFieldReader,
  stringField,
  uint32Field,
} from "../../../../../src/wire/ssh/kex/fields.ts";
import { exchangeHash, type KeyExchange, type KexStep } from "../../../../../src/wire/ssh/kex/key-exchange.ts";
import { kexMethods, openKeyExchange } from "../../../../../src/wire/ssh/kex/methods.ts";
import { answerTo, groupShare } from "./server-side.ts";

const hostKey = stringField("any host key");
const signature = stringField("any signature");

function opened(name: string): KeyExchange {
  const method = openKeyExchange(name);
  if (method === null) throw new Error(`${name} is not there`);
  return method;
}

function message(number: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return joinBytes(Uint8Array.of(number), ...fields);
}

function reply(number: number, theirs: Uint8Array): Uint8Array {
  return message(number, stringField(hostKey), theirs, stringField(signature));
}

/** What the exchange says of a reply that has this value, in place of a good one. */
async function stepOf(name: string, theirs: Uint8Array): Promise<KexStep> {
  const method = opened(name);
  await method.begin();
  return method.take(reply(31, theirs));
}

const invalid = { state: "wrong", why: "the server's public value is not valid" } as const;

test("the runtime's cryptography has these", async () => {
  expect(await kexMethods()).toEqual([
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
  ]);
  expect(openKeyExchange("sntrup761x25519-sha512")).toBeNull();
});

describe("both sides come to the same with", () => {
  for (const name of [
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
  ])
    test(name, async () => {
      const method = opened(name);
      const first = await method.begin();
      const ours = new SshFieldReader(first, 1).string();
      const { theirs, secret } = await answerTo(name, ours);
      const step = await method.take(reply(31, stringField(theirs)));
      expect([first[0], step]).toEqual([
        30,
        {
          state: "done",
          reply: {
            hostKey,
            signature,
            hashed: joinBytes(stringField(hostKey), stringField(ours), stringField(theirs), secret),
          },
        },
      ]);
    });

  test("diffie-hellman-group14-sha256", async () => {
    const method = opened("diffie-hellman-group14-sha256");
    const ours = new SshFieldReader(await method.begin(), 1).mpint();
    const { theirs, secret } = groupShare();
    const step = await method.take(reply(31, mpintField(theirs)));
    const hashed = joinBytes(stringField(hostKey), mpintField(ours), mpintField(theirs), secret(ours));
    expect(step).toEqual({ state: "done", reply: { hostKey, signature, hashed } });
  });

  test("a group that the server names", async () => {
    const method = opened("diffie-hellman-group-exchange-sha256");
    const sizes = [1024, 2048, 8192].map(uint32Field);
    expect(await method.begin()).toEqual(message(34, ...sizes));
    const server = groupShare();
    const group = [mpintField(server.prime), mpintField(Uint8Array.of(2))];
    const asked = await method.take(message(31, ...group));
    if (asked.state !== "send") throw new Error(JSON.stringify(asked));
    const ours = new SshFieldReader(asked.payload, 1).mpint();
    expect(asked.payload[0]).toBe(32);
    const step = await method.take(reply(33, mpintField(server.theirs)));
    const hashed = joinBytes(
      stringField(hostKey),
      ...sizes,
      ...group,
      mpintField(ours),
      mpintField(server.theirs),
      server.secret(ours),
    );
    expect(step).toEqual({ state: "done", reply: { hostKey, signature, hashed } });
  });
});

describe("a server's value that is none", () => {
  test("curve25519: of another length, or one that makes the secret nothing", async () => {
    // The points of order 1, 2, 4 and 8.
    const small = [
      "00".repeat(32),
      `01${"00".repeat(31)}`,
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      `ec${"ff".repeat(30)}7f`,
    ];
    for (const text of [...small, "", "09", "09".repeat(33)])
      expect(await stepOf("curve25519-sha256", stringField(Buffer.from(text, "hex")))).toEqual(invalid);
  });

  test("ML-KEM: of another length, or with such a point behind it", async () => {
    for (const length of [0, 32, 1088, 1119, 1121])
      expect(await stepOf("mlkem768x25519-sha256", stringField(new Uint8Array(length)))).toEqual(invalid);
    expect(await stepOf("mlkem768x25519-sha256", stringField(new Uint8Array(1120)))).toEqual(invalid);
  });

  test("NIST's curves: no point of the curve, compressed, or the one at infinity", async () => {
    const offCurve = new Uint8Array(65).fill(1);
    offCurve[0] = 4;
    const hybrid = (
      await answerTo("ecdh-sha2-nistp256", new SshFieldReader(await opened("ecdh-sha2-nistp256").begin(), 1).string())
    ).theirs;
    hybrid[0] = 6 + ((hybrid[64] ?? 0) & 1);
    for (const point of [offCurve, hybrid, Uint8Array.of(0), new Uint8Array(33).fill(2), new Uint8Array(0)])
      expect(await stepOf("ecdh-sha2-nistp256", stringField(point))).toEqual(invalid);
  });

  test("Diffie-Hellman: 0, 1, p-1, p and above", async () => {
    const prime = BigInt(`0x${Buffer.from(groupShare().prime).toString("hex")}`);
    for (const value of [0n, 1n, prime - 1n, prime, prime + 2n]) {
      const bytes = Buffer.from(value.toString(16).padStart(514, "0"), "hex");
      expect(await stepOf("diffie-hellman-group14-sha256", mpintField(bytes))).toEqual(invalid);
    }
    const two = await stepOf("diffie-hellman-group14-sha256", mpintField(Uint8Array.of(2)));
    expect(two.state).toBe("done");
  });

  test("a group too small, too big, even, or with a generator that generates nothing", async () => {
    const { prime } = groupShare();
    const even = prime.slice();
    even[255] = 0xfe;
    const below = prime.slice();
    below[255] = 0xfe;
    for (const [p, g] of [
      [prime.slice(0, 127), Uint8Array.of(2)],
      [new Uint8Array(1025).fill(255), Uint8Array.of(2)],
      [even, Uint8Array.of(2)],
      [prime, Uint8Array.of(1)],
      [prime, Uint8Array.of(0)],
      [prime, below],
    ] as const) {
      const method = opened("diffie-hellman-group-exchange-sha256");
      await method.begin();
      expect((await method.take(message(31, mpintField(p), mpintField(g)))).state).toBe("wrong");
    }
  });
});

test("a message of another kind, or cut short anywhere, is wrong and nothing worse", async () => {
  for (const name of await kexMethods()) {
    const method = opened(name);
    await method.begin();
    for (const payload of [new Uint8Array(0), Uint8Array.of(21), Uint8Array.of(33)])
      expect((await method.take(payload)).state).toBe("wrong");
    const whole = reply(31, stringField(new Uint8Array(32).fill(9)));
    for (let length = 1; length < whole.length; length += 7)
      expect((await method.take(whole.subarray(0, length))).state).toBe("wrong");
  }
});

test("the hash is over what both have said, in order", () => {
  const said = {
    clientLine: "SSH-2.0-a",
    serverLine: "SSH-2.0-b",
    clientKexInit: Uint8Array.of(20, 1),
    serverKexInit: Uint8Array.of(20, 2),
  };
  const hash = exchangeHash("sha256", said, { hostKey, signature, hashed: stringField("rest") });
  const text = [
    "000000095353482d322e302d61",
    "000000095353482d322e302d62",
    "000000021401",
    "000000021402",
    "0000000472657374",
  ].join("");
  expect(hash).toEqual(new Bun.CryptoHasher("sha256").update(Buffer.from(text, "hex")).digest());
});
