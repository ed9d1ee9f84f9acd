/** How many handshakes one source may have under way. */
import { expect, test } from "bun:test";
import type { SocketAddress } from "../../../../../src/address.ts";
import { Handshakes, sourceOf } from "../../../../../src/proxy/tls/figures/handshakes.ts";

function at(host: string): SocketAddress {
  return { kind: "tcp", host, port: 1 };
}

/** Begins `count` of them; tells which gave way, and ends them as an owner does. */
function begins(handshakes: Handshakes, host: string, count: number, maxconn: number) {
  const gone: number[] = [];
  const ends: (() => void)[] = [];
  for (let one = 0; one < count; one++) {
    const giveWay = (): void => {
      gone.push(one);
      ends[one]?.();
    };
    ends[one] = handshakes.begin({ giveWay }, at(host), maxconn);
  }
  return { gone, ends };
}

test("one source has a quarter of all, and its oldest gives way; others are not concerned", () => {
  const handshakes = new Handshakes();
  const { gone, ends } = begins(handshakes, "192.0.2.1", 27, 100);
  expect(gone).toEqual([0, 1]);
  expect(begins(handshakes, "192.0.2.2", 25, 100).gone).toEqual([]);
  expect(handshakes.count).toBe(50);
  for (const end of ends) end();
  // Twice is as once.
  for (const end of ends) end();
  expect(handshakes.count).toBe(25);
  expect(begins(handshakes, "192.0.2.1", 25, 100).gone).toEqual([]);
});

test("some may always be under way, however small the process is", () => {
  expect(begins(new Handshakes(), "192.0.2.1", 17, 4).gone).toEqual([0]);
});

test("of IPv6 a network of 64 bits is one source", () => {
  const all = ["2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:3::1", "::1", "::ffff:192.0.2.1", "192.0.2.1"];
  expect(all.map((host) => sourceOf(at(host)))).toEqual([
    "2001:db8:1:2",
    "2001:db8:1:2",
    "2001:db8:1:3",
    "0:0:0:0",
    "::ffff:192.0.2.1",
    "192.0.2.1",
  ]);
  expect(sourceOf({ kind: "unix", path: "/a" })).toBeNull();
});

test("who comes by a unix socket may be anybody, and is bounded by nothing here", () => {
  const handshakes = new Handshakes();
  const gone: number[] = [];
  const ends = Array.from({ length: 40 }, (_, one) =>
    handshakes.begin({ giveWay: () => gone.push(one) }, { kind: "unix", path: "/a" }, 4),
  );
  expect([gone, handshakes.count]).toEqual([[], 40]);
  for (const end of [...ends, ...ends]) end();
  expect(handshakes.count).toBe(0);
});
