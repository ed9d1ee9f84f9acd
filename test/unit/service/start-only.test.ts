import { expect, test } from "bun:test";
import { startOnlyText } from "../../../src/service/start-only.ts";
import { globalPlan } from "../proxy/plans.ts";

test("a reload tells what of global waits for a new start", () => {
  const before = globalPlan({ nbthread: 2 });
  expect(startOnlyText(before, globalPlan({ nbthread: 2, maxconn: 7, description: "other" }))).toBeNull();
  expect(startOnlyText(before, globalPlan({ nbthread: 4 }))).toBe(
    "'nbthread' will hold when the process is started anew; until then it stays as it was",
  );
  expect(startOnlyText(before, globalPlan({ nbthread: 2, epoll: false }))).toBe(
    "'noepoll' will hold when the process is started anew; until then it stays as it was",
  );
  expect(startOnlyText(before, globalPlan({ nbthread: 2, uid: 5, user: "x", chroot: "/x" }))).toBe(
    "'user' or 'uid', 'chroot' will hold when the process is started anew; until then these stay as they were",
  );
});
