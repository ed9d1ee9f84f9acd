/** What is asked for several times at once runs one after the other, and only as often as somebody can tell. */
import { expect, test } from "bun:test";
import { oneAtATime } from "../../../src/service/one-at-a-time.ts";

interface Run {
  settle(value: number): void;
  fail(reason: Error): void;
}

function scene(): { readonly runs: Run[]; readonly ask: () => Promise<number>; most(): number } {
  const runs: Run[] = [];
  let now = 0;
  let most = 0;
  const ask = oneAtATime(async () => {
    most = Math.max(most, ++now);
    try {
      return await new Promise<number>((resolve, reject) => runs.push({ settle: resolve, fail: reject }));
    } finally {
      now -= 1;
    }
  });
  return { runs, ask, most: () => most };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("those who ask while it runs share the next run, which begins when it has ended", async () => {
  const { runs, ask, most } = scene();
  const first = ask();
  await turn();
  const others = [ask(), ask(), ask()];
  await turn();
  expect(runs.length).toBe(1);
  runs[0]?.settle(1);
  expect(await first).toBe(1);
  await turn();
  expect(runs.length).toBe(2);
  runs[1]?.settle(2);
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  expect(most()).toBe(1);
});

test("a run that fails stops nobody else's", async () => {
  const { runs, ask } = scene();
  const first = ask();
  await turn();
  const second = ask();
  runs[0]?.fail(new Error("no"));
  await expect(first).rejects.toThrow("no");
  await turn();
  runs[1]?.settle(2);
  expect(await second).toBe(2);
  const third = ask();
  await turn();
  runs[2]?.settle(3);
  expect(await third).toBe(3);
});

test("whoever asks the moment a run ends never starts a second one beside the next", async () => {
  const { runs, ask, most } = scene();
  const first = ask();
  await turn();
  const chain = first.then(() => ask());
  const waiting = ask();
  runs[0]?.settle(1);
  await turn();
  for (let at = 1; at < runs.length; at += 1) {
    runs[at]?.settle(at + 1);
    await turn();
  }
  await Promise.all([chain, waiting]);
  expect(most()).toBe(1);
});
