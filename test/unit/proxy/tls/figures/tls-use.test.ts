/** What the process counts of TLS. */
import { expect, test } from "bun:test";
import { TlsUse } from "../../../../../src/proxy/tls/figures/tls-use.ts";

test("connections are counted, and more than may be are too many", () => {
  const use = new TlsUse();
  const server = { closed: false };
  for (let one = 0; one < 2; one++) use.enter(1000);
  use.connected(server, false, 1000);
  expect(use.isFull).toBeFalse();
  use.maxconn = 3;
  expect(use.isFull).toBeTrue();
  use.enter(1000);
  expect([use.isFull, use.current]).toEqual([true, 4]);
  use.leave();
  server.closed = true;
  expect([use.isFull, use.current, use.total, use.rate.read(1000)]).toEqual([false, 2, 4, 3]);
});

test("what part of handshakes was resumed is told of the last second", () => {
  const use = new TlsUse();
  expect(use.reusePercent(1000)).toBe(0);
  for (let one = 0; one < 4; one++) use.clients.add(one > 0, 1000);
  use.connected({ closed: false }, false, 1000);
  expect(use.reusePercent(1000)).toBe(75);
  expect([use.clients.keys.read(1000), use.servers.keys.max]).toEqual([1, 1]);
  expect(use.reusePercent(9000)).toBe(0);
});
