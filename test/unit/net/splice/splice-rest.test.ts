/** A data plane without threads: its sessions are copied, threads are not tried again and again without a pause, and come back. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { loadSpliceCalls } from "../../../../src/net/splice/splice-calls.ts";
import { SpliceWorker } from "../../../../src/net/splice/splice-plane.ts";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: the zero-copy plane needs Linux and FFI");

const roomy = (): number => Infinity;

async function until(holds: () => boolean): Promise<void> {
  for (let left = 500; !holds(); left--) {
    if (left === 0) throw new Error("it does not come to pass");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test.skipIf(!isPossible)("no descriptor for a worker's eventfd: it rests, and starts when there is one", async () => {
  const real = loadSpliceCalls();
  const asked: number[] = [];
  let isExhausted = true;
  const calls = {
    ...real,
    errno: () => 24,
    eventFd() {
      asked.push(performance.now());
      return isExhausted ? -1 : real.eventFd();
    },
  };
  const notices: string[] = [];
  const worker = new SpliceWorker(calls, 4, 65_536, (level, text) => void notices.push(`${level}: ${text}`), roomy);
  await until(() => {
    worker.want();
    return asked.length === 3;
  });
  expect([worker.isOpen, worker.load, worker.figures().pipesUsed]).toEqual([false, 0, 0]);
  // Each pause is longer than the one before.
  const [first = 0, second = 0, third = 0] = asked;
  expect([second - first >= 95, third - second >= 195]).toEqual([true, true]);
  expect(notices).toEqual([
    "alert: A data plane worker cannot be started (eventfd: Too many open files); bytes are copied until it can.",
  ]);
  isExhausted = false;
  await until(() => {
    worker.want();
    return worker.isOpen;
  });
  await until(() => notices.length === 2);
  expect(notices[1]).toBe("notice: The data plane worker is back.");
});

test.skipIf(!isPossible)("a worker that dies of whatever it begins with is not started again at once", async () => {
  const real = loadSpliceCalls();
  let started = 0;
  let isBroken = true;
  // What is no eventfd cannot be watched: each thread dies at its start.
  const calls = {
    ...real,
    eventFd() {
      started += 1;
      return isBroken ? 1_000_000 : real.eventFd();
    },
  };
  const notices: string[] = [];
  const worker = new SpliceWorker(calls, 4, 65_536, (_, text) => void notices.push(text), roomy);
  await until(() => {
    worker.want();
    return started === 3;
  });
  expect(worker.isOpen).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(started).toBeLessThan(5);
  expect(notices.length).toBeLessThanOrEqual(2);
  expect(notices.at(-1)).toContain("bytes are copied until another one can take its place");
  isBroken = false;
  await until(() => {
    worker.want();
    return worker.isOpen;
  });
});
