import { afterEach, expect, test } from "bun:test";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import { firstAddresses } from "../../../../src/proxy/names/first-addresses.ts";
import { askForNames, askLibc } from "../../../../src/system/names.ts";
import { serverPlan } from "../plans.ts";

afterEach(() => askForNames(askLibc));

function named(host: string, own: Partial<ServerPlan> = {}): ServerPlan {
  const address = { kind: "tcp", host, isName: true, family: null, port: 22, portOffset: 0 } as const;
  return serverPlan("s1", 22, { address, initAddr: ["last", "libc"], ...own });
}

test("each name is looked up once, and some at a time", async () => {
  const asked: string[] = [];
  let [running, most] = [0, 0];
  askForNames(async (host) => {
    asked.push(host);
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    return host === "nowhere.test" ? [] : ["10.0.0.1"];
  });
  const plans = Array.from({ length: 40 }, (_, at) => named(`h${at % 20}.test`));
  const nowhere = named("nowhere.test");
  const found = await firstAddresses([...plans, nowhere].map((plan) => ({ plan, last: null })));
  expect(asked.length).toBe(21);
  expect(most).toBeLessThanOrEqual(16);
  expect(plans.every((plan) => found.get(plan)?.host === "10.0.0.1")).toBe(true);
  expect(found.get(nowhere)).toEqual({ host: null, failed: true });
});

test("a state file's address comes first where init-addr says so, and of libc's the preferred one", async () => {
  askForNames(() => Promise.resolve(["10.0.0.1", "::1"]));
  const [last, six, none] = [
    named("a.test"),
    named("b.test", { resolvePrefer: 6 }),
    named("c.test", { initAddr: ["none"] }),
  ];
  const found = await firstAddresses([
    { plan: last, last: "10.0.0.9" },
    { plan: six, last: null },
    { plan: none, last: "10.0.0.9" },
  ]);
  expect([last, six, none].map((plan) => found.get(plan))).toEqual([
    { host: "10.0.0.9", failed: false },
    { host: "::1", failed: false },
    { host: null, failed: false },
  ]);
});
