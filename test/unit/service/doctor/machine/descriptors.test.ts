/** Descriptors for as many sessions as are asked for. */
import { expect, test } from "bun:test";
import { examineDescriptors } from "../../../../../src/service/doctor/machine/descriptors.ts";
import { planOf } from "../../../config/reading.ts";

function found(maxconn: string, limit: number | null, most = Infinity): unknown[] {
  const text = `global\n ${maxconn}\nlisten a\n bind :22\n server s 192.0.2.1:22 check\n`;
  const examined = { plan: planOf(text), files: [{ name: "a.cfg", text }], running: null };
  return examineDescriptors(examined, limit, most).map(({ severity, position, fix }) => [
    severity,
    position?.line,
    fix,
  ]);
}

test("enough, or not known", () => {
  expect([found("maxconn 100", 267), found("maxconn 100", null), found("", 64)]).toEqual([[], [], []]);
});

test("too few: what to raise, or what fits where it cannot be raised", () => {
  expect(found("maxconn 100", 266)).toEqual([["warning", 2, "ulimit-n 268"]]);
  expect(found("maxconn 100", 256, 256)).toEqual([["warning", 2, "maxconn 94"]]);
});
