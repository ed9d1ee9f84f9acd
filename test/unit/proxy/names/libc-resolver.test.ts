/** Names that libc knows: asked for every ten seconds, and sooner where the address in use does not answer. */
import { afterEach, beforeEach, expect, jest, spyOn, test } from "bun:test";
import { libcResolver } from "../../../../src/proxy/names/libc-resolver.ts";
import { askForNames, askLibc } from "../../../../src/system/names.ts";
import { serverPlan } from "../plans.ts";

let nowMs = 0;
let addresses: readonly string[] = [];
/** What was asked of libc. */
let asked: string[] = [];
/** Timers that were set and have not come. */
let timers: { readonly come: () => void; readonly ms: number }[] = [];

beforeEach(() => {
  [nowMs, addresses, asked, timers] = [1_000_000, [], [], []];
  askForNames((host, family) => {
    asked.push(`${host} ${family}`);
    return Promise.resolve(addresses);
  });
  spyOn(performance, "now").mockImplementation(() => nowMs);
  spyOn(globalThis, "setTimeout").mockImplementation(((come: () => void, ms: number) => {
    const timer = { come, ms, unref: () => timer };
    timers.push(timer);
    return timer;
  }) as unknown as typeof setTimeout);
  spyOn(globalThis, "clearTimeout").mockImplementation(((timer: (typeof timers)[number]) => {
    timers = timers.filter((one) => one !== timer);
  }) as unknown as typeof clearTimeout);
});
afterEach(() => {
  jest.restoreAllMocks();
  askForNames(askLibc);
});

/** Follows a name; what is told of it. */
function follow() {
  const told: string[] = [];
  const follower = libcResolver.follow({
    host: "ssh.test",
    family: 4,
    plan: serverPlan("s1", 22),
    answer: (answers, by) => told.push(`${answers.map(({ host }) => host).join(" ")} by ${by}`) > 0,
  });
  return { told, follower };
}

/** The only timer comes, and what it does is done; how long it was set for. */
async function next(): Promise<number> {
  expect(timers).toHaveLength(1);
  const [{ come, ms }] = timers.splice(0) as [(typeof timers)[number]];
  nowMs += ms;
  come();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return ms;
}

test("it is asked every ten seconds, and what it does not know any more is not told", async () => {
  const { told } = follow();
  addresses = ["127.0.0.2"];
  expect(await next()).toBe(10_000);
  addresses = [];
  expect(await next()).toBe(10_000);
  addresses = ["127.0.0.3", "127.0.0.4"];
  expect(await next()).toBe(10_000);
  expect(asked).toEqual(["ssh.test 4", "ssh.test 4", "ssh.test 4"]);
  expect(told).toEqual(["127.0.0.2 by libc", "127.0.0.3 127.0.0.4 by libc"]);
});

test("a connect that fails has it asked at once, but not twice within a second", async () => {
  const { follower } = follow();
  follower.hurry();
  expect(await next()).toBe(0);
  nowMs += 999;
  follower.hurry();
  expect(timers.map(({ ms }) => ms)).toEqual([10_000]);
  nowMs += 1;
  follower.hurry();
  expect(await next()).toBe(0);
  expect(asked).toHaveLength(2);
});

test("who is stopped asks no more, and tells nothing of an answer that is under way", async () => {
  const { told, follower } = follow();
  addresses = ["127.0.0.2"];
  const coming = next();
  follower.stop();
  await coming;
  follower.hurry();
  expect([timers, told]).toEqual([[], []]);
});
