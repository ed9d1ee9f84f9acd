import { expect, test } from "bun:test";
import { takeWorkerStart, workerVariable } from "../../../../src/service/master/worker-start.ts";

test.each([
  ["9", 9],
  ["2", null],
  ["x", null],
  ["3.5", null],
  ["", null],
])("%j in the environment", (value, fd) => {
  const environment = { [workerVariable]: value, OTHER: "1" };
  expect(takeWorkerStart(environment)).toBe(fd);
  // What it starts is no worker.
  expect(environment).toEqual({ OTHER: "1" } as never);
});

test("a process that nobody started as one is no worker", () => {
  expect(takeWorkerStart({})).toBeNull();
});
