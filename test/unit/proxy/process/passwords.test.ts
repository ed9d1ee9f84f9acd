/** Who waits for verdicts on passwords, in which order, and what is remembered. */
import { describe, expect, test } from "bun:test";
import { Passwords, type PasswordVerdict } from "../../../../src/proxy/process/passwords.ts";
import { deferred, type Deferred } from "../../../../src/deferred.ts";

/** Verdicts given by hand. "right" is the password of every hash. */
function desk(limits = { waiting: 100, remembered: 100 }) {
  const asked: string[] = [];
  const open: Deferred<void>[] = [];
  const told: [string, PasswordVerdict][] = [];
  const passwords = new Passwords(async (password, hashed) => {
    asked.push(`${password} ${hashed}`);
    const one = deferred<void>();
    open.push(one);
    await one.promise;
    if (hashed === "broken") throw new Error("broken");
    return password === "right";
  }, limits);
  return {
    passwords,
    asked,
    told,
    ask: (password: string, hashed: string, source: string) =>
      passwords.ask(password, hashed, source, (verdict) => told.push([`${source} ${password} ${hashed}`, verdict])),
    /** Answers all questions, one after the other. */
    async answer(): Promise<void> {
      for (let idle = 0; idle < 20; idle++) {
        const one = open.shift();
        if (one !== undefined) idle = 0;
        one?.resolve();
        await Promise.resolve();
      }
    },
  };
}

describe("one at a time", () => {
  test("sources take turns, however many one asks for", async () => {
    const { ask, answer, asked } = desk();
    for (let index = 0; index < 5; index++) ask(`guess${index}`, "h", "flood");
    ask("right", "h", "other");
    ask("right", "i", "third");
    await answer();
    expect(asked.slice(0, 4)).toEqual(["guess0 h", "right h", "right i", "guess1 h"]);
    expect(asked).toHaveLength(7);
  });

  test("nobody hears of it at once, and everybody once", async () => {
    const { ask, answer, asked, told } = desk();
    ask("right", "h", "a");
    ask("right", "h", "b");
    ask("right", "h", "b");
    ask("wrong", "h", "b");
    expect(told).toEqual([]);
    await answer();
    expect(told).toEqual([
      ["a right h", true],
      ["b right h", true],
      ["b right h", true],
      ["b wrong h", false],
    ]);
    expect(asked).toEqual(["right h", "wrong h"]);
  });

  test("what nobody waits for any more is not asked", async () => {
    const { ask, answer, asked, told } = desk();
    ask("a", "h", "x");
    ask("b", "h", "x")();
    ask("c", "h", "x");
    await answer();
    expect([asked, told.length]).toEqual([["a h", "c h"], 2]);
  });

  test("when too many wait the last of the longest line has to go", async () => {
    const { ask, answer, asked, told } = desk({ waiting: 4, remembered: 10 });
    for (let index = 0; index < 8; index++) ask(`guess${index}`, "h", "flood");
    ask("right", "h", "other");
    await answer();
    const busy = told.filter(([, verdict]) => verdict === "busy").map(([who]) => who);
    expect(busy).toContain("flood guess7 h");
    expect(asked).toContain("right h");
    expect(told.find(([who]) => who === "other right h")?.[1]).toBe(true);
    expect(told).toHaveLength(9);
  });

  test("what cannot be told is not remembered", async () => {
    const { ask, answer, told, passwords } = desk();
    ask("right", "broken", "a");
    ask("right", "h", "a");
    await answer();
    expect(told.map(([, verdict]) => verdict)).toEqual(["failed", true]);
    expect(passwords.known("right", "broken")).toBeUndefined();
  });
});

describe("verdicts", () => {
  test("are remembered, right and wrong ones", async () => {
    const { ask, answer, passwords } = desk();
    ask("right", "h", "a");
    ask("wrong", "h", "a");
    await answer();
    expect([passwords.known("right", "h"), passwords.known("wrong", "h"), passwords.known("right", "i")]).toEqual([
      true,
      false,
      undefined,
    ]);
  });

  test("a flood of wrong ones makes nothing forgotten that is right, and of those the one that was asked for longest ago goes", async () => {
    const { ask, answer, passwords } = desk({ waiting: 100, remembered: 3 });
    for (const hashed of ["h1", "h2", "h3"]) ask("right", hashed, "a");
    for (let index = 0; index < 20; index++) ask(`guess${index}`, "h1", "b");
    await answer();
    expect(["h1", "h2", "h3"].map((one) => passwords.known("right", one))).toEqual([true, true, true]);
    passwords.known("right", "h1");
    ask("right", "h4", "a");
    await answer();
    expect(["h1", "h2", "h3", "h4"].map((one) => passwords.known("right", one))).toEqual([true, undefined, true, true]);
    expect([passwords.known("guess19", "h1"), passwords.known("guess0", "h1")]).toEqual([false, undefined]);
  });
});
