import { expect, test } from "bun:test";
import { preferred } from "../../../../src/proxy/names/preference.ts";
import { serverPlan } from "../plans.ts";

const answers = ["10.0.0.1", "2001:db8::1", "192.0.2.7", "2001:db8:1::1"].map((host) => ({
  host,
  port: null,
  weight: null,
}));

function order(resolvePrefer: 4 | 6 | null, resolveNet: string[]): string[] {
  return preferred(answers, serverPlan("s1", 22, { resolvePrefer, resolveNet })).map((one) => one.host);
}

test("resolve-prefer counts more than resolve-net, and both more than the order of the answers", () => {
  expect(order(null, [])).toEqual(["10.0.0.1", "2001:db8::1", "192.0.2.7", "2001:db8:1::1"]);
  expect(order(null, ["192.0.2.0/24"])).toEqual(["192.0.2.7", "10.0.0.1", "2001:db8::1", "2001:db8:1::1"]);
  expect(order(6, ["192.0.2.0/24", "2001:db8:1::/48"])).toEqual([
    "2001:db8:1::1",
    "2001:db8::1",
    "192.0.2.7",
    "10.0.0.1",
  ]);
});
