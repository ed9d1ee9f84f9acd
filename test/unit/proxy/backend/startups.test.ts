/** Start-ups of a server: how many, of whom, and that none is given back twice. */
import { expect, test } from "bun:test";
import { startupsDefaults } from "../../../../src/plan/ssh/startups.ts";
import { Startups } from "../../../../src/proxy/backend/startups.ts";

test("as many begin as may, of each source, too", () => {
  const server = { plan: { startups: { ...startupsDefaults, most: 3, perSource: 2 } } };
  const startups = new Startups(server);
  const first = startups.begin("a");
  startups.begin("a");
  expect([startups.hasAll("a"), startups.mayBegin("a"), startups.mayBegin("b"), startups.mayBegin("")]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  startups.begin("");
  expect([startups.isFull, startups.mayBegin("b"), startups.current]).toEqual([true, false, 3]);
  first.end();
  first.end();
  expect([startups.current, startups.mayBegin("a"), startups.total]).toEqual([2, true, 3]);
});

test("other limits hold from the next one on, and who counts goes on to", () => {
  const server = { plan: { startups: { ...startupsDefaults, most: 5 } } };
  const startups = new Startups(server);
  const begun = Array.from({ length: 4 }, () => startups.begin("a"));
  server.plan = { startups: { ...startupsDefaults, most: 2, perSource: 1 } };
  expect([startups.current, startups.isFull, startups.hasAll("a")]).toEqual([4, true, true]);
  for (const one of begun.slice(1)) one.end();
  expect([startups.isFull, startups.mayBegin("a"), startups.mayBegin("b")]).toEqual([false, false, true]);
  server.plan = { startups: startupsDefaults };
  expect([startups.isLimited, startups.mayBegin("a")]).toEqual([false, true]);
  begun[0]?.end();
  expect(startups.current).toBe(0);
});
