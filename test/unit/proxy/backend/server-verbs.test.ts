/** What a server's verbs do to its state, and that each says so by itself. */
import { expect, test } from "bun:test";
import type { ServerCause } from "../../../../src/events.ts";
import type { Server } from "../../../../src/proxy/backend/server.ts";
import { backendPlan, onePlan, serverPlan } from "../plans.ts";
import { Scene } from "../proxy-scene.ts";

interface Told {
  readonly server: Server;
  readonly scene: Scene;
  /** The changes told since it was last asked. */
  readonly told: () => string[];
}

function causeOf(cause: ServerCause | null): string {
  return cause === null ? "check" : cause.kind;
}

async function served(
  act: (one: Told) => void,
  plan: Parameters<typeof serverPlan>[2] = {},
  backend: Parameters<typeof onePlan>[1] = {},
): Promise<void> {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { ...backend, servers: [serverPlan("s1", 9, plan)] }));
  const server = scene.proxy.running.backends.get("be")?.find("s1") ?? null;
  if (server === null) throw new Error("it runs");
  scene.events.length = 0;
  const told = (): string[] =>
    scene.events
      .splice(0)
      .flatMap((event) => (event.type === "server" ? [`${event.from}>${event.to} ${causeOf(event.cause)}`] : []));
  act({ server, scene, told });
}

const result = { status: "L7OK", code: null, info: null, durationMs: 0 };
const silent = { health: null, admin: null, weightPercent: null, maxconn: null, result } as const;

test("an operator holds, drains and makes ready", async () => {
  await served(({ server, told }) => {
    server.hold();
    expect([server.state, server.stateCause, server.isUsable]).toEqual(["MAINT", "by operator", false]);
    server.drain();
    expect([server.state, server.isReachable]).toEqual(["DRAIN", true]);
    server.ready();
    expect([server.state, server.isUsable]).toEqual(["no check", true]);
    server.ready();
    expect(told()).toEqual(["no check>MAINT operator", "MAINT>DRAIN operator", "DRAIN>no check operator"]);
  });
});

test("what the file disables an operator lifts", async () => {
  await served(
    ({ server, told }) => {
      expect([server.state, server.stateCause]).toEqual(["MAINT", "by configuration"]);
      server.ready();
      expect(told()).toEqual(["MAINT>no check operator"]);
    },
    { disabled: true },
  );
});

test("health that an operator sets has no effect in maintenance", async () => {
  await served(({ server, told }) => {
    server.setHealth("down");
    server.setHealth("stopping");
    server.hold();
    server.setHealth("up");
    expect(server.state).toBe("MAINT");
    server.ready();
    expect(told()).toEqual([
      "no check>DOWN operator",
      "DOWN>NOLB operator",
      "NOLB>MAINT operator",
      "MAINT>no check operator",
    ]);
  });
});

test("a name that leads nowhere, and then somewhere; an operator's address counts as one", async () => {
  await served(({ server, told }) => {
    server.resolved(false, { kind: "unresolved", trouble: "nx" });
    server.resolved(false, { kind: "unresolved", trouble: "nx" });
    expect([server.state, server.course.addressBy]).toEqual(["MAINT", "name"]);
    server.relocate("127.0.0.2", null);
    expect([server.state, server.course.addressBy]).toEqual(["no check", "operator"]);
    expect(server.address).toEqual({ kind: "tcp", host: "127.0.0.2", port: 9 });
    expect(told()).toEqual(["no check>MAINT unresolved", "MAINT>no check operator"]);
  });
});

test("an agent's answer is taken as a whole and told once", async () => {
  await served(
    ({ server, told }) => {
      server.heard({ ...silent, admin: "drain", weightPercent: 50, maxconn: 7 }, result);
      expect([server.state, server.userWeight, server.maxconn]).toEqual(["DRAIN", 5, 7]);
      expect([server.course.weightBy, server.course.maxconnBy]).toEqual(["agent", "agent"]);
      server.heard(silent, result);
      expect(told()).toEqual(["no check>DRAIN check"]);
    },
    { weight: 10 },
  );
});

const paced = { check: { kind: "ssh", expects: [], slowMs: 100 } } as const;

function paceOf(scene: Scene): string[] {
  return scene.events
    .splice(0)
    .flatMap((event) => (event.type === "server-pace" ? [`${event.isSlow} ${event.isHalved} ${event.ms}`] : []));
}

test("half the weight of a slow server counts until it is not slow any more, which is told once each", async () => {
  await served(
    ({ server, scene }) => {
      const stats = scene.proxy.operator.backends()[0]!.servers[0]!;
      const seen = () => [server.backend.totalWeight, stats.weight, stats.throttlePercent, stats.hint];
      server.identified(99);
      expect(seen()).toEqual([160, 10, null, null]);
      server.identified(100);
      server.identified(250);
      expect(seen()).toEqual([80, 5, 50, "slow: 250 ms to identify itself"]);
      server.setWeight(1, "operator");
      expect([server.weight, server.isUsable]).toEqual([8, true]);
      server.setWeight(10, "operator");
      server.identified(1);
      expect(seen()).toEqual([160, 10, null, null]);
      expect(paceOf(scene)).toEqual(["true true 100", "false false 1"]);
    },
    { weight: 10 },
    paced,
  );
});

test("of an algorithm whose weights stay, a slow server's stays", async () => {
  const balance = { ...backendPlan().balance, algorithm: "static-rr" } as const;
  await served(
    ({ server, scene }) => {
      server.identified(100);
      expect([server.weight, server.throttlePercent, paceOf(scene)]).toEqual([160, null, ["true false 100"]]);
    },
    { weight: 10 },
    { ...paced, balance },
  );
});

test("nobody is slow where nobody asks", async () => {
  await served(({ server, scene }) => {
    server.identified(1e6);
    expect([server.weight, server.slowMs, paceOf(scene)]).toEqual([16, null, []]);
  });
});
