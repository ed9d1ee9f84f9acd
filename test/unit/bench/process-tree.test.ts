/** The processor time that the bench counts: exact, and with threads that have ended. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { clockSeconds, cpuSeconds, memoryOf } from "../../bench/process-tree.ts";

/** What schedstat says of the threads that there are. */
function livingSeconds(): number {
  const threads = readdirSync("/proc/self/task").map((id) => readFileSync(`/proc/self/task/${id}/schedstat`, "latin1"));
  return threads.reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e9, 0);
}

/** What the system says that this process has used. */
function usedSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

test("a process's clock goes on counting a thread that has ended", async () => {
  const before = clockSeconds(process.pid) - livingSeconds();
  const source =
    "const end = performance.now() + 150; while (performance.now() < end); postMessage(process.cpuUsage().user)";
  const worker = new Worker(URL.createObjectURL(new Blob([source])));
  const ended = Promise.withResolvers<void>();
  worker.onmessage = () => worker.terminate();
  worker.addEventListener("close", () => ended.resolve());
  await ended.promise;
  // Between two looks, because other threads go on meanwhile.
  const least = usedSeconds();
  const clock = clockSeconds(process.pid);
  expect(clock).toBeGreaterThan(least - 0.02);
  expect(clock).toBeLessThan(usedSeconds() + 0.02);
  expect(clockSeconds(process.pid) - livingSeconds()).toBeGreaterThan(before + 0.005);
});

test("children count, after their end too", () => {
  const before = cpuSeconds(process.pid);
  Bun.spawnSync(["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]);
  expect(cpuSeconds(process.pid) - before).toBeGreaterThan(0.03);
  expect(clockSeconds(2 ** 22 + 1)).toBe(0);
});

test("memory of its own is part of what is resident", () => {
  const { own, resident } = memoryOf(process.pid);
  expect(own).toBeGreaterThan(1024 * 1024);
  expect(own).toBeLessThanOrEqual(resident);
});
