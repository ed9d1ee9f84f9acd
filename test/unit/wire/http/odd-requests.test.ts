/** Odd requests beside what HAProxy made of them. */
import { describe, expect, test } from "bun:test";
import { removePersistence } from "../../../../src/wire/http/framing.ts";
import { HeadReader } from "../../../../src/wire/http/head-reader.ts";
import { bytesOf, limits, readAll, sentOn, written } from "./exchange-bytes.ts";
import type { Message } from "./exchange-bytes.ts";
import { oddRequests } from "./odd-requests.ts";

describe("odd requests", () => {
  test("there are as many as were measured", () => expect(oddRequests).toHaveLength(47));

  test.each(oddRequests.map((row) => [row.what, row] as const))("%s", (_, row) => {
    const { fault, messages } = readAll(row.sent);
    expect(fault.replace(/@\d+$/, "")).toBe(row.fault ?? "");
    if (row.passed === null) return;
    if (row.fault === undefined) expect(messages.map(sentToServer).join("")).toBe(row.passed);
    else expect(row.why).toBeString();
  });

  test("what differs from HAProxy is refused by us, never the other way", () => {
    const lenient = oddRequests.filter((row) => row.passed === null && row.fault === undefined);
    expect(lenient).toEqual([]);
  });
});

/** A message as a proxy sends it on that keeps the connection to itself. */
function sentToServer(message: Message): string {
  const reader = new HeadReader("request", limits);
  const bytes = bytesOf(message.head);
  expect(reader.read(bytes, 0, bytes.length)).toBe("whole");
  removePersistence(reader.head.fields);
  return sentOn({ ...message, head: written(reader.head) });
}
