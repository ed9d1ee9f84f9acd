import { expect, test } from "bun:test";
import { connectionsWithin } from "../../../../../src/proxy/process/limits/descriptors.ts";

test("two descriptors a session, after listeners, checks and pipes", () => {
  expect(connectionsWithin(20_000, 1, 1, 0)).toBe(9966);
  expect(connectionsWithin(20_000, 1, 1, 1024)).toBe(9454);
  expect(connectionsWithin(1024, 1, 1, 204)).toBe(376);
  expect(connectionsWithin(64, 10, 10, 0)).toBe(1);
});
