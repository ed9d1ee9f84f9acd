/** How many are open, though nobody tells of their ends. */
import { expect, test } from "bun:test";
import { OpenConnections } from "../../../../../src/proxy/tls/figures/open-connections.ts";

test("closed ones are not counted, and not kept for long", () => {
  const open = new OpenConnections();
  const kept = Array.from({ length: 10 }, () => ({ closed: false }));
  for (const one of kept) open.add(one);
  for (let one = 0; one < 10_000; one++) {
    const brief = { closed: false };
    open.add(brief);
    brief.closed = true;
    expect(open.most).toBeLessThan(100);
  }
  expect(open.count).toBe(10);
  for (const one of kept) one.closed = true;
  expect([open.count, open.most]).toEqual([0, 0]);
});
