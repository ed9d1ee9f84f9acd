/** When authentication is over, told from sizes and directions: talks as clients and servers have had them, and any others. */
import { expect, test } from "bun:test";
import { Authentication } from "../../../../src/ssh/startups/authentication.ts";
import { packetSizes, type PacketSizes } from "../../../../src/ssh/startups/packet-sizes.ts";
import { seededRandom } from "../../../property/seed.ts";

function sizesOf(cipher: string, mac = "implicit"): PacketSizes {
  const sizes = packetSizes(cipher, mac, "none");
  if (sizes === null) throw new Error("none");
  return sizes;
}

const chacha = sizesOf("chacha20-poly1305@openssh.com");
const gcm = sizesOf("aes128-gcm@openssh.com");
const ctr = sizesOf("aes128-ctr", "hmac-sha2-256");
const etm = sizesOf("aes128-ctr", "hmac-sha2-256-etm@openssh.com");

/** A packet of that size, whose length stands in the clear where that is so. */
function packet(size: number, { isLengthClear, macBytes }: PacketSizes): Uint8Array {
  const bytes = new Uint8Array(size).fill(0xee);
  if (isLengthClear) new DataView(bytes.buffer).setUint32(0, size - 4 - macBytes);
  return bytes;
}

/**
 * Plays a talk: `c` and `s` with sizes, `+` between packets that come as one piece. How many of its pieces have come when authentication
 * is over; null: it is not.
 */
function overAfter(talk: string, sizes: PacketSizes): number | null {
  const authentication = new Authentication(sizes);
  for (const [at, piece] of talk.split(" ").entries()) {
    if (piece.startsWith("c")) authentication.fromClient();
    else
      authentication.fromServer(
        Buffer.concat(
          piece
            .slice(1)
            .split("+")
            .map((size) => packet(Number(size), sizes)),
        ),
      );
    if (authentication.isOver) return at + 1;
  }
  return null;
}

/** `|` stands behind the piece with which it is over. */
function expectOver(talk: string, sizes: PacketSizes): void {
  const before = talk.split(" |")[0] ?? "";
  const expected = talk.includes("|") ? before.split(" ").length : null;
  expect([talk, overAfter(talk.replace(" |", ""), sizes)]).toEqual([talk, expected]);
}

test("OpenSSH's server: over with what follows the success, which the client may have answered by then", () => {
  expectOver("s316 c44 s44 c60 s76 c140 s100 c308 s28 c112 s256 | s184 c60", chacha);
  expectOver("s316 c44 s44 c60 s76 c140 s100 c308 s28 s256 | c112 s184", chacha);
  expectOver("s324 c52 s52 c68 s84 c148 s100 c308 s36 c120 s264 | s200 c68", gcm);
  expectOver("s324 c52 s52 c68 s84 c148 s100 c308 s36+264 | c120 s200", gcm);
  expectOver("s336 c64 s64 c80 s96 c160 s112 c320 s48 c160 s288 | s224", ctr);
  expectOver("s340 c68 s68 c84 s100 c164 s116 c324 s52 c152 s296 | s232", etm);
  // A client that asks for nothing.
  expectOver("s316 c44 s44 c60 s76 c140 s100 c308 s28 c60 s256 |", chacha);
  expectOver("s316 c44 s44 c60 s76 c140 s100 c308 s28", chacha);
});

test("an agent's many keys, passwords and questions are authentication still", () => {
  expectOver("s316 c44 s44 c60 s76 c140 s76 c380 s76 c652 s76 c140 s100 c308 s28 c112 s256 |", chacha);
  expectOver("s316 c44 s44 c60 s76 c140 s76 c140 s76 c140", chacha);
  // A banner; then a password, twice.
  expectOver("s336 c64 s64 c80 s560 s96 c176 s96 c176 s48 c80 s288 |", ctr);
  // Keyboard-interactive: a question, and one without questions.
  expectOver("c64 s64 c80 s96 c112 s96 c96 s64 c64 s48 c80 s288 |", ctr);
});

test("dropbear's smallest packets are larger, and its client asks for two things at once", () => {
  expectOver("s220 c44 s44 c60 s44 c140 s100 c228 s36 c52 s44 | c60 s36", chacha);
  expectOver("s316 c104 s44 s76 c140 s100 c228 s28 c52 s232 | s72", chacha);
  expectOver("s240 c64 s64 c80 s64 c160 s112 c240 s48 c64 s64 | c80", ctr);
});

test("of a server that puts empty packets in front two are wanted", () => {
  expectOver("s884 c52 s36 s52 c68 s36 s52 c148 s36 s100 c228 s36 s36 c52 s36 | s52", gcm);
  expectOver("s884 c52 s36+52 c68 s36+52 c148 s36+100 c228 s36+36 c52 s36+52 |", gcm);
  expectOver("s896 c64 s48 s64 c80 s48 s64 c160 s48 s112 c240 s48 s48 c80 s48 |", ctr);
  // As one piece each its packets show nothing, and what looks like a success is none.
  expectOver("s896 c64 s112 c80 s48 s64 c160 s48 s112 c240 s48 s48 c80 s48 |", ctr);
  // OpenSSH's clients with it, whose smallest packet nothing else has.
  expectOver("s876 c44 s36 s44 c60 s36 s44 c140 s36 s100 c228 s36 s28 c52 s36 |", chacha);
});

test("what a server says before it is asked is no answer", () => {
  expectOver("s36 s36 s36 c52 s52 c68 s84 c148 s36 c120 s264 |", gcm);
});

test("a success that came with what follows is missed, and found in a channel's small answers", () => {
  expectOver("s336 c64 s64 c80 s96 c320 s336 c160 s224 c80 s112 c48 s48 c80 s64 |", ctr);
  // Of random padding nothing can be told.
  expectOver("c44 s60 c60 s52 c140 s108 c228 s44 c52 s60 c96 s52 s216", chacha);
});

test("where lengths are in the clear it does not matter how bytes are cut", () => {
  const random = seededRandom("authentication");
  const talk = "s324 c52 s52 c68 s84 c148 s100 c308 s36 c120 s264 s200 c68".split(" ");
  for (let round = 0; round < 200; round += 1) {
    const authentication = new Authentication(gcm);
    for (const piece of talk) {
      if (piece.startsWith("c")) authentication.fromClient();
      else {
        const bytes = packet(Number(piece.slice(1)), gcm);
        for (let at = 0; at < bytes.length;) {
          const next = Math.min(bytes.length, at + random.between(1, 60));
          authentication.fromServer(bytes.subarray(at, next));
          at = next;
          // The last piece tells.
          const isIn = piece === "s264" ? next === 264 : piece === "s200";
          expect([piece, at, authentication.isOver]).toEqual([piece, at, isIn]);
        }
      }
    }
  }
});

test("whatever comes, nothing is thrown, and nothing that has no sense ends it", () => {
  const random = seededRandom("nonsense");
  for (const sizes of [chacha, gcm, ctr, etm]) {
    for (let round = 0; round < 200; round += 1) {
      const authentication = new Authentication(sizes);
      for (let step = 0; step < 30; step += 1) {
        if (random.next() < 0.4) authentication.fromClient();
        else authentication.fromServer(random.bytes(random.between(0, 400)));
      }
    }
    const lost = new Authentication(sizesOf("aes128-gcm@openssh.com"));
    lost.fromClient();
    for (let step = 0; step < 30; step += 1) lost.fromServer(new Uint8Array(36).fill(0xff));
    expect(lost.isOver).toBe(false);
  }
});
