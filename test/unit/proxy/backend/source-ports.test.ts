import { expect, test } from "bun:test";
import { SourcePorts } from "../../../../src/proxy/backend/source-ports.ts";

test("each port is lent once, and the one given back longest ago comes first", () => {
  const ports = new SourcePorts(10, 12);
  expect([ports.take(), ports.take(), ports.take(), ports.take()]).toEqual([10, 11, 12, null]);
  expect(ports.free).toBe(0);
  ports.give(11);
  ports.give(10);
  expect([ports.free, ports.take(), ports.take(), ports.take()]).toEqual([2, 11, 10, null]);
});
