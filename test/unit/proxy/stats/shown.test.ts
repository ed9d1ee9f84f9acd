import { expect, test } from "bun:test";
import type { Backend } from "../../../../src/proxy/backend/backend.ts";
import type { Frontend } from "../../../../src/proxy/frontend/frontend.ts";
import { shown } from "../../../../src/proxy/stats/shown.ts";

function proxy(name: string, id: number, disabled = false) {
  return { plan: { name, id, disabled }, counters: {} };
}

test("both kinds stand in the order of their ids, a listen's front first, and without those that are disabled", () => {
  const fronts = [proxy("li", 4), proxy("fe", 2), proxy("off", 1, true)] as unknown as Frontend[];
  const backs = [proxy("be", 3), proxy("li", 4), proxy("off", 1, true)] as unknown as Backend[];
  const { frontends, backends, proxies } = shown(fronts, backs);
  expect(proxies.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "frontend fe",
    "backend be",
    "frontend li",
    "backend li",
  ]);
  expect([frontends.map((one) => one.name), backends.map((one) => one.name)]).toEqual([
    ["li", "fe"],
    ["be", "li"],
  ]);
});
