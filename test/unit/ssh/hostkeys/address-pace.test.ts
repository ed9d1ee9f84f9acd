/** However many servers are one address, it meets one connection in two seconds. */
import { expect, test } from "bun:test";
import { ProbePace } from "../../../../src/proxy/time/probe-pace.ts";
import { AddressPace } from "../../../../src/ssh/hostkeys/address-pace.ts";

const at = (port: number) => ({ kind: "tcp", host: "192.0.2.1", port }) as const;

test("connections to one address are two seconds apart, whichever server it is, and so are those to one server", () => {
  let now = 1000;
  const pace = new AddressPace(() => now);
  const [one, two] = [new ProbePace(), new ProbePace()];
  expect(pace.waitMs(at(22), one)).toBe(0);
  pace.begin(at(22), one, false);
  expect([pace.waitMs({ ...at(22) }, two), pace.waitMs(at(23), one), pace.waitMs(at(23), two)]).toEqual([
    2000, 2000, 0,
  ]);
  now += 2000;
  expect(pace.waitMs(at(22), two)).toBe(0);
  // Whoever else asks a server is waited for.
  two.begin(now);
  expect(pace.waitMs(at(22), two)).toBe(2000);
});

test("where checks ask a server as well every second turn is theirs", () => {
  let now = 0;
  const pace = new AddressPace(() => now);
  const own = new ProbePace();
  pace.begin(at(22), own, true);
  now = 2000;
  expect([own.waitMs(now), pace.waitMs(at(22), own)]).toEqual([0, 2000]);
  now = 4000;
  expect(pace.waitMs(at(22), own)).toBe(0);
});

test("whose time has passed is forgotten, and nobody else", () => {
  let now = 0;
  const pace = new AddressPace(() => now);
  const begin = (from: number, to: number): void => {
    for (let port = from; port <= to; port++) pace.begin(at(port), new ProbePace(), false);
  };
  begin(1, 255);
  now = 1500;
  begin(1, 1);
  now = 2500;
  begin(1000, 1300);
  const wait = (port: number): number => pace.waitMs(at(port), new ProbePace());
  expect([wait(1), wait(2), wait(1000), wait(1300)]).toEqual([1000, 0, 2000, 2000]);
});
