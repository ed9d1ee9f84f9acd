/** The cookie behind an RDP client's connection request, in whatever pieces it comes. */
import { expect, test } from "bun:test";
import { parseRdpCookie } from "../../../src/wire/rdp.ts";

const head = [3, 0, 0, 43, 38, 0xe0, 0, 0, 0, 0, 0];

function message(text: string): Uint8Array {
  return Uint8Array.from([...head, ...Buffer.from(text, "latin1")]);
}

const cookie = message("Cookie: mstshash=user\r\n\x01\x00");

test("the value is what stands up to the line's end, under any name or the one that is asked for", () => {
  expect(parseRdpCookie(cookie, "")).toEqual({ value: "user" });
  expect(parseRdpCookie(cookie, "MSTShash")).toEqual({ value: "user" });
  expect(parseRdpCookie(cookie, "msts")).toBe("none");
});

test("a beginning of it needs more, until it cannot become one", () => {
  const end = head.length + "Cookie: mstshash=user\r\n".length;
  for (let length = 0; length < end; length++)
    expect([length, parseRdpCookie(cookie.subarray(0, length), "mstshash")]).toEqual([length, "need-more"]);
  expect(parseRdpCookie(cookie.subarray(0, end), "mstshash")).toEqual({ value: "user" });
  expect(parseRdpCookie(cookie.subarray(0, head.length + "Cookie: mstshash=".length), "other")).toBe("none");
});

test.each([
  ["another version", Uint8Array.from([2, ...cookie.subarray(1)])],
  ["another request", Uint8Array.from([...cookie.subarray(0, 5), 0xd0, ...cookie.subarray(6)])],
  ["no cookie", message("Kookie: mstshash=user\r\n")],
  ["a line without a value", message("Cookie: mstshash\r\n")],
  ["a line without an end", message(`Cookie: a=${"b".repeat(1100)}`)],
])("%s is none", (_name, bytes) => expect(parseRdpCookie(bytes, "")).toBe("none"));
