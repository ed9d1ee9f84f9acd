/** How far one direction has come, in whatever pieces its bytes come. */
import { describe, expect, test } from "bun:test";
import { SshCourse } from "../../../../src/wire/ssh/course.ts";
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";
import { seededRandom } from "../../../property/seed.ts";

const line = Buffer.from("SSH-2.0-OpenSSH_9.2\r\n");
const packet = (message: number, payload = 40): Buffer =>
  Buffer.from(formatSshPacket(Uint8Array.from([message, ...new Uint8Array(payload)])));
const newKeys = packet(21, 0);

/** What is told of them, given in pieces of one size. */
function told(bytes: Uint8Array, piece = bytes.length): object {
  const course = new SshCourse();
  for (let at = 0; at < bytes.length; at += piece) course.take(bytes.subarray(at, at + piece));
  const { stage, hasOffered, methodPackets, encryptedBytes } = course;
  return { stage, hasOffered, methodPackets, encryptedBytes };
}

const cases: readonly (readonly [string, readonly Uint8Array[], ReturnType<typeof told>])[] = [
  ["nothing", [], { stage: "lines", hasOffered: false, methodPackets: 0, encryptedBytes: 0 }],
  ["half a line", [line.subarray(0, 9)], { stage: "lines", hasOffered: false, methodPackets: 0, encryptedBytes: 0 }],
  ["a line", [line], { stage: "clear", hasOffered: false, methodPackets: 0, encryptedBytes: 0 }],
  [
    "lines in front",
    [Buffer.from("hello\nSSH \n\r\n"), line, packet(20)],
    { stage: "clear", hasOffered: true, methodPackets: 0, encryptedBytes: 0 },
  ],
  [
    "all up to the keys",
    [line, packet(2, 3), packet(20, 1500), packet(30), packet(4), packet(32, 9000), newKeys],
    { stage: "encrypted", hasOffered: true, methodPackets: 2, encryptedBytes: 0 },
  ],
  [
    "what is hidden",
    [line, packet(20), packet(30), newKeys, new Uint8Array(77).fill(21)],
    { stage: "encrypted", hasOffered: true, methodPackets: 1, encryptedBytes: 77 },
  ],
  [
    "no packet",
    [line, packet(20), new Uint8Array(60).fill(255)],
    { stage: "broken", hasOffered: true, methodPackets: 0, encryptedBytes: 0 },
  ],
  [
    "SSH 1",
    [Buffer.from("SSH-1.5-old\n"), packet(20)],
    { stage: "untold", hasOffered: false, methodPackets: 0, encryptedBytes: 0 },
  ],
  [
    "SSH 1 and 2",
    [Buffer.from("SSH-1.99-x\n"), packet(20)],
    { stage: "clear", hasOffered: true, methodPackets: 0, encryptedBytes: 0 },
  ],
  [
    "lines without end",
    [new Uint8Array(9000).fill(10)],
    { stage: "untold", hasOffered: false, methodPackets: 0, encryptedBytes: 0 },
  ],
];

describe("a direction has come as far, in whatever pieces", () => {
  for (const [name, parts, expected] of cases) {
    test(name, () => {
      const bytes = Buffer.concat(parts);
      for (const piece of [bytes.length || 1, 1, 2, 3, 5, 7, 8, 9, 64]) expect(told(bytes, piece)).toEqual(expected);
    });
  }
});

test("bytes of all kinds do no harm, and none are held", () => {
  const course = new SshCourse();
  course.take(line);
  for (let round = 0; round < 200; round++)
    course.take(Buffer.from(Array.from({ length: 50 }, (_, at) => (round * at) & 255)));
  expect(["clear", "broken", "encrypted"]).toContain(course.stage);
});

const stream = (lines: string, hidden: number): { readonly bytes: Uint8Array; readonly end: number } => {
  const clear = Buffer.concat([Buffer.from(lines, "latin1"), packet(20, 900), packet(31, 300), newKeys]);
  return { bytes: Buffer.concat([clear, new Uint8Array(hidden).fill(0xff)]), end: clear.length };
};

/** Where the hidden bytes begin, cut at these places. */
function hiddenFrom(bytes: Uint8Array, cuts: readonly number[]): number {
  const course = new SshCourse();
  let [from, at] = [0, 0];
  for (const cut of [...cuts, bytes.length]) {
    at += course.take(bytes.subarray(from, cut));
    from = cut;
  }
  return at;
}

test("hidden bytes begin behind NEWKEYS, however they are cut", () => {
  const random = seededRandom("course");
  for (const lines of ["SSH-2.0-x\r\n", "hello\nS\nSSH\nSSH-2.0-OpenSSH_9.2\r\n", "\n\r\nSSSH-1\nSSH-2.0-x\n"]) {
    for (const hidden of [0, 1, 500]) {
      const { bytes, end } = stream(lines, hidden);
      const each = Array.from({ length: bytes.length }, (_, at) => at + 1);
      expect([hiddenFrom(bytes, []), hiddenFrom(bytes, each)]).toEqual([end, end]);
      for (let round = 0; round < 20; round += 1)
        expect(
          hiddenFrom(
            bytes,
            each.filter(() => random.next() < 0.02),
          ),
        ).toBe(end);
    }
  }
});

test("what is no SSH hides nothing", () => {
  const http = Buffer.from("HTTP/1.1 200 OK\r\n\r\n".repeat(50));
  expect(hiddenFrom(http, [3, 4, 5])).toBe(http.length);
  const bent = Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), new Uint8Array(40).fill(0xff), newKeys]);
  expect(hiddenFrom(bent, [12, 14])).toBe(bent.length);
});
