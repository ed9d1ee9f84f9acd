/** What a server's verbs do to its state, and that each says so by itself. */
import { expect, test } from "bun:test";
import type { ServerCause } from "../../../../src/events.ts";
import type { Server } from "../../../../src/proxy/backend/server.ts";
import { onePlan, serverPlan } from "../plans.ts";
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

async function served(act: (one: Told) => void, plan: Parameters<typeof serverPlan>[2] = {}): Promise<void> {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", 9, plan)] }));
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
