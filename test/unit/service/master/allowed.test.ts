/** What a worker may ask for: nothing but what its plan names. */
import { expect, test } from "bun:test";
import type { LogTarget } from "../../../../src/plan/log.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import { allowedBy, logDescriptors } from "../../../../src/service/master/allowed.ts";
import { listenKey } from "../../../../src/service/master/master-protocol.ts";
import { bindPlan, onePlan, serverPlan } from "../../proxy/plans.ts";

function target(destination: LogTarget["destination"]): LogTarget {
  return { destination } as LogTarget;
}

function named(host: string) {
  return { kind: "tcp", host, isName: true, family: null, port: 22, portOffset: 0 } as const;
}

function plan(): Plan {
  const check = { address: named("check.test") } as never;
  const agent = { address: named("agent.test"), port: 1, interMs: 1, send: "" };
  const steps = [{ kind: "connect", address: named("step.test") }, { kind: "send" }] as never;
  const servers = [
    serverPlan("s1", 22, { address: named("db.test"), check, agent }),
    serverPlan("s2", 22, { address: { kind: "unix", path: "/socket" } as never }),
  ];
  const logs = [target({ kind: "fd", fd: 7 }), target({ kind: "unix", path: "/front" })];
  return onePlan(
    { logs },
    {
      servers,
      check: { kind: "tcp", scripted: true, steps },
      logs: [target({ kind: "udp", host: "log.test", port: 514 })],
    },
    { logs: [target({ kind: "unix", path: "/log" }), target({ kind: "fd", fd: 7 }), target({ kind: "fd", fd: 1 })] },
  );
}

test("the names of servers, and of where they are checked and asked", () => {
  const hosts = [...allowedBy(plan()).hosts];
  expect(hosts.toSorted()).toEqual(["agent.test", "check.test", "db.test", "step.test"]);
});

test("its sockets, and no other that is much like one of them", () => {
  const { sockets } = allowedBy(plan());
  expect(sockets.size).toBe(1);
  expect(sockets.has(listenKey(bindPlan(), false))).toBe(true);
  expect(sockets.has(listenKey(bindPlan({ address: { kind: "tcp", host: "127.0.0.1", port: 22 } }), false))).toBe(
    false,
  );
  expect(sockets.has(listenKey(bindPlan(), true))).toBe(false);
});

test("the logs' sockets by their path, and their descriptors, each once, that are not inherited anyway", () => {
  expect([...allowedBy(plan()).sinks].toSorted()).toEqual(["/front", "/log"]);
  expect(logDescriptors(plan())).toEqual([7]);
});
