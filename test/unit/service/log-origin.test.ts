import { expect, test } from "bun:test";
import { hostname } from "node:os";
import type { Plan } from "../../../src/plan/plan.ts";
import type { Proxies } from "../../../src/proxy/running.ts";
import { logNames, logsOf, tagOf } from "../../../src/service/log-origin.ts";
import { onePlan } from "../proxy/plans.ts";

test("names are those of the plan that runs, and the machine's where none is given", () => {
  let plan: Plan | null = null;
  const names = logNames(() => plan);
  expect(names()).toEqual({ tag: "haproxy", hostname: null });
  plan = onePlan({}, {}, { logTag: "lb", logSendHostname: "h1" });
  expect(names()).toEqual({ tag: "lb", hostname: "h1" });
  expect(names()).toBe(names());
  plan = onePlan({}, {}, { logTag: null, logSendHostname: "" });
  expect(names()).toEqual({ tag: "haproxy", hostname: hostname() });
});

const proxy = (logTag: string | null, logs: readonly string[]) => ({ plan: { logTag, logs } });

test("a proxy's own tag and targets, its frontend's first", () => {
  const proxies = {
    frontends: new Map([["li", proxy(null, ["front"])]]),
    backends: new Map([
      ["li", proxy("back", ["back"])],
      ["be", proxy("be", ["be"])],
    ]),
  } as unknown as Proxies;
  expect(["li", "be", "none"].map((name) => tagOf(proxies, name))).toEqual(["back", "be", null]);
  expect(["li", "be", "none"].map((name) => logsOf(proxies, name) as unknown)).toEqual([["front"], ["be"], []]);
});
