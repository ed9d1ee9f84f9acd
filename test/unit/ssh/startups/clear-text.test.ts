/** Where a direction's clear text ends, in whatever pieces it comes. */
import { expect, test } from "bun:test";
import { ClearText } from "../../../../src/ssh/startups/clear-text.ts";
import { formatSshPacket } from "../../../../src/wire/ssh/packet.ts";
import { seededRandom } from "../../../property/seed.ts";

const packet = (message: number, bytes = 10): Uint8Array => formatSshPacket(new Uint8Array(bytes).fill(message, 0, 1));

/** Lines, KEXINIT, a key exchange and NEWKEYS; then what is hidden. */
function stream(lines: string, hidden: number): { readonly bytes: Uint8Array; readonly end: number } {
  const clear = Buffer.concat([Buffer.from(lines, "latin1"), packet(20, 900), packet(31, 300), packet(21, 1)]);
  return { bytes: Buffer.concat([clear, new Uint8Array(hidden).fill(0xff)]), end: clear.length };
}

/** Where it finds the end, cut at these places. */
function found(bytes: Uint8Array, cuts: readonly number[]): { readonly at: number; readonly state: string } {
  const clear = new ClearText();
  let [from, at] = [0, 0];
  for (const cut of [...cuts, bytes.length]) {
    at += clear.end(bytes.subarray(from, cut));
    from = cut;
  }
  return { at, state: clear.state };
}

test("it ends with NEWKEYS, however it is cut", () => {
  const random = seededRandom("clear text");
  for (const lines of ["SSH-2.0-x\r\n", "hello\nS\nSSH\nSSH-2.0-OpenSSH_9.2\r\n", "\n\r\nSSSH-1\nSSH-2.0-x\n"]) {
    for (const hidden of [0, 1, 500]) {
      const { bytes, end } = stream(lines, hidden);
      expect(found(bytes, [])).toEqual({ at: end, state: "over" });
      const each = Array.from({ length: bytes.length }, (_, at) => at + 1);
      expect(found(bytes, each)).toEqual({ at: end, state: "over" });
      for (let round = 0; round < 20; round += 1) {
        const cuts = each.filter(() => random.next() < 0.02);
        expect(found(bytes, cuts)).toEqual({ at: end, state: "over" });
      }
    }
  }
});

test("what is no SSH has no end", () => {
  const http = Buffer.from("HTTP/1.1 200 OK\r\n\r\n".repeat(50));
  expect(found(http, [3, 4, 5])).toEqual({ at: http.length, state: "lines" });
  const bent = Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), new Uint8Array(40).fill(0xff), packet(21, 1)]);
  expect(found(bent, [12, 14])).toEqual({ at: bent.length, state: "lost" });
});
