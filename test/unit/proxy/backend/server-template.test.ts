/** Servers from a template, whose name's addresses come and go. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../../../../src/events.ts";
import { transport } from "../../../transport.ts";
import { Proxy } from "../../../../src/proxy/proxy.ts";
import type { NameAnswer, NamedResolver, NameRequest } from "../../../../src/proxy/names/name-resolver.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import type { ResolversPlan } from "../../../../src/plan/resolvers.ts";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import type { ResolversStats } from "../../../../src/proxy/public.ts";
import { onePlan, resolversPlan, serverPlan } from "../plans.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Answers when the test says so. */
class ScriptedResolver implements NamedResolver {
  readonly requests = new Set<NameRequest>();

  constructor(readonly plan: ResolversPlan) {}

  stats(): ResolversStats {
    return { name: this.plan.name, nameservers: [] };
  }

  clearCounters(): void {}

  lookUp(): () => void {
    return () => {};
  }

  stop(): void {
    this.requests.clear();
  }

  follow(request: NameRequest): { hurry(): void; stop(): void } {
    this.requests.add(request);
    return { hurry: () => {}, stop: () => void this.requests.delete(request) };
  }

  answer(...hosts: string[]): void {
    const answers: NameAnswer[] = hosts.map((host) => ({ host, port: null, weight: null }));
    for (const { answer } of this.requests) answer(answers, "test/one");
  }
}

test("slots fill, keep what is still answered, and empty", async () => {
  const section = resolversPlan();
  const resolver = new ScriptedResolver(section);
  const planOf = (servers: readonly ServerPlan[]): Plan => ({ ...onePlan({}, { servers }), resolvers: [section] });
  const events: Event[] = [];
  const proxy = new Proxy(transport, (event) => events.push(event), { resolver: () => resolver });
  const slots = ["web1", "web2", "web3"].map((name) =>
    serverPlan(name, 22, {
      address: { kind: "tcp", host: "servers.test", isName: true, family: null, port: 22, portOffset: 0 },
      text: "servers.test:22",
      initAddr: ["none"],
      resolvers: "dns",
      template: { prefix: "web", service: null },
    }),
  );
  const shown = (): unknown[] =>
    proxy.operator
      .backends()[0]!
      .servers.map((one) => [one.state, one.address?.kind === "tcp" ? one.address.host : null]);
  expect(await proxy.apply(planOf(slots))).toEqual([]);
  expect(shown()).toEqual(Array.from({ length: 3 }, () => ["MAINT", null]));

  resolver.answer("192.0.2.1", "192.0.2.2");
  expect(shown()).toEqual([
    ["no check", "192.0.2.1"],
    ["no check", "192.0.2.2"],
    ["MAINT", null],
  ]);

  // One address goes, two come: who has an answered address stays.
  resolver.answer("192.0.2.3", "192.0.2.2", "192.0.2.4");
  resolver.answer("192.0.2.3", "192.0.2.2", "192.0.2.4");
  expect(shown()).toEqual([
    ["no check", "192.0.2.3"],
    ["no check", "192.0.2.2"],
    ["no check", "192.0.2.4"],
  ]);

  resolver.answer();
  expect(shown()).toEqual([
    ["MAINT", null],
    ["MAINT", null],
    ["MAINT", null],
  ]);
  resolver.answer("192.0.2.9");
  expect(shown()).toEqual([
    ["no check", "192.0.2.9"],
    ["MAINT", null],
    ["MAINT", null],
  ]);
  const moves = events.flatMap((event) =>
    event.type === "server-address" ? [`${event.server} ${event.from}>${event.to}`] : [],
  );
  expect(moves).toEqual([
    "web1 null>192.0.2.1",
    "web2 null>192.0.2.2",
    "web1 192.0.2.1>192.0.2.3",
    "web3 null>192.0.2.4",
    "web1 192.0.2.3>null",
    "web2 192.0.2.2>null",
    "web3 192.0.2.4>null",
    "web1 null>192.0.2.9",
  ]);

  // Slots that a new plan leaves out are followed no more.
  await proxy.apply(planOf(slots.slice(0, 1)));
  expect(resolver.requests.size).toBe(1);
  proxy.hardStop();
  await proxy.drained;
  expect(resolver.requests.size).toBe(0);
});
