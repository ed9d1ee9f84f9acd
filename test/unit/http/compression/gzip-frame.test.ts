import { expect, test } from "bun:test";
import { deflateRawSync, gunzipSync } from "node:zlib";
import { gzipEndBytes, GzipFrame } from "../../../../src/http/compression/gzip-frame.ts";

test("around what was compressed it makes what others read, however it came", () => {
  const bytes = Buffer.from("-hello, hello-");
  const frame = new GzipFrame();
  const into = new Uint8Array(40).fill(0xff);
  frame.add(bytes, 1, 4);
  frame.add(bytes, 4, 4);
  frame.add(bytes, 4, 13);
  expect(frame.writeHead(into, 5)).toBe(15);
  const raw = deflateRawSync("hello, hello");
  into.set(raw, 15);
  const end = frame.writeEnd(into, 15 + raw.length);
  expect(end).toBe(15 + raw.length + gzipEndBytes);
  expect(gunzipSync(into.subarray(5, end)).toString()).toBe("hello, hello");
});

test("a sum that is wrong is told by others", () => {
  const frame = new GzipFrame();
  const into = new Uint8Array(30);
  const raw = deflateRawSync("hello");
  frame.writeHead(into, 0);
  into.set(raw, 10);
  frame.add(Buffer.from("hellO"), 0, 5);
  const end = frame.writeEnd(into, 10 + raw.length);
  expect(() => gunzipSync(into.subarray(0, end))).toThrow();
});
