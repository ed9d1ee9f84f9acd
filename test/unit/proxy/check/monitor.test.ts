/** What `observe` makes of connects and answers, in HAProxy's words. */
import { expect, test } from "bun:test";
import type { CheckResult } from "../../../../src/events.ts";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import { Faults } from "../../../../src/faults.ts";
import type { AnswerFault } from "../../../../src/proxy/check/answer-fault.ts";
import type { CheckedServer } from "../../../../src/proxy/check/checked-server.ts";
import { Monitor } from "../../../../src/proxy/check/monitor.ts";
import { backendPlan, serverPlan } from "../plans.ts";

/** A server that is never asked, and what its observer reported. */
function watched(observe: ServerPlan["observe"]) {
  const reported: (CheckResult & { readonly passed: boolean })[] = [];
  const faults: string[] = [];
  const plan = serverPlan("s1", 1, {
    observe,
    errorLimit: 2,
    onError: "mark-down",
    check: {
      interMs: 1e9,
      fastInterMs: 0,
      downInterMs: 0,
      rise: 2,
      fall: 3,
      address: null,
      port: null,
      sendProxy: false,
      tls: null,
    },
  });
  const server = {
    name: "s1",
    plan,
    backend: {
      plan: backendPlan(),
      process: { faults: new Faults((text) => faults.push(text)), emit: () => {} },
    },
    checked: (passed: boolean, _: boolean, result: CheckResult) => reported.push({ ...result, passed }),
  };
  const monitor = new Monitor(server as unknown as CheckedServer, () => {
    throw new Error("it is not checked");
  });
  monitor.stop();
  return { monitor, reported, faults };
}

test.each([
  ["layer7", "status", "Wrong http response"],
  ["layer7", "headers", "Invalid http response (headers)"],
  ["layer7", "read-error", "Read error (http)"],
  ["layer7", "read-timeout", "Read timeout (http)"],
  ["layer7", "close", "Close from server (http)"],
  ["layer7", null, "L4 unsuccessful connection"],
  ["layer4", null, "L4 unsuccessful connection"],
] as const)("observe %s: two of %s in a row mark the server down", (observe, fault, words) => {
  const { monitor, reported, faults } = watched(observe);
  monitor.observed(false, fault);
  expect(reported).toEqual([]);
  monitor.observed(false, fault);
  const info = `Detected 2 consecutive errors, last one was: ${words}`;
  expect(reported).toEqual([{ status: "HANA", code: null, info, durationMs: 0, passed: false }]);
  expect([monitor.observedFailures, monitor.health?.isUp, faults.length]).toEqual([1, false, 0]);
});

test("a success between them begins anew", () => {
  const { monitor, reported } = watched("layer7");
  const answers: [boolean, AnswerFault | null][] = [
    [false, "status"],
    [true, null],
    [false, "status"],
  ];
  for (const [succeeded, fault] of answers) monitor.observed(succeeded, fault);
  expect(reported).toEqual([]);
});

test("answers concern layer7 alone, and nobody who does not observe", () => {
  for (const observe of ["layer4", null] as const) {
    const { monitor, reported } = watched(observe);
    for (let times = 0; times < 5; times++) monitor.observed(false, "status");
    expect(reported).toEqual([]);
  }
  const { monitor, reported } = watched(null);
  for (let times = 0; times < 5; times++) monitor.observed(false, null);
  expect(reported).toEqual([]);
});
