/** One question at a time, asked for again by its rule until there is an answer. */
import { expect, test } from "bun:test";
import type { NamedResolver } from "../../../../../src/proxy/names/name-resolver.ts";
import { NameLookups } from "../../../../../src/proxy/session/questions/name-lookups.ts";
import type { Sessions } from "../../../../../src/proxy/session/sessions.ts";

function lookups(): { lookups: NameLookups; told: string[]; answer: (host: string | null) => void } {
  const told: string[] = [];
  let answered: ((host: string | null) => void) | null = null;
  const lookUp: NamedResolver["lookUp"] = ({ name, prefers }, listener) => {
    told.push(`ask ${name} ${prefers}`);
    answered = listener;
    return () => void told.push(`leave ${name}`);
  };
  const resolver: Partial<NamedResolver> = { lookUp };
  const sessions = { resolvers: new Map([["r", resolver]]) } as unknown as Sessions;
  return { lookups: new NameLookups(sessions, () => told.push("answered")), told, answer: (host) => answered?.(host) };
}

const asked = (name: string, resolvers = "r") => ({ resolvers, name, prefers: 4 }) as const;

test("a rule is told to wait until there is an answer, and gets it once", () => {
  const { lookups: one, told, answer } = lookups();
  const rule = {};
  expect([one.lookUp(rule, asked("a")), one.isWaiting, one.lookUp(rule, asked("b"))]).toEqual(["wait", true, "wait"]);
  answer("10.0.0.1");
  expect([one.isWaiting, one.lookUp(rule, asked("a")), one.lookUp(rule, asked("a"))]).toEqual([
    false,
    "10.0.0.1",
    "wait",
  ]);
  expect(told).toEqual(["ask a 4", "answered", "ask a 4"]);
});

test("another rule's question ends the one before", () => {
  const { lookups: one, told } = lookups();
  one.lookUp({}, asked("a"));
  one.lookUp({}, asked("b"));
  expect(told).toEqual(["ask a 4", "leave a", "ask b 4"]);
});

test("what is given up has no address, and nobody is told of an answer that comes too late", () => {
  const { lookups: one, told, answer } = lookups();
  const rule = {};
  one.giveUp();
  one.lookUp(rule, asked("a"));
  one.giveUp();
  one.giveUp();
  answer("10.0.0.1");
  expect([one.isWaiting, one.lookUp(rule, asked("a")), told]).toEqual([false, null, ["ask a 4", "leave a"]]);
});

test("a section that is gone knows no name", () => {
  const { lookups: one } = lookups();
  expect([one.lookUp({}, asked("a", "x")), one.isWaiting]).toEqual([null, false]);
});
