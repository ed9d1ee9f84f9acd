/** What `observe` makes of connects and answers, in HAProxy's words. */
import { describe, expect, test } from "bun:test";
import { clockMs } from "../../../../src/clock.ts";
import type { CheckResult } from "../../../../src/events.ts";
import type { CheckPlan } from "../../../../src/plan/check.ts";
import type { ServerCheckPlan, ServerPlan } from "../../../../src/plan/server.ts";
import { ProbePace } from "../../../../src/proxy/time/probe-pace.ts";
import type { SshFacts } from "../../../../src/ssh-facts.ts";
import { Faults } from "../../../../src/faults.ts";
import type { AnswerFault } from "../../../../src/proxy/check/answer-fault.ts";
import type { CheckedServer } from "../../../../src/proxy/check/checked-server.ts";
import { Monitor } from "../../../../src/proxy/check/monitor.ts";
import { serverCheck } from "../check-scene.ts";
import { backendPlan, serverPlan } from "../plans.ts";
import { heard } from "./ssh/ssh-scene.ts";

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

describe("what servers tell clients in SSH", () => {
  const facts = { server: heard("SSH-2.0-x"), timeToIdentMs: 5 } as unknown as SshFacts;
  const terms = { interMs: 1e6, isSettled: true, isSeen: false, needsOffer: false };
  const home = { kind: "tcp", host: "10.0.0.1", port: 22 } as const;

  /** Whether it counts for a server that is checked so. */
  function counts(
    check: Partial<ServerCheckPlan>,
    kind: CheckPlan = { kind: "ssh", expects: [], slowMs: 0 },
  ): boolean | null {
    const plan = serverPlan("s1", 22, { check: { ...serverCheck, ...check } });
    const backend = { plan: backendPlan({ check: kind }), process: { emit: () => {} } };
    const server = { name: "s1", plan, backend, address: home, probes: new ProbePace() };
    const monitor = new Monitor(server as unknown as CheckedServer, () => {
      throw new Error("it is not checked");
    });
    monitor.heardSsh(facts);
    monitor.stop();
    const { course } = monitor.handOver();
    return course === null ? null : course.next({ ...terms, address: home }, clockMs()) === "heard";
  }

  const at = { isName: false, family: null, port: null, portOffset: 0 } as const;

  test.each<[string, Partial<ServerCheckPlan>, boolean]>([
    ["counts for its checks", {}, true],
    ["counts where `port` says the same", { port: 22 }, true],
    ["counts where `addr` says the same", { address: { kind: "tcp", host: "10.0.0.1", ...at } }, true],
    ["means nothing for another port", { port: 2222 }, false],
    ["means nothing for another host", { address: { kind: "tcp", host: "10.0.0.2", ...at } }, false],
    ["means nothing for a socket's file", { address: { kind: "unix", path: "/s" } }, false],
  ])("%s", (_, check, does) => {
    expect(counts(check)).toBe(does);
  });

  test("means nothing for checks of another kind", () => {
    expect(counts({}, { kind: "redis" })).toBeNull();
  });
});
